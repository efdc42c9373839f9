/*
 * Writing and reading go by the same tables, so that they cannot differ.
 */
#include "agent/control/told.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/base/mem.h"
#include "agent/base/netstring.h"
#include "agent/follow/mark.h"

struct column {
	const char *name;
	size_t at;
	bool is_text;
};

#define NUMBER(type, member)                                  \
	{                                                     \
#member, offsetof(struct type, member), false \
	}
#define TEXT(type, member)                                   \
	{                                                    \
#member, offsetof(struct type, member), true \
	}

static const struct column agent_columns[] = {
	TEXT(told_agent, version),
	NUMBER(told_agent, pid),
	NUMBER(told_agent, since),
	NUMBER(told_agent, records_rate),
	NUMBER(told_agent, calls_rate),
	NUMBER(told_agent, committed),
	NUMBER(told_agent, failing),
	TEXT(told_agent, failure),
	NUMBER(told_agent, archive_failing),
	TEXT(told_agent, archive_failure),
	NUMBER(told_agent, archive_retry),
	TEXT(told_agent, watch),
	TEXT(told_agent, watch_reason),
	NUMBER(told_agent, dropped),
	{NULL, 0, false},
};

static const struct column file_columns[] = {
	NUMBER(told_file, id),      TEXT(told_file, path),   TEXT(told_file, source),
	NUMBER(told_file, state),   TEXT(told_file, reason), NUMBER(told_file, offset),
	NUMBER(told_file, size),    NUMBER(told_file, lag),  NUMBER(told_file, lost),
	NUMBER(told_file, written), NUMBER(told_file, rate), NUMBER(told_file, waits),
	NUMBER(told_file, blocked), {NULL, 0, false},
};

static const struct column reload_columns[] = {
	TEXT(told_reload, error), NUMBER(told_reload, wrong), {NULL, 0, false}};

/* ---- requests ---- */

static const char *const requests[] = {
	[REQUEST_STATUS] = "6:status,", [REQUEST_RELOAD] = "6:reload,"};

const char *request_text(enum request request)
{
	return requests[request];
}

enum request request_read(struct str bytes)
{
	for (enum request r = REQUEST_STATUS; r <= REQUEST_RELOAD; r++) {
		if (bytes.n > REQUEST_BYTES || memcmp(bytes.p, requests[r], bytes.n) != 0)
			continue;
		return bytes.n == REQUEST_BYTES ? r : REQUEST_PART;
	}
	return REQUEST_WRONG;
}

/* ---- writing ---- */

static void put_pair(struct buf *out, const char *name, struct str value)
{
	netstring_add(out, str_of(name));
	netstring_add(out, value);
}

/* What is 0 or empty is left out. */
static void put_column(struct buf *out, const struct column *c, const void *record)
{
	const char *member = (const char *)record + c->at;
	char digits[24];
	struct str text;
	int64_t number;

	if (c->is_text) {
		memcpy(&text, member, sizeof(text));
	} else {
		memcpy(&number, member, sizeof(number));
		text = (struct str){digits, 0};
		if (number)
			text.n = (size_t)snprintf(digits, sizeof(digits), "%" PRId64, number);
	}
	if (text.n)
		put_pair(out, c->name, text);
}

static void put_record(struct buf *out, const char *kind, const struct column *columns,
                       const void *record)
{
	struct buf pairs = {0};

	put_pair(&pairs, "is", str_of(kind));
	for (; columns && columns->name; columns++)
		put_column(&pairs, columns, record);
	netstring_add(out, buf_view(&pairs));
	buf_free(&pairs);
}

void tell_agent(struct buf *out, const struct told_agent *a)
{
	put_record(out, "agent", agent_columns, a);
}

void tell_file(struct buf *out, const struct told_file *f)
{
	put_record(out, "file", file_columns, f);
}

void tell_reload(struct buf *out, const struct told_reload *r)
{
	put_record(out, "reload", reload_columns, r);
}

void tell_end(struct buf *out)
{
	put_record(out, "end", NULL, NULL);
}

/* ---- reading ---- */

/* Digits with or without a minus, and nothing else. */
static bool number_of(struct str text, int64_t *ret)
{
	bool minus = text.n && text.p[0] == '-';
	int64_t n = 0;

	text = str_from(text, minus);
	if (text.n == 0)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		int digit = text.p[i] - '0';

		if (digit < 0 || digit > 9 || __builtin_mul_overflow(n, 10, &n) ||
		    __builtin_sub_overflow(n, digit, &n)) /* the smallest has no positive */
			return false;
	}
	if (!minus && n == INT64_MIN)
		return false;
	*ret = minus ? n : -n;
	return true;
}

static bool set_column(const struct column *columns, void *record, struct str name,
                       struct str value)
{
	while (columns->name && !str_eq(str_of(columns->name), name))
		columns++;
	if (columns->name == NULL)
		return true;
	if (columns->is_text) {
		memcpy((char *)record + columns->at, &value, sizeof(value));
		return true;
	}
	return number_of(value, (int64_t *)((char *)record + columns->at));
}

static bool read_pairs(struct str pairs, const struct column *columns, void *record)
{
	struct str name, value;

	for (const struct column *c = columns; c->name; c++)
		if (c->is_text)
			memcpy((char *)record + c->at, &STR(""), sizeof(struct str));
	while (pairs.n)
		if (!netstring_next(&pairs, &name) || !netstring_next(&pairs, &value) ||
		    !set_column(columns, record, name, value))
			return false;
	return true;
}

static bool read_file(struct told *t, struct str pairs)
{
	struct told_file *f;

	t->files = array_room(t->files, t->files_n, &t->files_room, sizeof(*t->files));
	f = &t->files[t->files_n++];
	*f = (struct told_file){0};
	return read_pairs(pairs, file_columns, f) && f->path.n && f->state >= 0 &&
	       f->state < FILE_STATES;
}

/* What is behind the kind of a record. */
static bool read_record(struct told *t, struct str kind, struct str pairs)
{
	if (str_eq(kind, STR("agent"))) {
		t->has_agent = true;
		return read_pairs(pairs, agent_columns, &t->agent) && t->agent.pid > 0;
	}
	if (str_eq(kind, STR("reload"))) {
		t->has_reload = true;
		return read_pairs(pairs, reload_columns, &t->reload);
	}
	return str_eq(kind, STR("file")) ? read_file(t, pairs) : true;
}

bool told_read(struct str answer, struct told *ret, struct err *err)
{
	bool ended = false;

	*ret = (struct told){0};
	while (answer.n && !ended) {
		struct str record, is, kind;

		if (!netstring_next(&answer, &record) || !netstring_next(&record, &is) ||
		    !str_eq(is, STR("is")) || !netstring_next(&record, &kind) ||
		    !read_record(ret, kind, record))
			return err_set(err, "the answer of the agent is broken");
		ended = str_eq(kind, STR("end"));
	}
	return ended || err_set(err, "the answer of the agent is not whole");
}

void told_free(struct told *t)
{
	free(t->files);
	*t = (struct told){0};
}
