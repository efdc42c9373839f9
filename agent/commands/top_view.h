/*
 * What `top` shows, and how keys change it. Nothing here knows a terminal: the screen gives keys
 * and takes lines, and so does a test.
 */
#ifndef COMMANDS_TOP_VIEW_H
#define COMMANDS_TOP_VIEW_H

#include "agent/commands/look.h"
#include "agent/commands/report.h"
#include "agent/ledger/live.h"

struct top_view {
	const char *database;
	struct live_question question;
	const struct live_answer *answer; /* NULL: nothing is known yet */
	const char *error;                /* why the last look failed; "": it did not */
	int64_t now;
	int64_t lag;          /* bytes of files that are not counted yet */
	size_t behind, files; /* how many files have such bytes, of how many */
	long writer;          /* as lock_writer has it */
	size_t first;         /* row of the table that is shown first */
	size_t page;          /* rows that were shown last */
	bool is_lines;        /* for a file or a pipe: no keys, nothing to fill */
};

enum top_key {
	TOP_NO_KEY,
	TOP_QUIT,
	TOP_UP,
	TOP_DOWN,
	TOP_PAGE_UP,
	TOP_PAGE_DOWN,
	TOP_HOME,
	TOP_END,
	TOP_NEXT_DIM,
	TOP_PREVIOUS_DIM,
	TOP_BY_MODEL,
	TOP_BY_FEATURE,
	TOP_BY_USER,
	TOP_NEXT_SPAN,
	TOP_HOUR,
	TOP_DAY,
	TOP_WEEK,
	TOP_NEXT_SORT,
	TOP_RESIZED,
};

/* What a key does to the view; TOP_QUIT and TOP_RESIZED are for the loop. */
void top_press(struct top_view *v, enum top_key key);
/* Keeps `first` within the rows there are. */
void top_settle(struct top_view *v);

/* "60 minutes", "24 hours", "7 days". */
const char *top_span_name(enum live_span span);
/* The spans as words of --window; false: none of them. */
bool top_span_find(struct str text, enum live_span *ret);
const char *top_sort_name(enum query_sort sort);
bool top_sort_find(struct str text, enum query_sort *ret);
/* A dimension that a call has as a label. */
bool top_has_dim(enum dim dim);

/*
 * Appends at most `height` lines of at most look->width columns, whatever there is to show; sets
 * v->page. Escape sequences are ours, and only with look->colour: bold, dim, warning, and their
 * end.
 */
void top_sheet(struct top_view *v, const struct look *look, size_t height, struct buf *out);

/* ---- parts of the sheet ---- */

/* The answer as the formats of reports see it. */
struct report top_report(const struct top_view *v, const struct look *look);
/* The cost of each slot as `rows` lines of bars, with a line of times beneath if there is more than
 * one. Lines may be longer than the width. */
void top_chart(const struct top_view *v, const struct look *look, size_t rows, struct buf *out);
/* A head, at most `rows` rows from v->first on, and the total; returns how many rows those were. */
size_t top_table(const struct top_view *v, const struct look *look, size_t rows, struct buf *out);

/* ---- for a pipe ---- */

/* Titles of top_line's columns, and a line: what was added since `before`, outcomes as they were
 * then. */
void top_line_titles(const struct top_view *v, struct buf *out);
void top_line(const struct top_view *v, const int64_t before[OUTCOMES], struct buf *out);

#endif
