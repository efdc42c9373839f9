/*
 * The price book to look at: all of it, one model with the way it was found, or a check of a book
 * before it is used. Only `import` writes (prices_import.c).
 */
#include <time.h>

#include "agent/base/escape.h"
#include "agent/commands/command.h"
#include "agent/commands/price_text.h"
#include "agent/commands/prices_import.h"
#include "agent/commands/when.h"
#include "agent/config/files.h"
#include "agent/meter/book_check.h"

/* What the command was asked for. */
struct request {
	struct common common;
	const char *provider; /* NULL: any */
	const char *at;       /* NULL: now */
	const char *subject;  /* MODEL or FILE; NULL: none */
	struct import_request import;
};

static void print(struct buf *out)
{
	if (out->n)
		(void)fwrite(out->p, 1, out->n, stdout);
	buf_free(out);
}

/* ---- list ---- */

static void list_json(struct buf *out, const struct price *rows, size_t n, struct str provider)
{
	const char *separator = "";

	buf_puts(out, "{\"prices\":[");
	for (size_t i = 0; i < n; i++) {
		if (provider.n && !str_eq(provider, str_of(rows[i].provider)))
			continue;
		buf_puts(out, separator);
		price_json(out, &rows[i]);
		separator = ",\n";
	}
	buf_puts(out, "]}\n");
}

static int list(const struct request *r, const struct book *book)
{
	struct str provider = provider_name(str_of(r->provider));
	struct buf out = {0};
	size_t n;
	const struct price *rows = book_rows(book, &n);

	if (r->common.json) {
		list_json(&out, rows, n, provider);
	} else {
		price_table(&out, rows, n, provider);
		buf_puts(&out,
		         "\nUSD per 1M tokens; `tokentail prices show MODEL` has the rest.\n");
	}
	print(&out);
	return EXIT_GOOD;
}

/* ---- show ---- */

static bool moment(const char *at, int64_t *ret, struct err *err)
{
	int64_t now = (int64_t)time(NULL) * TIME_SEC;
	struct zone *utc = zone_open("UTC", err);
	bool good;

	if (utc == NULL)
		return false;
	*ret = now;
	good = at == NULL || when_parse(str_of(at), utc, now, ret);
	zone_free(&utc);
	return good || err_set(err, "--at: expected " WHEN_FORMS);
}

static bool same_entry(const struct price *a, const struct price *b)
{
	return strcmp(a->provider, b->provider) == 0 && strcmp(a->model, b->model) == 0;
}

static void show_json(struct buf *out, const struct book *book, const struct request *r,
                      const struct match *m)
{
	const char *separator = "";
	size_t n;
	const struct price *rows = book_rows(book, &n);

	buf_puts(out, "{\"model\":");
	escape_json(out, str_of(r->subject));
	buf_puts(out, ",\"how\":");
	escape_json(out, str_of(m->how));
	buf_puts(out, ",\"price\":");
	if (m->price)
		price_json(out, m->price);
	else
		buf_puts(out, "null");
	buf_puts(out, ",\"rows\":[");
	for (size_t i = 0; m->price && i < n; i++) {
		if (!same_entry(&rows[i], m->price))
			continue;
		buf_puts(out, separator);
		price_json(out, &rows[i]);
		separator = ",";
	}
	buf_puts(out, "]}\n");
}

static void show_text(struct buf *out, const struct book *book, const struct request *r,
                      const struct match *m)
{
	size_t n;
	const struct price *rows = book_rows(book, &n);

	escape_terminal(out, str_of(r->subject));
	buf_puts(out, ": ");
	escape_terminal(out, str_of(m->how));
	buf_char(out, '\n');
	for (size_t i = 0; m->price && i < n; i++)
		if (same_entry(&rows[i], m->price))
			price_detail(out, &rows[i], &rows[i] == m->price ? "* " : "  ");
	if (m->price)
		buf_puts(out, "* is the price in force.\n");
}

static int show(const struct request *r, const struct book *book)
{
	struct buf out = {0};
	struct match m;
	struct err err = {0};
	int64_t at;
	bool found;

	if (!moment(r->at, &at, &err))
		return fail(EXIT_USAGE, &err);
	found = book_match(book, str_of(r->provider), str_of(r->subject), at, &m);
	if (r->common.json)
		show_json(&out, book, r, &m);
	else
		show_text(&out, book, r, &m);
	print(&out);
	return found ? EXIT_GOOD : EXIT_NO;
}

/* ---- check ---- */

struct findings {
	struct buf out;
	bool json;
	size_t n;
};

static void finding_json(struct buf *out, const struct finding *f)
{
	buf_puts(out, "{\"price\":");
	escape_json(out, str_of(f->price->key));
	buf_puts(out, ",\"key\":");
	escape_json(out, str_of(f->key));
	buf_puts(out, ",\"what\":");
	escape_json(out, str_of(f->text));
	buf_puts(out, ",\"file\":");
	escape_json(out, str_of(f->price->place.file));
	buf_printf(out, ",\"line\":%d}", f->price->place.line);
}

/* FILE:LINE: MODEL: KEY: what. */
static void finding_text(struct buf *out, const struct finding *f)
{
	escape_terminal(out, str_of(f->price->place.file));
	buf_printf(out, ":%d: ", f->price->place.line);
	escape_terminal(out, str_of(f->price->key));
	buf_printf(out, ": %s: ", f->key);
	escape_terminal(out, str_of(f->text));
	buf_char(out, '\n');
}

static void add_finding(void *into, const struct finding *f)
{
	struct findings *all = into;

	if (all->json && all->n)
		buf_puts(&all->out, ",\n");
	(all->json ? finding_json : finding_text)(&all->out, f);
	all->n++;
}

static size_t count_models(const struct price *rows, size_t n)
{
	size_t models = 0;

	for (size_t i = 0; i < n; i++)
		models += i == 0 || !same_entry(&rows[i - 1], &rows[i]);
	return models;
}

static void check_total(size_t prices, size_t models, size_t findings)
{
	(void)printf("%zu price%s of %zu model%s, ", prices, prices == 1 ? "" : "s", models,
	             models == 1 ? "" : "s");
	if (findings)
		(void)printf("%zu to look at.\n", findings);
	else
		(void)puts("no mistakes.");
}

static int check(const struct request *r, const struct book *book)
{
	struct findings all = {.json = r->common.json};
	size_t n, models;
	const struct price *rows = book_rows(book, &n);

	models = count_models(rows, n);
	(void)book_check(book, add_finding, &all);
	if (r->common.json)
		(void)printf("{\"models\":%zu,\"prices\":%zu,\"findings\":[", models, n);
	print(&all.out);
	if (r->common.json)
		(void)puts("]}");
	else if (!r->common.quiet)
		check_total(n, models, all.n);
	return all.n ? EXIT_NO : EXIT_GOOD;
}

static int check_file(const struct request *r)
{
	struct err err = {0};
	struct buf text = {0};
	struct book *book = NULL;
	int status;

	if (files_read(r->subject, BOOK_BYTES_MAX, &text, &err) == FILES_READ)
		book = book_open_file(buf_view(&text), r->subject, &err);
	buf_free(&text);
	status = book ? check(r, book) : fail(EXIT_USAGE, &err);
	book_free(&book);
	return status;
}

/* ---- the command ---- */

static const struct action {
	const char *name;
	const char *subject; /* what it takes; NULL: nothing */
	const char *missing; /* what to say when it has to be there and is not; NULL: it need not */
	int (*run)(const struct request *r, const struct book *book);
} actions[] = {{"list", NULL, NULL, list},
               {"show", "MODEL", "MODEL is missing after", show},
               {"check", "FILE", NULL, check},
               {"import", "FILE", "FILE is missing after", NULL}};

static const struct action *find_action(const char *name)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strcmp(actions[i].name, name) == 0)
			return &actions[i];
	return NULL;
}

static int with_book(const struct action *action, const struct request *r)
{
	struct config *config = common_config(&r->common);
	struct err err = {0};
	struct book *book;
	int status;

	if (config == NULL)
		return EXIT_USAGE;
	book = book_open(config, &err);
	status = book ? action->run(r, book) : fail(EXIT_USAGE, &err);
	book_free(&book);
	config_free(&config);
	return status;
}

static int run(int argc, char **argv)
{
	struct request r = {0};
	const struct option_row options[] = {{.name = "--provider", .value = &r.provider},
	                                     {.name = "--at", .value = &r.at},
	                                     {.name = "--effective", .value = &r.import.effective},
	                                     {.name = "--dry-run", .flag = &r.import.dry},
	                                     {.name = "--accept", .flag = &r.import.accept},
	                                     {0}};
	const struct action *action;
	int positional, status;

	status = options_parse(&command_prices, argc, argv, options, &r.common, &positional);
	if (status >= 0)
		return status;
	action = positional ? find_action(argv[1]) : &actions[0];
	if (action == NULL)
		return usage_error(&command_prices, "no such action", argv[1]);
	if (positional > (action->subject ? 2 : 1))
		return usage_error(&command_prices, "too many arguments after", action->name);
	if (positional < 2 && action->missing)
		return usage_error(&command_prices, action->missing, action->name);
	r.subject = positional > 1 ? argv[2] : NULL;
	if (action->run == NULL) {
		r.import.common = &r.common;
		r.import.file = r.subject;
		return prices_import(&r.import);
	}
	if (action->run == check && r.subject)
		return check_file(&r);
	return with_book(action, &r);
}

const struct command command_prices = {
	.name = "prices",
	.usage = "prices [list [--provider P] | show MODEL [--at TIME] [--provider P] |\n"
		 "       check [FILE] | import FILE [--effective DATE] [--dry-run] [--accept]]",
	.summary = "the prices that calls are counted with",
	.help = "  list              every price, own ones of the configuration included\n"
		"  show MODEL        how a model name is found in the books, and all its prices\n"
		"  check [FILE]      what in a price book is wrong or odd; without FILE, in all "
		"that "
		"are in use.\n"
		"                    Exit status 3 when there is something to look at\n"
		"  import FILE       takes the prices of a public book (- is standard input):\n"
		"                    LiteLLM's model_prices_and_context_window.json,\n"
		"                    genai-prices' data.json, models.dev's api.json, OpenRouter's\n"
		"                    list of models. Shows what is new, changed, dropped and not\n"
		"                    understood; with -v every model\n"
		"  --effective DATE  from when on prices without a date hold; default today\n"
		"  --dry-run         shows it and writes nothing\n"
		"  --accept          writes also when prices moved tenfold or a fifth of the\n"
		"                    models is gone; without it that is exit status 3\n"
		"  --provider P      only this provider's\n"
		"  --at TIME         the price in force then; default now\n"
		"\n"
		"`tokentail help books` describes how price books are written.\n"
		"\n"
		"Examples:\n"
		"  tokentail prices list --provider anthropic\n"
		"  tokentail prices show us.anthropic.claude-sonnet-4-5-20250929-v1:0\n"
		"  tokentail prices show o3 --at 2025-06-09\n"
		"  tokentail prices check our-prices.yaml\n"
		"  tokentail prices import model_prices_and_context_window.json --dry-run\n",
	.run = run,
};
