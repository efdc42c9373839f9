#include "tests/unit/reading.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/meter/carried.h"
#include "agent/meter/cost.h"
#include "agent/meter/memory.h"
#include "parsers/format.h"
#include "parsers/timestamp.h"

static const struct hash_key hash_key = {11, 22};

/* 2026-11-23T00:00:00Z */
#define NOW (INT64_C(1795392000) * TIME_SEC)

static struct reading start(struct config *config, const char *why)
{
	struct reading r = {.config = config};
	struct err err = {0};

	if (config == NULL)
		fail_msg("%s", why);
	r.book = book_open(config, &err);
	if (r.book == NULL)
		fail_msg("%s", err.text);
	r.source = source_new(&config->sources[0], r.book, &err);
	if (r.source == NULL)
		fail_msg("%s", err.text);
	r.extractor = extractor_new(r.source, hash_key);
	r.carried = source_carried(r.source);
	r.memory = source_remembers(r.source) ? memory_new() : NULL;
	return r;
}

struct reading reading_of_yaml(const char *yaml)
{
	struct err err = {0};

	return start(config_parse(str_of(yaml), "test.yaml", &err), err.text);
}

struct reading reading_of_preset(const char *name)
{
	struct err err = {0};

	return start(config_for_preset(name, NULL, 0, &err), err.text);
}

void reading_free(struct reading *r)
{
	extractor_free(&r->extractor);
	carried_free(&r->carried);
	memory_free(&r->memory);
	source_free(&r->source);
	book_free(&r->book);
	config_free(&r->config);
	buf_free(&r->out);
}

static void print_call(struct buf *out, const struct call *c)
{
	char text[COST_TEXT], time[TIMESTAMP_TEXT];

	timestamp_print(c->time, time);
	buf_printf(out, " %s", time);
	for (int i = 0; i < LABELS; i++)
		if (c->label[i].n)
			buf_printf(out, " %s=%.*s", label_name((enum label)i),
			           STR_ARG(c->label[i]));
	for (int i = 0; i < COUNTS; i++)
		if (c->count[i] != ABSENT)
			buf_printf(out, " %s=%" PRId64, count_name((enum count)i), c->count[i]);
	for (int i = 0; i < DETAILS; i++)
		if (c->detail[i].n)
			buf_printf(out, " %s=%.*s", detail_name((enum detail)i),
			           STR_ARG(c->detail[i]));
	if (c->latency != ABSENT)
		buf_printf(out, " latency=%" PRId64 "us", c->latency);
	if (c->ttft != ABSENT)
		buf_printf(out, " ttft=%" PRId64 "us", c->ttft);
	if (c->has_logged_cost) {
		cost_print(c->logged_cost, text);
		buf_printf(out, " logged_cost=%s", text);
	}
	cost_print(c->cost, text);
	buf_printf(out, " price=%.*s cost=%s", STR_ARG(c->price), text);
	if (c->flags & CALL_UNPRICED)
		buf_puts(out, " UNPRICED");
	if (c->flags & CALL_INCONSISTENT)
		buf_puts(out, " INCONSISTENT");
	if (c->flags & CALL_UNKNOWN_USAGE)
		buf_puts(out, " UNKNOWN_USAGE");
	if (c->flags & CALL_USAGE_ESTIMATED)
		buf_puts(out, " ESTIMATED_USAGE");
	if (c->flags & CALL_ESTIMATED)
		buf_puts(out, " ESTIMATED");
	if (c->flags & CALL_INCOMPLETE)
		buf_puts(out, " INCOMPLETE");
}

/* Records that are one call have the same small number. */
static void print_key(struct reading *r, uint64_t key)
{
	size_t i = 0;

	if (key == 0)
		return;
	while (i < r->keys_n && r->keys[i] != key)
		i++;
	if (i == r->keys_n && i < READING_KEYS)
		r->keys[r->keys_n++] = key;
	buf_printf(&r->out, " same=%zu", i + 1);
}

static void on_verdict(void *arg, const struct verdict *v, const struct call *c)
{
	struct reading *r = arg;

	r->n[v->outcome]++;
	buf_puts(&r->out, v->waited ? "waited, " : "");
	buf_puts(&r->out, outcome_name(v->outcome));
	if (v->reason[0])
		buf_printf(&r->out, ": %s", v->reason);
	if (v->value.n)
		buf_printf(&r->out, " (%.*s)", STR_ARG(v->value));
	if (c) {
		r->last = *c;
		print_call(&r->out, c);
		print_key(r, c->dedupe_key);
	}
	buf_char(&r->out, '\n');
}

const char *reading_record(struct reading *r, const char *record)
{
	char padded[RECORD_PAD] = {0};
	struct buf text = {0};
	size_t before = r->out.n;

	buf_puts(&text, record);
	buf_bytes(&text, padded, sizeof(padded));
	extract_record(r->extractor, (struct str){text.p, text.n - sizeof(padded)},
	               &(struct surroundings){
			       .now = NOW, .near = NOW, .carried = r->carried, .memory = r->memory},
	               on_verdict, r);
	buf_free(&text);
	return r->out.p + before;
}

const char *reading_waiting(struct reading *r, int64_t time)
{
	size_t before = r->out.n;

	buf_puts(&r->out, "");
	extract_waiting(r->extractor, r->memory, time, on_verdict, r);
	return r->out.p + before;
}

static void reload(void *arg, const struct memory_item *item)
{
	if (item->text.p)
		memory_load(arg, item);
}

void reading_restart(struct reading *r)
{
	struct buf text = {0};
	struct memory *memory = memory_new();

	if (r->carried) {
		carried_pack(r->carried, &text);
		carried_free(&r->carried);
		r->carried = source_carried(r->source);
		carried_unpack(r->carried, buf_view(&text));
		buf_free(&text);
	}
	if (r->memory == NULL) {
		memory_free(&memory);
		return;
	}
	memory_changes(r->memory, reload, memory);
	memory_free(&r->memory);
	r->memory = memory;
}

struct buf fixture(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct buf text = {0};
	char bytes[4096];
	size_t n;

	if (f == NULL)
		fail_msg("%s: cannot be opened", path);
	while ((n = fread(bytes, 1, sizeof(bytes), f)) > 0)
		buf_bytes(&text, bytes, n);
	(void)fclose(f);
	memset(bytes, 0, RECORD_PAD);
	buf_bytes(&text, bytes, RECORD_PAD); /* readable, not part of it */
	text.n -= RECORD_PAD;
	return text;
}
