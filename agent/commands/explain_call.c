/*
 * What the ledger keeps of a call is all that its price depends on, so how it comes about can be
 * shown without its record: the row, its source and date, tier and factors, each product of the
 * sum. The books are those of today; where they give another cost than the one that is kept, that
 * is said.
 */
#include "agent/commands/explain_call.h"

#include <inttypes.h>

#include "agent/base/escape.h"
#include "agent/commands/call_field.h"
#include "agent/commands/json_put.h"
#include "agent/commands/page.h"
#include "agent/commands/way.h"
#include "agent/ledger/find_call.h"
#include "agent/meter/call_text.h"
#include "agent/meter/pricer.h"

enum { CALLS_MAX = 20 }; /* of one request that are shown */

struct showing {
	const struct config *config;
	const struct book *book;
	struct pricer *pricer;
	struct page page;
	bool json;
};

/* A call with its price, as `explain` shows that of a record. */
struct priced {
	const struct found_call *found;
	struct way way;
	struct way_price price;
	enum cost_rule rule;
	struct call today; /* as it would be priced now */
	bool beyond;       /* it would cost too much */
	bool same;
};

static void price(const struct showing *s, const struct found_call *f, struct priced *ret)
{
	const struct call *c = &f->kept.call;

	*ret = (struct priced){.found = f, .today = *c};
	way_price_of(s->book, c, &ret->price);
	ret->way =
		(struct way){.tokens = {c, c, c}, .price = &ret->price, .call = c, .ended = true};
	ret->rule = cost_rule_of(s->config, f->kept.source, c->flags);
	ret->beyond = !pricer_again(s->pricer, ret->rule, &ret->today);
	ret->same =
		!ret->beyond && ret->today.cost == c->cost && str_eq(ret->today.price, c->price);
}

/* ---- for people ---- */

static void put_head(struct page *p, const struct found_call *f)
{
	struct buf text = {0};

	page_label(p, "call");
	buf_printf(&text, "%" PRId64 ", of source ", f->kept.id);
	escape_terminal(&text, f->kept.source);
	page_buf(p, 0, &text);
	if (f->path.n) {
		buf_puts(&text, "read from ");
		escape_terminal(&text, f->path);
		buf_printf(&text, " at byte %" PRId64, f->offset);
		page_buf(p, 0, &text);
	}
}

static bool is_shown(const struct call *c, const struct field *field)
{
	return field->kind != FIELD_PROMPT && field->kind != FIELD_RESOURCE && call_has(c, field);
}

static void put_fields(struct page *p, const struct call *c)
{
	page_label(p, "fields");
	for (const struct field *field = fields; field->name; field++) {
		struct buf value = {0}, text = {0};

		if (!is_shown(c, field))
			continue;
		call_field_text(&value, c, field);
		buf_printf(&text, "%-18s ", field->name);
		page_value(p, &text, buf_view(&value));
		page_buf(p, 0, &text);
		buf_free(&value);
	}
}

static void put_price_name(struct buf *out, const struct call *c)
{
	char cost[COST_TEXT];

	cost_print(c->cost, cost);
	buf_printf(out, "$%s", cost);
	if (c->price.n) {
		buf_puts(out, " by ");
		escape_terminal(out, c->price);
	}
}

static void put_stored(struct page *p, const struct priced *x)
{
	struct buf text = {0};

	page_label(p, "kept");
	put_price_name(&text, &x->found->kept.call);
	page_buf(p, 0, &text);
	if (x->beyond) {
		page_line(p, 0, STR("today's books give more than a million dollars"));
	} else if (!x->same) {
		buf_puts(&text, "today's books give ");
		put_price_name(&text, &x->today);
		buf_puts(&text, "; `tokentail reprice` changes it");
		page_buf(p, 0, &text);
	}
	way_flags_text(p, &x->found->kept.call);
}

static void put_text(struct showing *s, const struct priced *x)
{
	struct page *p = &s->page;

	put_head(p, x->found);
	put_fields(p, &x->found->kept.call);
	way_money_text(p, &x->way, x->rule);
	put_stored(p, x);
}

/* ---- for programs ---- */

static void put_json(struct buf *out, const struct priced *x)
{
	const struct found_call *f = x->found;
	char cost[COST_TEXT];

	json_begin(out, NULL, '{');
	json_int(out, "id", f->kept.id);
	json_text(out, "source", f->kept.source);
	json_text(out, "file", f->path);
	json_int(out, "offset", f->offset);
	way_call_json(out, &x->way);
	json_text(out, "kept_price", f->kept.call.price);
	if (!x->beyond) {
		cost_print(x->today.cost, cost);
		json_number(out, "cost_usd_today", cost);
		json_text(out, "price_today", x->today.price);
	}
	json_end(out, '}');
}

/* ---- all of them ---- */

static bool show_one(struct showing *s, struct ledger *l, int64_t id, struct err *err)
{
	struct found_call found;
	struct priced priced;

	if (!find_call(l, id, &found, err))
		return false;
	price(s, &found, &priced);
	if (s->json)
		put_json(&s->page.out, &priced);
	else
		put_text(s, &priced);
	found_call_free(&found);
	return true;
}

static bool show_all(struct showing *s, struct ledger *l, const char *name, struct err *err)
{
	int64_t ids[CALLS_MAX];
	size_t n;
	bool good = find_call_ids(l, str_of(name), ids, CALLS_MAX, &n, err);

	if (good && n == 0)
		return err_set(err,
		               "no call that is kept has the id or request_id %.80s; the view "
		               "`calls` of the database lists them, and `tokentail archive "
		               "restore` brings older ones back",
		               name);
	if (s->json)
		json_begin(&s->page.out, NULL, '[');
	for (size_t i = 0; good && i < n; i++) {
		if (i && !s->json)
			buf_char(&s->page.out, '\n');
		good = show_one(s, l, ids[i], err);
	}
	if (s->json)
		json_end(&s->page.out, ']');
	return good;
}

int explain_call(const struct config *config, const struct book *book, const char *name, bool json)
{
	struct showing s = {.config = config, .book = book, .json = json};
	struct err err = {0};
	struct ledger *l = ledger_open_read(config->database, &err);
	bool good;

	s.pricer = pricer_new(book);
	s.page.look = look_of(stdout);
	good = l && show_all(&s, l, name, &err);
	if (good && json)
		(void)puts(s.page.out.p);
	else if (good)
		page_print(&s.page, stdout);
	buf_free(&s.page.out);
	pricer_free(&s.pricer);
	ledger_close(&l);
	return good ? EXIT_GOOD : fail(EXIT_FAILED, &err);
}
