/*
 * A row is one flow map on one line, so that a book that has changed is read as a difference by
 * anyone. Only what the reader needs is written: of a tier the kinds that differ from the tier
 * below it.
 */
#include "agent/meter/book_write.h"

#include <stdio.h>
#include <string.h>

#include "agent/base/escape.h"
#include "agent/base/zone.h"
#include "agent/meter/book_rate.h"

static const char separator[] = ", ";

/* A key of a flow map, behind what is there already. */
static void put_key(struct buf *out, const char *key)
{
	if (out->n && out->p[out->n - 1] != '{' && out->p[out->n - 1] != '[')
		buf_puts(out, separator);
	buf_puts(out, key);
	buf_puts(out, ": ");
}

static void put_rates(struct buf *out, const struct rates *r, const struct rates *below)
{
	char text[RATE_TEXT];

	for (enum rate_kind kind = 0; kind < RATES; kind++) {
		if (r->rate[kind] == RATE_NONE || (below && r->rate[kind] == below->rate[kind]))
			continue;
		rate_print(kind, r->rate[kind], text);
		put_key(out, rate_name(kind));
		buf_puts(out, text);
	}
}

static void put_factor(struct buf *out, int64_t ppm)
{
	char text[RATE_TEXT];
	int n = snprintf(text, sizeof(text), "%lld.%06lld", (long long)(ppm / FACTOR_ONE),
	                 (long long)(ppm % FACTOR_ONE));

	while (text[n - 1] == '0')
		n--;
	buf_bytes(out, text, (size_t)(text[n - 1] == '.' ? n - 1 : n));
}

static void put_variants(struct buf *out, const struct variant *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		put_key(out, v[i].name);
		if (v[i].factor_ppm) {
			put_factor(out, v[i].factor_ppm);
			continue;
		}
		buf_char(out, '{');
		put_rates(out, &v[i].rates, NULL);
		buf_char(out, '}');
	}
}

static void put_tiers(struct buf *out, const struct price *p)
{
	const struct rates *below = &p->base;

	if (p->tiers_n == 0)
		return;
	put_key(out, "tiers");
	buf_char(out, '[');
	for (size_t i = 0; i < p->tiers_n; i++) {
		const struct tier *t = &p->tiers[i];

		int64_t bound = t->at_least ? t->above + 1 : t->above;

		buf_puts(out, i ? ", {" : "{");
		put_key(out, t->at_least ? "at_least" : "above");
		buf_printf(out, "%lld", (long long)bound);
		put_rates(out, &t->rates, below);
		put_variants(out, t->variants, t->variants_n);
		buf_char(out, '}');
		below = &t->rates;
	}
	buf_char(out, ']');
}

void book_put_prices(struct buf *out, const struct price *p)
{
	if (p->free) {
		put_key(out, "free");
		buf_puts(out, "true");
	} else {
		put_rates(out, &p->base, NULL);
	}
	put_tiers(out, p);
	put_variants(out, p->variants, p->variants_n);
	if (p->regions_n) {
		put_key(out, "regions");
		buf_char(out, '{');
		put_variants(out, p->regions, p->regions_n);
		buf_char(out, '}');
	}
}

/* A date, or an instant when it is no midnight. */
static void put_from(struct buf *out, int64_t time)
{
	struct civil c = civil_of(time);

	put_key(out, "from");
	buf_printf(out, "%04d-%02d-%02d", (int)c.year, c.month, c.day);
	if (time % TIME_DAY)
		buf_printf(out, "T%02d:%02d:%02dZ", c.hour, c.minute, c.second);
}

static void put_scalar(struct buf *out, const char *key, const char *text)
{
	put_key(out, key);
	(void)escape_yaml(out, str_of(text));
}

/* A list whose items are joined by commas. */
static void put_joined(struct buf *out, const char *key, const char *items)
{
	put_key(out, key);
	buf_printf(out, "[%s]", items);
}

static void put_row(struct buf *out, const struct price *p, const char *source)
{
	struct buf row = {0};

	buf_char(&row, '{');
	if (p->from != INT64_MIN)
		put_from(&row, p->from);
	if (p->hours_text)
		put_joined(&row, "hours", p->hours_text);
	if (p->days_text)
		put_joined(&row, "days", p->days_text);
	book_put_prices(&row, p);
	if (p->source && strcmp(p->source, source) != 0)
		put_scalar(&row, "source", p->source);
	if (p->checked)
		put_scalar(&row, "checked", p->checked);
	if (p->accepted)
		put_scalar(&row, "accepted", p->accepted);
	buf_puts(&row, "}\n");
	buf_puts(out, "          - ");
	buf_str(out, buf_view(&row));
	buf_free(&row);
}

static void put_texts(struct buf *out, const char *indent, const char *key, char **texts, size_t n)
{
	if (n == 0)
		return;
	buf_printf(out, "%s%s: [", indent, key);
	for (size_t i = 0; i < n; i++) {
		buf_puts(out, i ? separator : "");
		(void)escape_yaml(out, str_of(texts[i]));
	}
	buf_puts(out, "]\n");
}

static void put_model(struct buf *out, const struct model *m, const char *source)
{
	static const char indent[] = "        ";

	buf_puts(out, "      - name: ");
	(void)escape_yaml(out, str_of(m->name));
	buf_char(out, '\n');
	put_texts(out, indent, "also", m->also, m->also_n);
	put_texts(out, indent, "match", m->match, m->match_n);
	if (m->gone)
		buf_printf(out, "%sgone: %s\n", indent, m->gone);
	buf_printf(out, "%sprices:\n", indent);
	for (size_t i = 0; i < m->prices_n; i++)
		put_row(out, &m->prices[i], source);
}

static void put_vendor(struct buf *out, const struct vendor *v, const struct shelf *s,
                       const char *source)
{
	bool any = false;

	for (size_t i = 0; i < s->models_n; i++) {
		const struct model *m = &s->models[i];

		if (strcmp(m->provider, v->provider) != 0)
			continue;
		if (!any) {
			buf_puts(out, "  - provider: ");
			(void)escape_yaml(out, str_of(v->provider));
			buf_char(out, '\n');
			put_texts(out, "    ", "aliases", v->aliases, v->aliases_n);
			buf_puts(out, "    models:\n");
			any = true;
		}
		put_model(out, m, source);
	}
}

void book_write(struct buf *out, const struct book_head *head, const struct shelf *s)
{
	buf_puts(out, "# ");
	escape_yaml_comment(out, str_of(head->comment));
	buf_printf(out, "\nimported: %s\nsource: ", head->imported);
	(void)escape_yaml(out, str_of(head->source));
	buf_puts(out, s->models_n ? "\nproviders:\n" : "\nproviders: []\n");
	for (size_t i = 0; i < s->vendors_n; i++)
		put_vendor(out, &s->vendors[i], s, head->source);
}
