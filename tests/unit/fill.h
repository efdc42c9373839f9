/*
 * A ledger in a folder of its own, filled row by row through SQL: for tests of what reads it.
 */
#ifndef TESTS_UNIT_FILL_H
#define TESTS_UNIT_FILL_H

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/ledger/call_id.h"
#include "agent/ledger/ledger.h"
#include "agent/ledger/total_id.h"
#include "agent/meter/histogram.h"

struct fill {
	char folder[64];
	char path[96];
	struct ledger *ledger;
	sqlite3 *db;
};

/* A total or a call; what is not given is empty or 0. */
struct fact {
	const char *model, *provider, *user, *source, *status, *session;
	int64_t time; /* microseconds; of a total the start of its hour */
	int64_t calls, input, cache_read, output, cost, unpriced, estimated_usage;
	int64_t latency; /* microseconds, of each call */
	int64_t flags;
};

static inline void fill_open(struct fill *f, const char *zone)
{
	struct err err = {0};

	(void)snprintf(f->folder, sizeof(f->folder), "/tmp/tokentail-test-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	(void)snprintf(f->path, sizeof(f->path), "%s/t.db", f->folder);
	f->ledger = ledger_open(f->path, zone, &err);
	assert_string_equal(err.text, "");
	f->db = ledger_db(f->ledger);
}

static inline void fill_close(struct fill *f)
{
	char command[128];

	ledger_close(&f->ledger);
	(void)snprintf(command, sizeof(command), "rm -r %s", f->folder);
	assert_int_equal(system(command), 0);
}

/* Runs SQL whose parameters ?1... are the given texts. */
static inline void fill_sql(struct fill *f, const char *sql, const char *const *texts, int n)
{
	sqlite3_stmt *st = NULL;

	assert_int_equal(sqlite3_prepare_v2(f->db, sql, -1, &st, NULL), SQLITE_OK);
	for (int i = 0; i < n; i++)
		(void)sqlite3_bind_text(st, i + 1, texts[i] ? texts[i] : "", -1, SQLITE_STATIC);
	assert_int_equal(sqlite3_step(st), SQLITE_DONE);
	(void)sqlite3_finalize(st);
}

static inline int64_t fill_number(struct fill *f, const char *sql, const char *text)
{
	sqlite3_stmt *st = NULL;
	int64_t number;

	assert_int_equal(sqlite3_prepare_v2(f->db, sql, -1, &st, NULL), SQLITE_OK);
	if (text)
		(void)sqlite3_bind_text(st, 1, text, -1, SQLITE_STATIC);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	number = sqlite3_column_int64(st, 0);
	(void)sqlite3_finalize(st);
	return number;
}

static inline int64_t fill_label(struct fill *f, const char *text)
{
	fill_sql(f, "INSERT OR IGNORE INTO labels (text) VALUES (?1)", &text, 1);
	return fill_number(f, "SELECT id FROM labels WHERE text = ?1", text ? text : "");
}

static inline int64_t fill_combination(struct fill *f, const struct fact *fact)
{
	char sql[512];

	(void)snprintf(
		sql, sizeof(sql),
		"INSERT OR IGNORE INTO combinations (source, provider, model, feature, user, "
		"agent, service, team, api_key, operation, tier, status) VALUES "
		"(%lld, %lld, %lld, 0, %lld, 0, 0, 0, 0, 0, 0, %lld)",
		(long long)fill_label(f, fact->source), (long long)fill_label(f, fact->provider),
		(long long)fill_label(f, fact->model), (long long)fill_label(f, fact->user),
		(long long)fill_label(f, fact->status));
	fill_sql(f, sql, NULL, 0);
	(void)snprintf(sql, sizeof(sql),
	               "SELECT id FROM combinations WHERE source = %lld AND provider = %lld AND "
	               "model = %lld AND user = %lld AND status = %lld",
	               (long long)fill_label(f, fact->source),
	               (long long)fill_label(f, fact->provider),
	               (long long)fill_label(f, fact->model), (long long)fill_label(f, fact->user),
	               (long long)fill_label(f, fact->status));
	return fill_number(f, sql, NULL);
}

static inline void fill_histogram(struct fill *f, const struct fact *fact)
{
	struct histogram *h = calloc(1, sizeof(*h));
	struct buf packed = {0};
	sqlite3_stmt *st = NULL;

	assert_non_null(h);
	h->n[histogram_bucket(fact->latency)] = fact->calls;
	h->total = fact->calls;
	histogram_pack(h, &packed);
	assert_int_equal(sqlite3_prepare_v2(f->db,
	                                    "INSERT OR REPLACE INTO latencies VALUES (?1, ?2, ?3)",
	                                    -1, &st, NULL),
	                 SQLITE_OK);
	(void)sqlite3_bind_int64(st, 1, fact->time / TIME_SEC);
	(void)sqlite3_bind_int64(st, 2, fill_label(f, fact->model));
	(void)sqlite3_bind_blob(st, 3, packed.p, (int)packed.n, SQLITE_STATIC);
	assert_int_equal(sqlite3_step(st), SQLITE_DONE);
	(void)sqlite3_finalize(st);
	buf_free(&packed);
	free(h);
}

/* A total, and the histogram of its hour and model (one total of each that has a latency). */
static inline void fill_total(struct fill *f, struct fact fact)
{
	char sql[512];
	bool timed = fact.latency > 0;

	(void)snprintf(sql, sizeof(sql),
	               "INSERT INTO total_rows VALUES (%lld, %lld, %lld, %lld, 0, 0, %lld, 0, "
	               "%lld, %lld, %lld, 0, 0, %lld, %lld, 0, 0, %lld)",
	               (long long)total_id(fact.time / TIME_SEC, fill_combination(f, &fact)),
	               (long long)fact.calls, (long long)fact.input, (long long)fact.cache_read,
	               (long long)fact.output, (long long)fact.cost, (long long)fact.unpriced,
	               (long long)fact.estimated_usage, (long long)(fact.latency * fact.calls),
	               timed ? (long long)fact.calls : 0, (long long)fact.estimated_usage);
	fill_sql(f, sql, NULL, 0);
	if (timed)
		fill_histogram(f, &fact);
}

/* A call that is kept; not in the totals. */
static inline void fill_call(struct fill *f, struct fact fact)
{
	static int64_t serial;
	char sql[512];

	(void)snprintf(sql, sizeof(sql),
	               "INSERT INTO call_rows (id, combination, file, offset, input, cache_read, "
	               "output, cost, price, flags, latency, session) VALUES "
	               "(%lld, %lld, 1, 0, %lld, %lld, %lld, %lld, 0, %lld, nullif(%lld, 0), ?1)",
	               (long long)(call_id_first(fact.time / TIME_MS) + ++serial % CALL_ID_PER_MS),
	               (long long)fill_combination(f, &fact), (long long)fact.input,
	               (long long)fact.cache_read, (long long)fact.output, (long long)fact.cost,
	               (long long)fact.flags, (long long)fact.latency);
	fill_sql(f, sql, &fact.session, 1);
}

#endif
