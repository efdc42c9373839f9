/*
 * Opening and closing. A writer holds PATH.lock as long as it lives. A reader changes nothing on
 * disk: while nobody writes it opens the file as immutable, for SQLite would otherwise make the
 * -wal and -shm files beside it, and holds the lock shared so that nobody begins to write under it;
 * while somebody writes, these files are there and it reads through them.
 */
#include "agent/ledger/ledger.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/mem.h"
#include "agent/config/files.h"
#include "agent/ledger/inner.h"
#include "agent/ledger/lock.h"
#include "agent/ledger/schema.h"

enum {
	BUSY_PAUSE_MS = 20,
	READ_BUSY_MS = 1000, /* another process recovers the log, or ends: done in a moment */
	HASH_HEX = 32,       /* digits of a hash key */
};

static const char META_ADD[] = "INSERT INTO meta VALUES (?, ?)";
static const char META_GET[] = "SELECT value FROM meta WHERE name = ?";

/* Before the first table is made: 8 KiB pages write many neighbouring rows with fewer of them. */
static const char NEW_SETTINGS[] =
	"PRAGMA page_size = 8192; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;";
static const char WRITE_SETTINGS[] =
	"PRAGMA synchronous = NORMAL; PRAGMA cache_size = -12288; PRAGMA temp_store = MEMORY; "
	"PRAGMA wal_autocheckpoint = 4000; PRAGMA trusted_schema = OFF;";
static const char READ_SETTINGS[] =
	"PRAGMA query_only = ON; PRAGMA cache_size = -12288; PRAGMA temp_store = MEMORY; "
	"PRAGMA trusted_schema = OFF;";

/* ---- meta ---- */

/* The value of a name, in l->text. */
static bool meta_get(struct ledger *l, struct str name, struct err *err)
{
	sqlite3_stmt *st = sql_statement(&l->sql, META_GET, err);
	bool row, more;

	if (st == NULL)
		return false;
	sql_bind_text(st, 1, name);
	if (!sql_next(&l->sql, st, &row, err))
		return false;
	if (!row)
		return err_set(err, "%s is damaged: it has no %s", l->sql.path, name.p);
	buf_clear(&l->text);
	buf_str(&l->text, sql_column_text(st, 0));
	return sql_next(&l->sql, st, &more, err);
}

static bool meta_add(struct ledger *l, struct str name, const char *value, struct err *err)
{
	sqlite3_stmt *st = sql_statement(&l->sql, META_ADD, err);

	if (st == NULL)
		return false;
	sql_bind_text(st, 1, name);
	sql_bind_text(st, 2, str_of(value));
	return sql_done(&l->sql, st, err);
}

static bool meta_fill(struct ledger *l, const char *zone, struct err *err)
{
	struct hash_key key;
	char hex[HASH_HEX + 1];

	if (getrandom(&key, sizeof(key), 0) != sizeof(key))
		return err_set(err, "the system gives no random bytes: %s", strerror(errno));
	(void)snprintf(hex, sizeof(hex), "%016llx%016llx", (unsigned long long)key.k0,
	               (unsigned long long)key.k1);
	return meta_add(l, STR("zone"), zone, err) && meta_add(l, STR("key"), hex, err) &&
	       meta_add(l, STR("volume"), "0", err) &&
	       sql_run(&l->sql,
	               "INSERT INTO meta VALUES ('created', strftime('%Y-%m-%dT%H:%M:%SZ'))", err);
}

static bool read_key(const char *hex, struct hash_key *ret)
{
	char half[HASH_HEX / 2 + 1] = {0};

	if (strlen(hex) != HASH_HEX || strspn(hex, "0123456789abcdef") != HASH_HEX)
		return false;
	memcpy(half, hex, HASH_HEX / 2);
	ret->k0 = strtoull(half, NULL, 16);
	ret->k1 = strtoull(hex + HASH_HEX / 2, NULL, 16);
	return true;
}

static bool meta_read(struct ledger *l, struct err *err)
{
	if (!meta_get(l, STR("zone"), err))
		return false;
	l->zone = zone_open(l->text.p, err);
	if (l->zone == NULL || !meta_get(l, STR("key"), err))
		return false;
	if (!read_key(l->text.p, &l->key))
		return err_set(err, "%s is damaged: its hash key", l->sql.path);
	if (!meta_get(l, STR("volume"), err))
		return false;
	l->volume = strtoll(l->text.p, NULL, 10);
	return fold_read(l, err);
}

/* The name of a source's row. */
static const char FIRST_READ[] = "start of ";

bool ledger_first_read(struct ledger *l, const char *source, int64_t now, int64_t *ret,
                       struct err *err)
{
	sqlite3_stmt *get = sql_statement(&l->sql, META_GET, err);
	struct buf name = {0};
	char text[24];
	bool row = false, good = get != NULL;

	*ret = now;
	buf_puts(&name, FIRST_READ);
	buf_puts(&name, source);
	if (good) {
		sql_bind_text(get, 1, buf_view(&name));
		good = sql_next(&l->sql, get, &row, err);
	}
	if (good && row) {
		*ret = sqlite3_column_int64(get, 0);
		(void)sqlite3_reset(get);
	} else if (good) {
		(void)snprintf(text, sizeof(text), "%lld", (long long)now);
		good = meta_add(l, buf_view(&name), text, err);
	}
	buf_free(&name);
	return good;
}

/* ---- opening ---- */

static struct ledger *ledger_new(const char *path)
{
	struct ledger *l = xcalloc(1, sizeof(*l));

	l->lock = -1;
	l->sql.path = xstrdup(path);
	return l;
}

static void unlock(struct ledger *l)
{
	if (l->lock >= 0)
		(void)close(l->lock);
	l->lock = -1;
}

static bool connect(struct ledger *l, const char *name, int flags, int busy_ms, struct err *err)
{
	if (sqlite3_open_v2(name, &l->sql.db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return sql_failed(&l->sql, err);
	(void)sqlite3_busy_timeout(l->sql.db, busy_ms);
	return true;
}

/* A new database gets its tables and its facts in one go: a kill between leaves an empty file. */
static bool set_up(struct ledger *l, const char *zone_text, struct err *err)
{
	struct zone *zone = zone_open(zone_text, err);
	int version = schema_version(l->sql.db, err);
	bool ok = zone && version >= 0;

	if (ok && version == 0)
		ok = sql_run(&l->sql, NEW_SETTINGS, err);
	ok = ok && sql_run(&l->sql, WRITE_SETTINGS, err);
	if (ok && version == 0)
		ok = sql_run(&l->sql, "BEGIN IMMEDIATE", err) && schema_migrate(l->sql.db, err) &&
		     meta_fill(l, zone_name(zone), err) && sql_run(&l->sql, "COMMIT", err);
	else if (ok)
		ok = schema_migrate(l->sql.db, err);
	zone_free(&zone);
	return ok;
}

/* SQLite's code for what failed on a connection that is made to write. One that another program has
 * locked can write. */
static int why_not_writable(struct ledger *l, bool good)
{
	int code = sqlite3_errcode(l->sql.db);

	if (good) {
		(void)sqlite3_busy_timeout(l->sql.db, 0);
		code = sqlite3_exec(l->sql.db, "BEGIN IMMEDIATE; ROLLBACK", NULL, NULL, NULL);
		(void)sqlite3_busy_timeout(l->sql.db, LEDGER_BUSY_MS);
		if (sqlite3_db_readonly(l->sql.db, "main") == 1) /* it begins all the same */
			code = SQLITE_READONLY;
	}
	return (code & 0xff) == SQLITE_BUSY ? SQLITE_OK : code & 0xff;
}

/*
 * When root looks at the database of another user with a program that writes, SQLite makes its -wal
 * and -shm files as root's and gives them to the database's owner a moment later. A connection of
 * the owner that is made in that moment cannot write, ever, and is made again.
 */
static bool connect_write(struct ledger *l, const char *zone, struct err *err)
{
	const struct timespec pause = {.tv_nsec = BUSY_PAUSE_MS * 1000000L};
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;

	for (int waited = 0;; waited += BUSY_PAUSE_MS) {
		bool good =
			connect(l, l->sql.path, flags, LEDGER_BUSY_MS, err) && set_up(l, zone, err);
		int why = why_not_writable(l, good);

		if (good && why == SQLITE_OK)
			return true;
		if ((why != SQLITE_READONLY && why != SQLITE_CANTOPEN) || waited >= READ_BUSY_MS)
			return good ? sql_error(&l->sql, why, err) : false;
		(void)sqlite3_close(l->sql.db);
		l->sql.db = NULL;
		(void)nanosleep(&pause, NULL);
	}
}

/* The lock is held. */
static bool open_locked(struct ledger *l, const char *zone, struct err *err)
{
	if (!connect_write(l, zone, err) || !meta_read(l, err))
		return false;
	if (feed_register(l->sql.db, &l->feed) != SQLITE_OK)
		return sql_failed(&l->sql, err);
	names_open(&l->names, &l->sql, &l->feed);
	return true;
}

static bool open_write(struct ledger *l, const char *zone, struct err *err)
{
	const char *path = l->sql.path;

	if (!files_make_folders(path, err))
		return false;
	l->lock = lock_write(path, LEDGER_BUSY_MS, err);
	return l->lock >= 0 && open_locked(l, zone, err);
}

struct ledger *ledger_open(const char *path, const char *zone, struct err *err)
{
	struct ledger *l = ledger_new(path);

	if (!open_write(l, zone, err))
		ledger_close(&l);
	return l;
}

struct ledger *ledger_open_beside(const struct ledger *l, struct err *err)
{
	struct ledger *beside = ledger_new(l->sql.path);

	if (!open_locked(beside, zone_name(l->zone), err))
		ledger_close(&beside);
	return beside;
}

/* Whether there is a write-ahead log with something in it. */
static bool has_log(const char *path)
{
	struct buf name = {0};
	struct stat st;
	bool yes;

	buf_printf(&name, "%s-wal", path);
	yes = stat(name.p, &st) == 0 && st.st_size > 0;
	buf_free(&name);
	return yes;
}

/* "file:PATH?immutable=1" with what a URI cannot hold escaped. */
static void immutable_name(const char *path, struct buf *ret)
{
	buf_puts(ret, "file:");
	for (; *path; path++) {
		if (strchr("%?#", *path))
			buf_printf(ret, "%%%02x", (unsigned)(unsigned char)*path);
		else
			buf_char(ret, *path);
	}
	buf_puts(ret, "?immutable=1");
}

static bool connect_read(struct ledger *l, struct err *err)
{
	const char *path = l->sql.path;
	struct buf name = {0};
	bool is_written, ok;

	l->lock = lock_read(path, &is_written);
	if (is_written || has_log(path)) {
		unlock(l); /* SQLite's own locks do */
		return connect(l, path, SQLITE_OPEN_READONLY, READ_BUSY_MS, err);
	}
	immutable_name(path, &name);
	ok = connect(l, name.p, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, READ_BUSY_MS, err);
	buf_free(&name);
	return ok;
}

static bool open_read(struct ledger *l, struct err *err)
{
	const char *path = l->sql.path;
	int version;

	if (access(path, F_OK) != 0)
		return err_set(err, "%s: no database yet; `tokentail backfill` makes one", path);
	if (!connect_read(l, err))
		return false;
	version = schema_version(l->sql.db, err);
	if (version < 0)
		return false;
	if (version == 0)
		return err_set(err, "%s: no database yet; `tokentail backfill` makes one", path);
	if (version != SCHEMA_VERSION)
		return err_set(err,
		               "%s: written by %s tokentail (version %d, this one reads %d); %s",
		               path, version > SCHEMA_VERSION ? "a newer" : "an older", version,
		               SCHEMA_VERSION,
		               version > SCHEMA_VERSION ? "install the newer one"
		                                        : "`tokentail backfill` brings it up");
	return sql_run(&l->sql, READ_SETTINGS, err) && meta_read(l, err);
}

struct ledger *ledger_open_read(const char *path, struct err *err)
{
	struct ledger *l = ledger_new(path);

	if (!open_read(l, err))
		ledger_close(&l);
	return l;
}

void ledger_archive_old(struct ledger *l, const char *folder, struct str prices, int64_t before)
{
	l->old = (struct old_calls){folder, prices, before};
}

static int wait_until(void *arg, int attempts)
{
	atomic_bool *stop = arg;
	const struct timespec pause = {.tv_nsec = BUSY_PAUSE_MS * 1000000L};

	if (atomic_load(stop) || attempts >= LEDGER_BUSY_MS / BUSY_PAUSE_MS)
		return 0;
	(void)nanosleep(&pause, NULL);
	return 1;
}

void ledger_patience_until(struct ledger *l, atomic_bool *stop)
{
	(void)sqlite3_busy_handler(l->sql.db, wait_until, stop);
}

void ledger_patience(struct ledger *l, int wait_ms)
{
	(void)sqlite3_busy_timeout(l->sql.db, wait_ms);
}

void ledger_close(struct ledger **lp)
{
	struct ledger *l = *lp;

	*lp = NULL;
	if (l == NULL)
		return;
	sql_close(&l->sql);
	names_close(&l->names);
	items_free(&l->items);
	items_free(&l->winners);
	free(l->winner_calls);
	free(l->coverage.v);
	table_free(&l->coverage.index);
	buf_free(&l->text);
	zone_free(&l->zone);
	unlock(l);
	free(l);
}

const struct zone *ledger_zone(const struct ledger *l)
{
	return l->zone;
}

struct hash_key ledger_key(const struct ledger *l)
{
	return l->key;
}

struct sqlite3 *ledger_db(struct ledger *l)
{
	return l->sql.db;
}
