/*
 * A price is shown as a book writes it (USD per million tokens), never as the program holds it, and
 * only what the book gives: what counts instead of a missing rate is `explain`'s to say for a call.
 */
#include "agent/commands/price_text.h"

#include <string.h>

#include "agent/base/escape.h"
#include "agent/commands/grid.h"
#include "parsers/timestamp.h"

/* ---- the table ---- */

enum { COLUMNS = 9, FIRST_RATE = 4 };

static const struct grid_column columns[COLUMNS] = {
	{"provider", false, 0, GRID_PLAIN},   {"model", false, 0, GRID_PLAIN},
	{"from", false, 0, GRID_PLAIN},       {"hours", false, 0, GRID_PLAIN},
	{"input", true, 0, GRID_PLAIN},       {"cache read", true, 0, GRID_PLAIN},
	{"cache write", true, 0, GRID_PLAIN}, {"output", true, 0, GRID_PLAIN},
	{"and", false, 8, GRID_PLAIN},
};
static const enum rate_kind shown[] = {RATE_INPUT, RATE_CACHE_READ, RATE_CACHE_WRITE, RATE_OUTPUT};

enum { SHOWN = sizeof(shown) / sizeof(shown[0]) };

static void put_from(struct buf *out, const struct price *p)
{
	char text[TIMESTAMP_TEXT];

	if (p->from == INT64_MIN)
		return;
	timestamp_print(p->from, text);
	/* A midnight is a date. */
	if (p->from % TIME_DAY == 0)
		text[sizeof("2026-01-01") - 1] = '\0';
	buf_puts(out, text);
}

/* "16:30-00:30 mon-fri" */
static void put_hours(struct buf *out, const struct price *p)
{
	if (p->hours_text)
		buf_puts(out, p->hours_text);
	if (p->hours_text && p->days_text)
		buf_char(out, ' ');
	if (p->days_text)
		buf_puts(out, p->days_text);
}

static void put_rate(struct buf *out, enum rate_kind kind, int64_t rate)
{
	char text[RATE_TEXT];

	if (rate == RATE_NONE)
		return;
	rate_print(kind, rate, text);
	buf_puts(out, text);
}

static bool is_shown(enum rate_kind kind)
{
	for (int i = 0; i < SHOWN; i++)
		if (shown[i] == kind)
			return true;
	return false;
}

static void put_word(struct buf *out, const char *word)
{
	if (out->n)
		buf_puts(out, ", ");
	buf_puts(out, word);
}

/* What a row has beyond its columns. */
static void put_rest(struct buf *out, const struct price *p)
{
	struct buf words = {0};

	for (enum rate_kind kind = 0; kind < RATES; kind++)
		if (!is_shown(kind) && p->base.rate[kind] != RATE_NONE)
			put_word(&words, rate_name(kind));
	if (p->free)
		put_word(&words, "free");
	if (p->tiers_n)
		put_word(&words, "tiers");
	for (size_t i = 0; i < p->variants_n; i++)
		put_word(&words, p->variants[i].name);
	if (p->regions_n)
		put_word(&words, "regions");
	buf_str(out, buf_view(&words));
	buf_free(&words);
}

static void put_cell(struct buf *out, const struct price *p, int column)
{
	switch (column) {
	case 0:
		escape_terminal(out, str_of(p->provider));
		break;
	case 1:
		escape_terminal(out, str_of(p->model));
		break;
	case 2:
		put_from(out, p);
		break;
	case 3:
		put_hours(out, p);
		break;
	case COLUMNS - 1:
		put_rest(out, p);
		break;
	default:
		put_rate(out, shown[column - FIRST_RATE], p->base.rate[shown[column - FIRST_RATE]]);
	}
}

void price_table(struct buf *out, const struct price *rows, size_t n, struct str provider)
{
	const struct look look = look_of(stdout);
	struct grid grid;
	struct buf cell = {0};

	grid_init(&grid, columns, COLUMNS);
	for (size_t i = 0; i < n; i++) {
		if (provider.n && !str_eq(provider, str_of(rows[i].provider)))
			continue;
		for (int column = 0; column < COLUMNS; column++) {
			buf_clear(&cell);
			put_cell(&cell, &rows[i], column);
			grid_cell(&grid, buf_view(&cell), GRID_PLAIN);
		}
	}
	grid_print(&grid, &look, out);
	grid_free(&grid);
	buf_free(&cell);
}

/* ---- one row ---- */

static void put_rates(struct buf *out, const struct rates *r, const struct rates *below)
{
	const char *separator = "";

	for (enum rate_kind kind = 0; kind < RATES; kind++) {
		if (r->rate[kind] == RATE_NONE || (below && r->rate[kind] == below->rate[kind]))
			continue;
		buf_printf(out, "%s%s ", separator, rate_name(kind));
		put_rate(out, kind, r->rate[kind]);
		if (strcmp(rate_unit(kind), rate_unit(RATE_INPUT)) != 0)
			buf_printf(out, " per %s", rate_unit(kind));
		separator = ", ";
	}
}

/* "0.5" of parts per million. */
static void put_factor(struct buf *out, int64_t ppm)
{
	char text[RATE_TEXT];

	/* A rate of a token has nine places, a factor six. */
	rate_print(RATE_INPUT, ppm * 1000, text);
	buf_puts(out, text);
}

static void put_variants(struct buf *out, const char *kind, const struct variant *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_puts(out, kind);
		escape_terminal(out, str_of(v[i].name));
		buf_puts(out, v[i].factor_ppm ? ": times " : ": ");
		if (v[i].factor_ppm)
			put_factor(out, v[i].factor_ppm);
		else
			put_rates(out, &v[i].rates, NULL);
		buf_char(out, '\n');
	}
}

static void put_line(struct buf *out, const char *name, const char *text)
{
	if (text == NULL)
		return;
	buf_printf(out, "    %s: ", name);
	escape_terminal(out, str_of(text));
	buf_char(out, '\n');
}

void price_tier_text(struct buf *out, const struct tier *t)
{
	if (t->at_least)
		buf_printf(out, "from %lld input tokens on", (long long)t->above + 1);
	else
		buf_printf(out, "above %lld input tokens", (long long)t->above);
}

void price_detail(struct buf *out, const struct price *p, const char *mark)
{
	buf_puts(out, mark);
	escape_terminal(out, str_of(p->key));
	buf_puts(out, "\n    USD per 1M tokens: ");
	put_rates(out, &p->base, NULL);
	buf_char(out, '\n');
	for (size_t i = 0; i < p->tiers_n; i++) {
		buf_puts(out, "    ");
		price_tier_text(out, &p->tiers[i]);
		buf_puts(out, ": ");
		put_rates(out, &p->tiers[i].rates, i ? &p->tiers[i - 1].rates : &p->base);
		buf_char(out, '\n');
		put_variants(out, "      ", p->tiers[i].variants, p->tiers[i].variants_n);
	}
	put_variants(out, "    ", p->variants, p->variants_n);
	put_variants(out, "    region ", p->regions, p->regions_n);
	put_line(out, "source", p->source);
	put_line(out, "checked", p->checked);
	put_line(out, "accepted", p->accepted);
	buf_puts(out, "    from ");
	escape_terminal(out, str_of(p->place.file));
	buf_printf(out, ":%d\n", p->place.line);
}

/* ---- JSON ---- */

static void json_text(struct buf *out, const char *name, const char *text)
{
	buf_printf(out, ",\"%s\":", name);
	if (text)
		escape_json(out, str_of(text));
	else
		buf_puts(out, "null");
}

static void json_rates(struct buf *out, const struct rates *r)
{
	const char *separator = "";

	buf_char(out, '{');
	for (enum rate_kind kind = 0; kind < RATES; kind++) {
		if (r->rate[kind] == RATE_NONE)
			continue;
		buf_printf(out, "%s\"%s\":", separator, rate_name(kind));
		put_rate(out, kind, r->rate[kind]);
		separator = ",";
	}
	buf_char(out, '}');
}

static void json_variants(struct buf *out, const char *name, const struct variant *v, size_t n)
{
	buf_printf(out, ",\"%s\":{", name);
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_char(out, ',');
		escape_json(out, str_of(v[i].name));
		buf_char(out, ':');
		if (v[i].factor_ppm)
			put_factor(out, v[i].factor_ppm);
		else
			json_rates(out, &v[i].rates);
	}
	buf_char(out, '}');
}

void price_json(struct buf *out, const struct price *p)
{
	struct buf text = {0};

	buf_puts(out, "{\"key\":");
	escape_json(out, str_of(p->key));
	json_text(out, "provider", p->provider);
	json_text(out, "model", p->model);
	put_from(&text, p);
	json_text(out, "from", text.n ? text.p : NULL);
	buf_free(&text);
	json_text(out, "hours", p->hours_text);
	json_text(out, "days", p->days_text);
	buf_puts(out, ",\"rates\":");
	json_rates(out, &p->base);
	buf_puts(out, ",\"tiers\":[");
	for (size_t i = 0; i < p->tiers_n; i++) {
		buf_printf(out, "%s{\"above\":%lld,\"rates\":", i ? "," : "",
		           (long long)p->tiers[i].above);
		json_rates(out, &p->tiers[i].rates);
		json_variants(out, "service_tiers", p->tiers[i].variants, p->tiers[i].variants_n);
		buf_char(out, '}');
	}
	buf_char(out, ']');
	json_variants(out, "service_tiers", p->variants, p->variants_n);
	json_variants(out, "regions", p->regions, p->regions_n);
	json_text(out, "source", p->source);
	json_text(out, "checked", p->checked);
	json_text(out, "accepted", p->accepted);
	json_text(out, "file", p->place.file);
	buf_printf(out, ",\"line\":%d}", p->place.line);
}
