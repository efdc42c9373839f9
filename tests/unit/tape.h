/*
 * A ledger and the two batches of two threads, fed call by call as from files: for tests of what a
 * commit writes. A file is read by either thread, piece by piece.
 */
#ifndef TESTS_UNIT_TAPE_H
#define TESTS_UNIT_TAPE_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/ledger/ledger.h"
#include "tests/unit/invariants.h"

enum { TAPE_FILES = 3, TAPE_BATCHES = 2, TAPE_RECORD = 100 };

struct tape {
	char folder[64], path[96];
	struct ledger *ledger;
	struct batch *batches[TAPE_BATCHES];
	char source[16];
	struct source_config config;
	struct mark marks[TAPE_FILES];
	struct mark *files[TAPE_FILES];
	int64_t begin[TAPE_FILES], end[TAPE_FILES]; /* of the piece being read */
	struct commit_sums sums;                    /* over all commits */
	int64_t records;                            /* committed */
	struct err err;
};

static inline void tape_open(struct tape *t, const char *zone, bool keep_rows)
{
	*t = (struct tape){.source = "gateway", .config = {.dedupe_within = TIME_DAY}};
	t->config.name = t->source;
	(void)snprintf(t->folder, sizeof(t->folder), "/tmp/tokentail-test-XXXXXX");
	assert_non_null(mkdtemp(t->folder));
	(void)snprintf(t->path, sizeof(t->path), "%s/ledger/t.db", t->folder);
	t->ledger = ledger_open(t->path, zone, &t->err);
	assert_string_equal(t->err.text, "");
	for (int i = 0; i < TAPE_BATCHES; i++)
		t->batches[i] = batch_new(ledger_zone(t->ledger), keep_rows);
	for (int i = 0; i < TAPE_FILES; i++) {
		char path[32];

		(void)snprintf(path, sizeof(path), "/logs/app.%d.log", i);
		t->marks[i].path = str_dup(str_of(path));
		t->marks[i].source = str_dup(STR("gateway"));
		t->marks[i].state = FILE_READ;
		t->files[i] = &t->marks[i];
	}
}

static inline void tape_close(struct tape *t)
{
	char command[128];

	for (int i = 0; i < TAPE_BATCHES; i++)
		batch_free(&t->batches[i]);
	for (int i = 0; i < TAPE_FILES; i++) {
		free(t->marks[i].path);
		free(t->marks[i].source);
	}
	ledger_close(&t->ledger);
	(void)snprintf(command, sizeof(command), "rm -r %s", t->folder);
	assert_int_equal(system(command), 0);
}

static inline sqlite3 *tape_db(struct tape *t)
{
	return ledger_db(t->ledger);
}

/* A piece of a file, read by a thread. */
static inline void tape_begin(struct tape *t, int batch, int file)
{
	t->begin[file] = t->end[file];
	batch_step_begin(t->batches[batch], (uint32_t)file, str_of(t->config.name), &t->config);
}

static inline void tape_end(struct tape *t, int batch, int file)
{
	struct step step = {
		.begin = t->begin[file],
		.end = t->end[file],
		.head_n = (uint32_t)(t->end[file] < MARK_BYTES ? t->end[file] : MARK_BYTES),
		.head = {1, (uint64_t)file},
		.frontier_n = 7,
		.frontier = {(uint64_t)t->end[file], 2}};

	batch_step_end(t->batches[batch], &step);
}

static inline void tape_call(struct tape *t, int batch, int file, const struct call *c)
{
	const struct verdict v = {.outcome = OUTCOME_CALL, .reason = ""};

	batch_verdict(t->batches[batch], &v, c, t->end[file]);
	t->end[file] += TAPE_RECORD;
	t->records++;
}

static inline void tape_other(struct tape *t, int batch, int file, enum outcome outcome,
                              const char *reason)
{
	const struct verdict v = {
		.outcome = outcome, .reason = reason, .value = STR("12.5"), .at = 7};

	batch_verdict(t->batches[batch], &v, NULL, t->end[file]);
	t->end[file] += TAPE_RECORD;
	t->records++;
}

/* Tries a commit; the batches stay as they are. */
static inline bool tape_try(struct tape *t)
{
	const struct commit_input input = {t->batches, TAPE_BATCHES, t->files, TAPE_FILES};
	struct commit_sums sums;

	t->err = (struct err){0};
	if (!ledger_commit(t->ledger, &input, &sums, &t->err))
		return false;
	for (int i = 0; i < OUTCOMES; i++)
		t->sums.records[i] += sums.records[i];
	t->sums.unpriced += sums.unpriced;
	t->sums.cost += sums.cost;
	return true;
}

static inline void tape_commit(struct tape *t)
{
	bool ok = tape_try(t);

	assert_string_equal(t->err.text, "");
	assert_true(ok);
	for (int i = 0; i < TAPE_BATCHES; i++)
		batch_clear(t->batches[i]);
}

/* All that must hold after any commit. */
static inline void tape_check(struct tape *t)
{
	sqlite3 *db = tape_db(t);

	assert_ledger_adds_up(db);
	assert_records(db, t->records);
	for (int i = 0; i < OUTCOMES; i++) {
		char sql[128];

		(void)snprintf(sql, sizeof(sql),
		               "SELECT coalesce(sum(records), 0) FROM coverage WHERE outcome = %d",
		               i);
		assert_int_equal(sql_number(db, sql), t->sums.records[i]);
	}
	assert_int_equal(sql_number(db, "SELECT coalesce(sum(cost), 0) FROM totals"), t->sums.cost);
	assert_int_equal(sql_number(db, "SELECT coalesce(sum(unpriced), 0) FROM totals"),
	                 t->sums.unpriced);
}

/* A call with nothing but a time, a model, tokens and a cost. */
static inline struct call tape_simple(int64_t time, const char *model, int64_t input,
                                      int64_t output)
{
	struct call c = {.time = time,
	                 .latency = ABSENT,
	                 .ttft = ABSENT,
	                 .cost = input * 2 + output * 10,
	                 .price = STR("maker/price@2026-01-01")};

	for (int i = 0; i < COUNTS; i++)
		c.count[i] = ABSENT;
	c.label[LABEL_MODEL] = str_of(model);
	c.count[COUNT_INPUT] = input;
	c.count[COUNT_OUTPUT] = output;
	return c;
}

/* Random, but the same in every run. */
static inline uint64_t tape_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

#endif
