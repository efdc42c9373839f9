#include "agent/ledger/own.h"

#include "agent/base/buf.h"

bool ledger_owns(const char *database, const struct stat *st)
{
	static const char *const suffixes[] = {"", "-wal", "-shm", "-journal", ".lock"};
	struct buf path = {0};
	struct stat own;
	bool found = false;

	for (size_t i = 0; !found && i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		buf_clear(&path);
		buf_printf(&path, "%s%s", database, suffixes[i]);
		found = stat(path.p, &own) == 0 && own.st_ino == st->st_ino &&
		        own.st_dev == st->st_dev;
	}
	buf_free(&path);
	return found;
}
