/*
 * Names, sums, and which of two files of a day is the one that counts. A new version of a segment
 * takes the name of the old one, which is kept beside it until the ledger knows the new one: so
 * that at any moment one of the two is what the ledger says.
 */
#include "agent/archive/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/archive/segment_inner.h"
#include "agent/base/zone.h"

bool segment_sums_eq(const struct segment_sums *a, const struct segment_sums *b)
{
	return a->calls == b->calls && a->input == b->input && a->output == b->output &&
	       a->cost == b->cost && a->content == b->content && hash128_eq(a->check, b->check);
}

void segment_sums_add(struct segment_sums *to, const struct segment_sums *add)
{
	to->calls += add->calls;
	to->input += add->input;
	to->output += add->output;
	to->cost += add->cost;
	to->content += add->content;
	to->check.lo += add->check.lo;
	to->check.hi += add->check.hi;
}

void segment_count(struct segment_sums *s, const struct call *c, struct str line)
{
	const struct segment_sums one = {.calls = 1,
	                                 .input = call_count(c, COUNT_INPUT),
	                                 .output = call_count(c, COUNT_OUTPUT),
	                                 .cost = c->cost,
	                                 .content = (int64_t)line.n,
	                                 .check = hash128(HASH_PLAIN, line)};

	segment_sums_add(s, &one);
}

int64_t segment_day(int64_t time)
{
	return time / TIME_DAY;
}

void segment_date(int64_t day, char out[SEGMENT_DATE])
{
	const struct civil c = civil_of(day * TIME_DAY);

	(void)snprintf(out, SEGMENT_DATE, "%04d-%02d-%02d", (int)c.year, c.month, c.day);
}

void segment_name(struct buf *out, int64_t day)
{
	char date[SEGMENT_DATE];

	segment_date(day, date);
	buf_printf(out, "%.4s/calls-%s.jsonl.gz", date, date);
}

char *segment_path(const char *folder, int64_t day, const char *suffix)
{
	struct buf path = {0};

	buf_puts(&path, folder);
	buf_char(&path, '/');
	segment_name(&path, day);
	buf_puts(&path, suffix);
	return path.p;
}

bool segment_failed(struct err *err, const char *path, const char *what)
{
	return err_set(err, "%s: %s: %s", path, what, strerror(errno));
}

/* The first name of a list, which is cut off it. */
static struct str cut_name(struct str *list)
{
	const char *end = memchr(list->p, ' ', list->n);
	struct str name = {list->p, end ? (size_t)(end - list->p) : list->n};
	size_t used = end ? name.n + 1 : name.n;

	list->p += used;
	list->n -= used;
	return name;
}

void segment_join_prices(struct buf *out, struct str old, struct str add)
{
	size_t begin = out->n;

	while (old.n) {
		bool fits = old.n + 1 + add.n <= PRICES_MAX;
		struct str name = cut_name(&old);

		if (!fits || name.n == 0 || str_eq(name, add))
			continue;
		buf_str(out, name);
		buf_char(out, ' ');
	}
	if (add.n == 0 && out->n > begin)
		out->n--;
	buf_str(out, add);
}

/* ---- which one counts ---- */

/* When the segment of this name was made; -1: it is none, or not there. */
static int64_t made_at(const char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	int64_t made = fd >= 0 ? segment_made(fd, NULL) : -1;

	if (fd >= 0)
		(void)close(fd);
	return made;
}

static bool remove_file(const char *path, struct err *err)
{
	return unlink(path) == 0 || errno == ENOENT ||
	       segment_failed(err, path, "cannot be removed");
}

static bool settle(const char *now, const char *before, const struct segment *known,
                   struct err *err)
{
	if (known == NULL || made_at(now) == known->made)
		return remove_file(before, err);
	if (made_at(before) != known->made)
		return err_set(
			err,
			"%s is missing, or not the one that the database knows; bring it back "
			"from a copy, then `tokentail archive verify`",
			now);
	return rename(before, now) == 0 || segment_failed(err, now, "cannot be put back");
}

bool segment_settle(const char *folder, int64_t day, const struct segment *known, struct err *err)
{
	char *now = segment_path(folder, day, "");
	char *before = segment_path(folder, day, SUFFIX_BEFORE);
	char *new = segment_path(folder, day, SUFFIX_NEW);
	bool good = remove_file(new, err) && settle(now, before, known, err);

	free(now);
	free(before);
	free(new);
	return good;
}

static const char *const beside[] = {SUFFIX_NEW, SUFFIX_BEFORE};

bool segment_is_unsettled(const char *folder, int64_t day)
{
	bool any = false;

	for (size_t i = 0; i < 2; i++) {
		char *path = segment_path(folder, day, beside[i]);

		any |= access(path, F_OK) == 0;
		free(path);
	}
	return any;
}

void segment_remove(const char *folder, int64_t day)
{
	char *path = segment_path(folder, day, "");

	(void)unlink(path);
	free(path);
	for (size_t i = 0; i < 2; i++) {
		path = segment_path(folder, day, beside[i]);
		(void)unlink(path);
		free(path);
	}
}
