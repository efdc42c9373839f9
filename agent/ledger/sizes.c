#include "agent/ledger/sizes.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include "agent/base/buf.h"
#include "agent/ledger/inner.h"

enum { DAYS_LOOKED_AT = 14, DAYS_KEPT = 60 };

static const char ARCHIVE_BYTES[] = "SELECT coalesce(sum(bytes), 0) FROM segments";
static const char FIRST_NOTE[] =
	"SELECT time, bytes FROM sizes WHERE day >= ? ORDER BY day LIMIT 1";
static const char NOTE[] = "INSERT OR IGNORE INTO sizes (day, time, bytes) VALUES (?, ?, ?)";
static const char NOTES_FORGET[] = "DELETE FROM sizes WHERE day < ?";

static int64_t bytes_on_disk(const char *database)
{
	static const char *const parts[] = {"", "-wal", "-shm"};
	struct buf path = {0};
	int64_t bytes = 0;
	struct stat st;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		buf_clear(&path);
		buf_printf(&path, "%s%s", database, parts[i]);
		if (stat(path.p, &st) == 0)
			bytes += st.st_size;
	}
	buf_free(&path);
	return bytes;
}

static int64_t free_on_disk(const char *database)
{
	struct statvfs disk;

	if (statvfs(database, &disk) != 0)
		return -1;
	return (int64_t)(disk.f_bavail * disk.f_frsize);
}

static bool find_growth(struct ledger *l, int64_t now, struct sizes *s, struct err *err)
{
	sqlite3_stmt *st = sql_statement(&l->sql, FIRST_NOTE, err);
	const int64_t day = TIME_DAY;
	int64_t time, bytes;
	bool row;

	s->growth = -1;
	if (st == NULL)
		return false;
	(void)sqlite3_bind_int64(st, 1, now / TIME_DAY - DAYS_LOOKED_AT);
	if (!sql_next(&l->sql, st, &row, err))
		return false;
	if (!row)
		return true;
	time = sqlite3_column_int64(st, 0);
	bytes = sqlite3_column_int64(st, 1);
	(void)sqlite3_reset(st);
	if (now - time < TIME_DAY * 3 / 4)
		return true; /* too short to tell */
	s->growth = (int64_t)((wide)(s->database + s->archive - bytes) * day / (now - time));
	if (s->growth < 0)
		s->growth = 0;
	return true;
}

bool ledger_sizes(struct ledger *l, int64_t now, struct sizes *ret, struct err *err)
{
	ret->database = bytes_on_disk(l->sql.path);
	ret->free = free_on_disk(l->sql.path);
	return sql_ask(&l->sql, ARCHIVE_BYTES, &ret->archive, err) && find_growth(l, now, ret, err);
}

bool ledger_note_sizes(struct ledger *l, int64_t now, struct err *err)
{
	sqlite3_stmt *note = sql_statement(&l->sql, NOTE, err);
	sqlite3_stmt *forget = sql_statement(&l->sql, NOTES_FORGET, err);
	struct sizes s;

	if (note == NULL || forget == NULL || !ledger_sizes(l, now, &s, err))
		return false;
	sql_bind_ints(note, 1, (const int64_t[]){now / TIME_DAY, now, s.database + s.archive}, 3);
	sql_bind_ints(forget, 1, (const int64_t[]){now / TIME_DAY - DAYS_KEPT}, 1);
	return sql_done(&l->sql, note, err) && sql_done(&l->sql, forget, err);
}
