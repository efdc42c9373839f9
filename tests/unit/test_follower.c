/* The follower by a clock of the test's own: shares, waiting, commits that fail, what is due when.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "agent/meter/book.h"
#include "agent/pipeline/follower.h"
#include "agent/pipeline/follower_inner.h"
#include "tests/unit/fill.h"

#define LINE                                                                                     \
	"{\"time\":\"2026-03-01T10:00:00Z\",\"model\":\"gpt-4o\",\"input_tokens\":10,\"id\":\"%" \
	"06d\"}\n"

enum { LINE_BYTES = 81 };

struct world {
	struct fill fill;
	struct config *config;
	struct book *book;
	struct source *source;
	const struct source *followed; /* the same: an array of one, which is kept */
	struct follower *follower;
	int64_t now;
	char last_said[512];
	char failure[256]; /* of the last commit; empty: it succeeded */
};

static void on_say(void *arg, enum follower_level level, const char *text)
{
	struct world *w = arg;

	(void)level;
	(void)snprintf(w->last_said, sizeof(w->last_said), "%s", text);
}

static void on_folder(void *arg, const char *path)
{
	(void)arg;
	(void)path;
}

static void on_committed(void *arg, const struct commit_sums *sums, const char *failure)
{
	struct world *w = arg;

	(void)sums;
	(void)snprintf(w->failure, sizeof(w->failure), "%s", failure ? failure : "");
}

static void begin_following(struct world *w)
{
	struct err err = {0};

	w->follower = follower_new(w->fill.ledger,
	                           &(struct follower_options){.config = w->config,
	                                                      .sources = &w->followed,
	                                                      .sources_n = 1,
	                                                      .say = on_say,
	                                                      .folder = on_folder,
	                                                      .committed = on_committed,
	                                                      .arg = w},
	                           &err);
	assert_string_equal(err.text, "");
}

static void open_world(struct world *w)
{
	char yaml[512];
	struct err err = {0};

	*w = (struct world){.now = 1000 * TIME_SEC};
	fill_open(&w->fill, "UTC");
	ledger_patience(w->fill.ledger, 1);
	(void)snprintf(yaml, sizeof(yaml),
	               "follow: {commit: 1s, finish_after: 5s, rescan: 10s}\n"
	               "sources:\n  - {name: s, paths: '%s/logs/*', format: json, "
	               "fields: {time: time, model: model, input_tokens: input_tokens, "
	               "request_id: id}}\n",
	               w->fill.folder);
	w->config = config_parse(str_of(yaml), "test.yaml", &err);
	w->book = w->config ? book_open(w->config, &err) : NULL;
	w->source = w->book ? source_new(&w->config->sources[0], w->book, &err) : NULL;
	assert_string_equal(err.text, "");
	w->followed = w->source;
	(void)snprintf(yaml, sizeof(yaml), "%s/logs", w->fill.folder);
	assert_int_equal(mkdir(yaml, 0755), 0);
	begin_following(w);
}

static void close_world(struct world *w)
{
	follower_free(&w->follower);
	source_free(&w->source);
	book_free(&w->book);
	config_free(&w->config);
	fill_close(&w->fill);
}

/* Appends lines, of which each has a number of its own; `age`: seconds since it was changed. */
static void write_lines(struct world *w, const char *name, int first, int n, int age)
{
	char path[160];
	struct timespec times[2] = {{0}};
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/logs/%s", w->fill.folder, name);
	f = fopen(path, "ae");
	assert_non_null(f);
	for (int i = first; i < first + n; i++)
		(void)fprintf(f, LINE, i);
	assert_int_equal(fclose(f), 0);
	(void)clock_gettime(CLOCK_REALTIME, &times[0]);
	times[0].tv_sec -= age;
	times[1] = times[0];
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	follower_changed(w->follower, path, w->now);
}

static int64_t counted(struct world *w)
{
	return fill_number(&w->fill, "SELECT count(*) FROM call_rows", NULL);
}

static const struct tailed *file(const struct world *w, const char *name)
{
	const struct tailed *t;

	for (size_t i = 0; (t = follower_file(w->follower, i)) != NULL; i++)
		if (strcmp(strrchr(t->mark.path, '/') + 1, name) == 0)
			return t;
	fail_msg("%s is not followed", name);
	return NULL;
}

/* Turns until there is nothing to do at once. */
static void turn(struct world *w)
{
	while (follower_turn(w->follower, w->now))
		;
}

static void later(struct world *w, int64_t wait)
{
	w->now += wait;
	turn(w);
}

/* The turn in which new files are opened, before the first that may know what they are. */
static void open_files(struct world *w)
{
	turn(w);
	w->now += FIRST_TURNS_MS * TIME_MS;
}

/* ---- shares ---- */

static void test_a_large_file_leaves_the_others_their_turn(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	write_lines(&w, "large", 0, 100000, 60);
	write_lines(&w, "small", 900000, 1, 60);
	open_files(&w);
	assert_true(follower_turn(w.follower, w.now));
	assert_int_equal(file(&w, "small")->begin, LINE_BYTES);
	assert_true(file(&w, "large")->begin > 0);
	assert_true(file(&w, "large")->begin < 100000 * LINE_BYTES);
	turn(&w);
	later(&w, TIME_SEC);
	assert_int_equal(counted(&w), 100001);
	close_world(&w);
}

/* ---- what is new ---- */

static void test_a_young_file_waits_until_it_is_quiet(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	write_lines(&w, "young", 0, 1, 0);
	turn(&w);
	assert_int_equal(file(&w, "young")->mark.state, FILE_NEW);
	later(&w, TIME_SEC / 2);
	assert_int_equal(counted(&w), 0);
	later(&w, YOUNG_MS * TIME_MS);
	later(&w, TIME_SEC);
	assert_int_equal(file(&w, "young")->mark.state, FILE_READ);
	assert_int_equal(counted(&w), 1);
	close_world(&w);
}

static void test_one_that_is_always_written_at_waits_no_longer_than_finish_after(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	for (int i = 0; i < 8; i++) { /* too few bytes to tell it from others by */
		write_lines(&w, "busy", i, 1, 0);
		later(&w, TIME_SEC - TIME_MS);
		if (i < 4)
			assert_int_equal(file(&w, "busy")->mark.state, FILE_NEW);
	}
	later(&w, TIME_SEC);
	assert_int_equal(file(&w, "busy")->mark.state, FILE_READ);
	assert_int_equal(counted(&w), 8);
	close_world(&w);
}

static void test_one_that_has_grown_enough_waits_no_longer(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	write_lines(&w, "growing", 0, 1, 0);
	turn(&w);
	assert_int_equal(file(&w, "growing")->mark.state, FILE_NEW);
	w.now += TIME_MS;
	write_lines(&w, "growing", 1, MARK_BYTES / LINE_BYTES - 1, 0);
	turn(&w);
	assert_int_equal(file(&w, "growing")->mark.state, FILE_NEW);
	w.now += TIME_MS;
	write_lines(&w, "growing", MARK_BYTES / LINE_BYTES, 1, 0);
	turn(&w);
	assert_int_equal(file(&w, "growing")->mark.state, FILE_READ);
	later(&w, TIME_SEC);
	assert_int_equal(counted(&w), MARK_BYTES / LINE_BYTES + 1);
	close_world(&w);
}

static void test_what_was_truncated_is_new_and_may_be_a_copy(void **state)
{
	struct world w;
	char path[160];

	(void)state;
	open_world(&w);
	write_lines(&w, "app.log", 0, 2, 60);
	write_lines(&w, "app.log.1", 10, 4, 60);
	open_files(&w);
	later(&w, TIME_SEC);
	assert_int_equal(counted(&w), 6);
	(void)snprintf(path, sizeof(path), "%s/logs/app.log.1", w.fill.folder);
	assert_int_equal(truncate(path, 0), 0);
	write_lines(&w, "app.log.1", 0, 2, 0); /* as app.log has it */
	turn(&w);
	assert_int_equal(file(&w, "app.log.1")->mark.state, FILE_NEW);
	later(&w, YOUNG_MS * TIME_MS);
	later(&w, TIME_SEC);
	assert_int_equal(counted(&w), 6);
	write_lines(&w, "app.log.1", 20, 1, 0);
	later(&w, TIME_SEC);
	assert_int_equal(counted(&w), 7);
	close_world(&w);
}

/* ---- commits ---- */

static sqlite3 *lock(struct world *w)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(w->fill.path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	return db;
}

static void test_a_commit_that_fails_is_tried_again(void **state)
{
	struct world w;
	sqlite3 *db;

	(void)state;
	open_world(&w);
	write_lines(&w, "app.log", 0, 3, 60);
	later(&w, TIME_SEC);
	db = lock(&w);
	write_lines(&w, "app.log", 3, 2, 60);
	later(&w, TIME_SEC);
	assert_non_null(strstr(w.last_said, "what was read is kept and tried again"));
	assert_string_not_equal(w.failure, "");
	assert_int_equal(follower_deadline(w.follower, w.now), w.now + RETRY_MS * TIME_MS);
	later(&w, RETRY_MS * TIME_MS);
	assert_string_not_equal(w.failure, "");
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	later(&w, RETRY_MS * TIME_MS);
	assert_string_equal(w.last_said, "commits succeed again");
	assert_string_equal(w.failure, "");
	assert_int_equal(counted(&w), 5);
	close_world(&w);
}

static void test_what_cannot_be_committed_is_bounded(void **state)
{
	enum { LINES = 400000 }; /* of which a batch holds but a part */
	struct world w;
	sqlite3 *db;

	(void)state;
	open_world(&w);
	write_lines(&w, "app.log", 0, LINES, 60);
	db = lock(&w);
	for (int i = 0; i < 100; i++) {
		w.now += RETRY_MS * TIME_MS;
		(void)follower_turn(w.follower, w.now);
	}
	assert_true(batch_bytes(w.follower->hand.batch) >= FOLLOW_BATCH_BYTES);
	assert_true(batch_bytes(w.follower->hand.batch) < 2 * FOLLOW_BATCH_BYTES);
	assert_true(file(&w, "app.log")->begin < (int64_t)LINES * LINE_BYTES);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	later(&w, RETRY_MS * TIME_MS);
	later(&w, TIME_SEC);
	assert_int_equal(counted(&w), LINES);
	close_world(&w);
}

/* ---- descriptors ---- */

static void test_without_descriptors_a_file_is_tried_again(void **state)
{
	struct world w;
	struct rlimit limit, none;

	(void)state;
	open_world(&w);
	turn(&w); /* the database has what it needs */
	write_lines(&w, "app.log", 0, 3, 60);
	later(&w, NEW_FILES_MS * TIME_MS);
	later(&w, TIME_SEC);
	write_lines(&w, "more.log", 3, 3, 60);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = (struct rlimit){0, limit.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	later(&w, NEW_FILES_MS * TIME_MS);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_non_null(strstr(w.last_said, "Too many open files"));
	assert_int_equal(counted(&w), 3);
	later(&w, 10 * TIME_SEC); /* the next search */
	later(&w, TIME_SEC);
	assert_int_equal(counted(&w), 6);
	close_world(&w);
}

/* ---- what is due ---- */

static void test_an_idle_follower_sleeps_until_its_next_search(void **state)
{
	struct world w;
	int64_t searched;

	(void)state;
	open_world(&w);
	searched = w.now;
	turn(&w);
	assert_int_equal(follower_deadline(w.follower, w.now), searched + 10 * TIME_SEC);
	write_lines(&w, "app.log", 0, 1, 60);
	assert_int_equal(follower_deadline(w.follower, w.now), w.now + NEW_FILES_MS * TIME_MS);
	later(&w, NEW_FILES_MS * TIME_MS);
	later(&w, TIME_SEC);
	assert_int_equal(counted(&w), 1);
	assert_true(follower_deadline(w.follower, w.now) > w.now + 5 * TIME_SEC);
	close_world(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_large_file_leaves_the_others_their_turn),
		cmocka_unit_test(test_a_young_file_waits_until_it_is_quiet),
		cmocka_unit_test(
			test_one_that_is_always_written_at_waits_no_longer_than_finish_after),
		cmocka_unit_test(test_one_that_has_grown_enough_waits_no_longer),
		cmocka_unit_test(test_what_was_truncated_is_new_and_may_be_a_copy),
		cmocka_unit_test(test_a_commit_that_fails_is_tried_again),
		cmocka_unit_test(test_what_cannot_be_committed_is_bounded),
		cmocka_unit_test(test_without_descriptors_a_file_is_tried_again),
		cmocka_unit_test(test_an_idle_follower_sleeps_until_its_next_search),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
