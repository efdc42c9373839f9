/*
 * Calls in the database and in the archive are priced anew together: the same sums, all of them or
 * none, wherever the process ends.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "agent/base/mem.h"
#include "agent/ledger/reprice.h"
#include "agent/ledger/rotate.h"
#include "tests/unit/reading.h"
#include "tests/unit/tape.h"

/* 2026-03-01T00:00:00Z */
#define START (INT64_C(1772323200) * TIME_SEC)

enum { DAYS = 4, ARCHIVED_DAYS = 3, CALLS_A_DAY = 40 };

/* ---- the process ends at a step of what lasts on disk ---- */

static int steps_left; /* 0: it goes on for ever */

static void step(void)
{
	if (steps_left && --steps_left == 0)
		(void)kill(getpid(), SIGKILL);
}

int rename(const char *from, const char *to)
{
	step();
	return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int unlink(const char *path)
{
	step();
	return unlinkat(AT_FDCWD, path, 0);
}

int fsync(int fd)
{
	step();
	return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	step();
	return (int)syscall(SYS_fdatasync, fd);
}

/* ---- a ledger, and two books for it ---- */

enum { CHEAP, DEAR, BOOKS };

struct world {
	struct tape t;
	char *archive;
	struct reading readings[BOOKS];
	int64_t cost[BOOKS]; /* of all calls by each book */
};

static const char *const yaml[BOOKS] = {
	"sources: [{name: s, paths: x, preset: json}]\n"
	"prices: {own: [{provider: house, name: even, prices: [{input: 1, output: 2}]}]}\n",
	"sources: [{name: s, paths: x, preset: json}]\n"
	"prices: {own: [{provider: house, name: even, prices: [{input: 3, output: 5}]}]}\n"};

static enum cost_rule computed(void *arg, struct str source, unsigned flags)
{
	(void)arg;
	(void)source;
	(void)flags;
	return COST_COMPUTED;
}

static void add(struct world *w, int day, int i, int64_t tokens, uint64_t key)
{
	struct call c = tape_simple(START + day * TIME_DAY + i * (TIME_DAY / CALLS_A_DAY),
	                            i % 4 ? "even" : "odd", tokens, i % 3);

	c.cost = 0;
	c.price = STR("");
	c.flags = CALL_UNPRICED;
	c.dedupe_key = key;
	c.label[LABEL_USER] = i % 2 ? STR("ada") : STR("bob");
	tape_call(&w->t, 0, 0, &c);
}

static void add_days(struct world *w)
{
	tape_begin(&w->t, 0, 0);
	for (int day = 0; day < DAYS; day++)
		for (int i = 0; i < CALLS_A_DAY; i++)
			add(w, day, i, 1000 + i, i % 2 ? (uint64_t)(day * CALLS_A_DAY + i) : 0);
	tape_end(&w->t, 0, 0);
	tape_commit(&w->t);
}

/* For days that are archived: a call, and a better record of one. */
static void add_late(struct world *w)
{
	tape_begin(&w->t, 0, 0);
	add(w, 1, 2, 7000, 0);
	add(w, 0, 5, 5000, 5);
	tape_end(&w->t, 0, 0);
	tape_commit(&w->t);
}

static void archive(struct world *w)
{
	const struct rotation r = {.folder = w->archive,
	                           .prices = STR("first"),
	                           .before = START + ARCHIVED_DAYS * TIME_DAY};
	struct rotation_day day = {0};
	bool found = true, changed;

	for (int64_t from = 0; found; from = day.day + 1) {
		assert_true(rotation_next(w->t.ledger, &r, from, &day, &found, &(struct err){0}));
		if (found)
			assert_true(
				rotation_move(w->t.ledger, &r, &day, &changed, &(struct err){0}));
	}
}

static struct reprice_result *price(struct world *w, int book, struct reprice options,
                                    struct err *err)
{
	struct reprice_result *result;

	options.query.by[0] = DIM_MODEL;
	options.query.by_n = 1;
	options.query.zone = ledger_zone(w->t.ledger);
	if (options.query.since == 0)
		options.query.since = INT64_MIN;
	if (options.query.until == 0)
		options.query.until = INT64_MAX;
	options.pricer = pricer_new(w->readings[book].book);
	options.rule = computed;
	options.archive = w->archive;
	options.prices = book == CHEAP ? STR("cheap") : STR("dear");
	result = ledger_reprice(w->t.ledger, &options, err);
	pricer_free(&options.pricer);
	return result;
}

/* The sums of all calls; the result otherwise is let go of. */
static struct reprice_sums priced(struct world *w, int book, bool dry)
{
	struct err err = {0};
	struct reprice_result *r = price(w, book, (struct reprice){.dry = dry}, &err);
	struct reprice_sums total;

	assert_string_equal(err.text, "");
	assert_int_equal(r->not_kept, 0);
	total = r->total;
	reprice_result_free(&r);
	return total;
}

static void open_world(struct world *w)
{
	*w = (struct world){0};
	tape_open(&w->t, "UTC", true);
	w->archive = archive_folder(w->t.path);
	add_days(w);
	archive(w);
	add_late(w);
	for (int i = 0; i < BOOKS; i++) {
		w->readings[i] = reading_of_yaml(yaml[i]);
		w->cost[i] = priced(w, i, true).cost_after;
	}
	assert_true(w->cost[CHEAP] > 0 && w->cost[DEAR] > w->cost[CHEAP]);
}

static void close_world(struct world *w)
{
	for (int i = 0; i < BOOKS; i++)
		reading_free(&w->readings[i]);
	free(w->archive);
	tape_close(&w->t);
}

/* The calls of the archive that count, of files as the ledger knows them. */
static void sum_archive(struct world *w, int64_t *calls, int64_t *cost)
{
	struct segment *all;
	size_t n;

	assert_true(ledger_segments(w->t.ledger, 0, INT64_MAX, &all, &n, &(struct err){0}));
	for (size_t i = 0; i < n; i++) {
		struct err err = {0};
		struct segment_calls *c =
			ledger_segment_calls(w->t.ledger, w->archive, &all[i], &err);
		struct archived a;
		bool more = true;

		while (c && segment_calls_next(c, &a, &more, &err) && more) {
			*calls += 1;
			*cost += a.call.cost;
		}
		assert_string_equal(err.text, "");
		segment_calls_close(&c);
	}
	free(all);
}

/* Returns what all calls cost; totals, keys, calls and files agree. */
static int64_t assert_agrees(struct world *w)
{
	sqlite3 *db = tape_db(&w->t);
	int64_t calls = sql_number(db, "SELECT count(*) FROM call_rows");
	int64_t cost = sql_number(db, "SELECT sum(cost) FROM call_rows");

	sum_archive(w, &calls, &cost);
	assert_int_equal(calls, DAYS * CALLS_A_DAY + 1);
	assert_int_equal(calls, sql_number(db, "SELECT sum(calls) FROM totals"));
	assert_int_equal(cost, sql_number(db, "SELECT sum(cost) FROM totals"));
	assert_int_equal(sql_number(db, "SELECT count(*) FROM totals WHERE calls <= 0"), 0);
	return cost;
}

/* Of the files of a day; 0: it is not there. */
static ino_t file_of(const struct world *w, int day, const char *suffix)
{
	struct buf path = {0};
	struct stat st;
	ino_t inode;

	buf_printf(&path, "%s/2026/calls-2026-03-%02d.jsonl.gz%s", w->archive, day + 1, suffix);
	inode = stat(path.p, &st) == 0 ? st.st_ino : 0;
	buf_free(&path);
	return inode;
}

static void assert_no_other_files(const struct world *w)
{
	for (int day = 0; day < ARCHIVED_DAYS; day++) {
		assert_true(file_of(w, day, "") != 0);
		assert_true(file_of(w, day, ".new") == 0);
		assert_true(file_of(w, day, ".before") == 0);
	}
}

/* ---- tests ---- */

static void test_archived_calls_are_priced_like_the_others(void **state)
{
	struct world w;
	struct reprice_sums total;
	ino_t file;

	(void)state;
	open_world(&w);
	total = priced(&w, CHEAP, false);
	assert_int_equal(total.calls, DAYS * CALLS_A_DAY + 1);
	assert_int_equal(total.changed,
	                 DAYS * CALLS_A_DAY * 3 / 4 + 1); /* the odd ones have no price */
	assert_int_equal(total.unpriced_after, DAYS * CALLS_A_DAY / 4);
	assert_int_equal(assert_agrees(&w), w.cost[CHEAP]);
	assert_no_other_files(&w);
	/* The call that counts no longer has left its file. */
	assert_int_equal(sql_number(tape_db(&w.t), "SELECT count(*) FROM superseded"), 0);
	assert_int_equal(sql_number(tape_db(&w.t), "SELECT sum(calls) FROM segments"),
	                 ARCHIVED_DAYS * CALLS_A_DAY - 1);

	file = file_of(&w, 0, "");
	assert_int_equal(priced(&w, CHEAP, false).changed, 0);
	assert_true(file_of(&w, 0, "") == file);
	close_world(&w);
}

static void test_what_is_only_shown_is_not_written(void **state)
{
	struct world w;
	struct reprice_result *r;
	struct reprice_sums shown;
	ino_t file;

	(void)state;
	open_world(&w);
	file = file_of(&w, 0, "");
	r = price(&w, DEAR, (struct reprice){.dry = true}, &(struct err){0});
	assert_non_null(r);
	shown = r->total;
	assert_int_equal(r->segments, ARCHIVED_DAYS);
	assert_int_equal(r->archived, ARCHIVED_DAYS * CALLS_A_DAY - 1);
	reprice_result_free(&r);
	assert_int_equal(assert_agrees(&w), 0);
	assert_true(file_of(&w, 0, "") == file);
	assert_int_equal(sql_number(tape_db(&w.t), "SELECT count(*) FROM reprice_rows"), 0);
	assert_int_equal(priced(&w, DEAR, false).cost_after, shown.cost_after);
	close_world(&w);
}

/* Of one user, and from within one day to within another: only these, and only files that have
 * some. */
static void test_a_part_is_priced(void **state)
{
	struct world w;
	struct reprice part = {.query = {.since = START + TIME_DAY + TIME_DAY / 2,
	                                 .until = START + 2 * TIME_DAY + TIME_DAY / 4,
	                                 .where = {{DIM_USER, STR("ada")}},
	                                 .where_n = 1}};
	struct reprice_result *r;
	ino_t files[ARCHIVED_DAYS];

	(void)state;
	open_world(&w);
	for (int day = 0; day < ARCHIVED_DAYS; day++)
		files[day] = file_of(&w, day, "");
	r = price(&w, CHEAP, part, &(struct err){0});
	assert_non_null(r);
	assert_int_equal(r->total.calls, CALLS_A_DAY * 3 / 4 / 2);
	assert_int_equal(r->segments, 2);
	assert_int_equal(assert_agrees(&w), r->total.cost_after);
	assert_true(file_of(&w, 0, "") == files[0]);
	assert_true(file_of(&w, 1, "") != files[1]);
	assert_true(file_of(&w, 2, "") != files[2]);
	reprice_result_free(&r);
	assert_int_equal(priced(&w, CHEAP, false).cost_after, w.cost[CHEAP]);
	assert_int_equal(assert_agrees(&w), w.cost[CHEAP]);
	close_world(&w);
}

static void test_a_better_record_takes_the_new_cost_back(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	(void)priced(&w, DEAR, false);
	tape_begin(&w.t, 0, 0);
	add(&w, 1, 7, 9000, CALLS_A_DAY + 7);
	tape_end(&w.t, 0, 0);
	tape_commit(&w.t);
	/* It was 1007 tokens in and one out, at 3 and 5 dollars a million; now it has no price. */
	assert_int_equal(assert_agrees(&w), w.cost[DEAR] - (1007 * 3 + 5) * INT64_C(1000));
	close_world(&w);
}

static void damage(const struct world *w, int day)
{
	struct buf path = {0};
	unsigned char byte;
	int fd;

	buf_printf(&path, "%s/2026/calls-2026-03-%02d.jsonl.gz", w->archive, day + 1);
	fd = open(path.p, O_RDWR);
	assert_int_equal(pread(fd, &byte, 1, 400), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, 400), 1);
	(void)close(fd);
	buf_free(&path);
}

static void test_with_a_damaged_file_nothing_changes(void **state)
{
	struct world w;
	ino_t file;

	(void)state;
	open_world(&w);
	file = file_of(&w, 0, "");
	damage(&w, 2);
	for (int dry = 0; dry < 2; dry++) {
		struct err err = {0};

		assert_null(price(&w, DEAR, (struct reprice){.dry = dry}, &err));
		assert_non_null(strstr(err.text, "calls-2026-03-03.jsonl.gz: damaged"));
		assert_non_null(strstr(err.text, "archive verify"));
		assert_true(file_of(&w, 0, "") == file);
		assert_no_other_files(&w);
	}
	damage(&w, 2); /* a bit turned twice */
	assert_int_equal(assert_agrees(&w), 0);
	close_world(&w);
}

/* Whether the run to `book` was killed at its n-th step. */
static bool killed_at(struct world *w, int book, int n)
{
	int status;
	pid_t child;

	ledger_close(&w->t.ledger); /* it is the child's alone */
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct err err = {0};

		w->t.ledger = ledger_open(w->t.path, "UTC", &err);
		steps_left = n;
		_exit(w->t.ledger && price(w, book, (struct reprice){0}, &err) ? 0 : 1);
	}
	assert_true(waitpid(child, &status, 0) == child);
	w->t.ledger = ledger_open(w->t.path, "UTC", &w->t.err);
	assert_non_null(w->t.ledger);
	if (WIFSIGNALED(status))
		return true;
	assert_int_equal(WEXITSTATUS(status), 0);
	return false;
}

static void test_killed_anywhere_all_is_priced_or_nothing(void **state)
{
	struct world w;
	int from = CHEAP, to = DEAR, kills = 0, before = 0, behind = 0;
	int64_t cost;

	(void)state;
	open_world(&w);
	(void)priced(&w, from, false);
	while (killed_at(&w, to, kills + 1)) {
		kills++;
		cost = assert_agrees(&w);
		assert_true(cost == w.cost[from] || cost == w.cost[to]);
		before += cost == w.cost[from];
		behind += cost == w.cost[to];
		(void)priced(&w, to, false);
		assert_int_equal(assert_agrees(&w), w.cost[to]);
		assert_no_other_files(&w);
		from = to;
		to = DEAR + CHEAP - to;
	}
	assert_int_equal(assert_agrees(&w), w.cost[to]);
	/* Each file: flushed, its old and its new name, the folder; and the old one removed. */
	assert_true(before >= 4 * ARCHIVED_DAYS);
	assert_true(behind >= ARCHIVED_DAYS);
	close_world(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_archived_calls_are_priced_like_the_others),
		cmocka_unit_test(test_what_is_only_shown_is_not_written),
		cmocka_unit_test(test_a_part_is_priced),
		cmocka_unit_test(test_a_better_record_takes_the_new_cost_back),
		cmocka_unit_test(test_with_a_damaged_file_nothing_changes),
		cmocka_unit_test(test_killed_anywhere_all_is_priced_or_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
