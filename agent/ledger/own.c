#include "agent/ledger/own.h"

#include "agent/base/buf.h"

static bool is_file(const char *path, const struct stat *st)
{
	struct stat own;

	return stat(path, &own) == 0 && own.st_ino == st->st_ino && own.st_dev == st->st_dev;
}

/* Whether it lies in the archive: its folder is one of a year in there. */
static bool is_archived(const char *database, const char *path)
{
	struct buf folder = {0};
	struct stat st;
	const char *slash = strrchr(path, '/');
	bool yes = false;

	if (slash == NULL)
		return false;
	buf_bytes(&folder, path, (size_t)(slash - path));
	buf_puts(&folder, "/..");
	if (stat(folder.p, &st) == 0) {
		buf_clear(&folder);
		buf_printf(&folder, "%s.archive", database);
		yes = is_file(folder.p, &st);
	}
	buf_free(&folder);
	return yes;
}

bool ledger_owns(const char *database, const char *path, const struct stat *st)
{
	static const char *const suffixes[] = {"", "-wal", "-shm", "-journal", ".lock"};
	struct buf own = {0};
	bool found = is_archived(database, path);

	for (size_t i = 0; !found && i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		buf_clear(&own);
		buf_printf(&own, "%s%s", database, suffixes[i]);
		found = is_file(own.p, st);
	}
	buf_free(&own);
	return found;
}
