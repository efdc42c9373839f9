/*
 * The report for a page or a chat: a table of GitHub's Markdown, in the words of the terminal's.
 */
#include "agent/base/escape.h"
#include "agent/commands/report.h"

static void put_header(const struct report *report, struct buf *out)
{
	const struct query *q = report->query;
	char title[REPORT_TITLE];

	for (size_t i = 0; i < q->by_n; i++)
		buf_printf(out, "| %s ", dim_name(q->by[i]));
	for (size_t i = 0; i < REPORT_COLUMNS; i++) {
		if (!report_has(report, (enum report_column)i))
			continue;
		report_title_of(report, (enum report_column)i, title);
		buf_printf(out, "| %s ", title);
	}
	buf_puts(out, "|\n");
	for (size_t i = 0; i < q->by_n; i++)
		buf_puts(out, "| --- ");
	for (size_t i = 0; i < REPORT_COLUMNS; i++)
		if (report_has(report, (enum report_column)i))
			buf_puts(out, "| ---: ");
	buf_puts(out, "|\n");
}

static void put_cells(const struct report *report, const struct query_row *row, const char *mark,
                      struct buf *out)
{
	struct buf text = {0};

	for (size_t i = 0; i < REPORT_COLUMNS; i++) {
		if (!report_has(report, (enum report_column)i))
			continue;
		buf_clear(&text);
		report_cell(report, row, (enum report_column)i, false, &text);
		buf_printf(out, "| %s", text.n ? mark : "");
		if (text.n)
			escape_markdown(out, str_trim(buf_view(&text)));
		buf_printf(out, "%s ", text.n ? mark : "");
	}
	buf_puts(out, "|\n");
	buf_free(&text);
}

void report_markdown(const struct report *report, struct buf *out)
{
	const struct query_result *r = report->result;
	struct buf text = {0};

	put_header(report, out);
	for (size_t i = 0; i < r->n; i++) {
		for (size_t dim = 0; dim < report->query->by_n; dim++) {
			buf_puts(out, "| ");
			escape_markdown(out, report_key(report, &r->rows[i], dim, &text));
			buf_char(out, ' ');
		}
		put_cells(report, &r->rows[i], "", out);
	}
	for (size_t dim = 0; dim < report->query->by_n; dim++)
		buf_puts(out, dim ? "| " : "| **total** ");
	put_cells(report, &r->total, "**", out);
	buf_clear(&text);
	if (!report->quiet)
		report_notes(report, &text);
	for (struct str left = buf_view(&text); left.n;) {
		size_t line = str_find(left, STR("\n"));

		buf_char(out, '\n');
		escape_markdown(out, (struct str){left.p, line});
		buf_char(out, '\n');
		left = str_from(left, line + 1);
	}
	buf_free(&text);
}
