/*
 * The days of the archive. Each is read once, call by call. When the first call of a day changes, a
 * new file is begun with the calls before it, which are read again, and from there on every call
 * goes to both: so a day in which nothing changes costs no writing, and no day is held in memory.
 * Calls that count no longer are neither priced nor written, as by a rotation (rotate.c).
 *
 * All days and the database are one transaction, whose commit decides which files count. A process
 * that is killed
 *
 *   before the first file gets its name leaves NAME.new of some days. The ledger knows nothing of
 *   them: its totals and its calls, in the database and in the files, are those of before.
 *
 *   between the first name and the commit leaves new files of some days, each with the old one as
 *   NAME.before. The ledger knows the old ones, by the time at which they were made: whoever reads
 *   finds them beside, and whoever writes puts them back first (segment_settle).
 *
 *   behind the commit leaves the same files, of which the ledger now knows the new ones: the old
 *   ones are removed by who writes next.
 *
 * Nothing is between: the commit is on disk before the first old file is removed, and new files and
 * their names are on disk before the commit. Until then there has to be room for both. What a kill
 * leaves of days that nobody writes again is tidied by the next rotation (rotation_tidy).
 */
#include <stdlib.h>

#include "agent/ledger/reprice_inner.h"

/* A day on its way. */
struct day {
	struct repricing *r;
	const struct segment *known;
	struct segment_calls *calls;
	struct segment_writer *new; /* NULL: nothing of the day has changed so far */
	int64_t passed;             /* calls before the one that is looked at */
	bool changed;
};

/* Why a day cannot be read, and what to do. */
static bool unreadable(const struct err *why, struct err *err)
{
	return err_set(
		err,
		"%s; nothing was changed: bring the file back from a copy (`tokentail "
		"archive verify` finds all damage), or leave its day out with --since and --until",
		why->text);
}

/* ---- the new file ---- */

/* Whether a call of the day may keep the price of an earlier book. */
static bool is_in_part(const struct day *d)
{
	const struct repricing *r = d->r;

	return r->options->query.where_n > 0 || d->known->day * TIME_DAY < r->result->since ||
	       (d->known->day + 1) * TIME_DAY > r->result->until;
}

static struct segment_writer *create(struct day *d, struct err *err)
{
	const struct reprice *o = d->r->options;
	struct buf prices = {0};
	struct segment_writer *w;

	segment_join_prices(&prices, is_in_part(d) ? segment_calls_prices(d->calls) : STR(""),
	                    o->prices);
	w = segment_create(o->archive, d->known->day, buf_view(&prices), err);
	buf_free(&prices);
	return w;
}

/* The calls before the first one that changes, as they were. */
static bool put_passed(struct day *d, struct err *err)
{
	struct segment_calls *calls =
		segment_calls_open(&d->r->l->sql, d->r->options->archive, d->known, err);
	bool more = true, good = calls != NULL;
	struct archived a;

	for (int64_t i = 0; good && i < d->passed; i++)
		good = segment_calls_next(calls, &a, &more, err) && segment_put(d->new, &a, err);
	segment_calls_close(&calls);
	return good;
}

static bool begin(struct day *d, struct err *err)
{
	if (d->new)
		return true;
	d->new = create(d, err);
	return d->new &&put_passed(d, err);
}

/* It is flushed, and read back from the disk to its end, where its sums are compared. */
static bool finish(struct day *d, struct err *err)
{
	struct repricing *r = d->r;
	struct rewritten *x;

	if (d->new == NULL)
		return true;
	r->rewritten =
		array_room(r->rewritten, r->rewritten_n, &r->rewritten_room, sizeof(*r->rewritten));
	x = &r->rewritten[r->rewritten_n++];
	*x = (struct rewritten){.known = *d->known};
	return segment_finish(d->new, &x->new, err) &&
	       segment_verify_new(r->options->archive, &x->new, err);
}

/* ---- the calls ---- */

/* GROUP_NONE for a call that is not asked for, by the same rules as in the database. */
static bool find_group(struct repricing *r, const struct archived *a, uint32_t *group,
                       struct err *err)
{
	int64_t quarter = scan_quarter_of(a->call.time);
	bool is_error;

	*group = GROUP_NONE;
	if (a->call.time < r->result->since || a->call.time >= r->result->until)
		return true;
	if (!query_of_sessions(&r->options->query))
		quarter = scan_total_time(&r->totals, quarter);
	return scan_archived_group(&r->grouping, a, quarter, group, &is_error, err);
}

static bool change(struct day *d, const struct archived *a, const struct call *after,
                   struct err *err)
{
	struct repricing *r = d->r;

	d->changed = true;
	if (r->options->dry)
		return true;
	reprice_add(r, a->source, &a->call, 0, after);
	return begin(d, err) && (r->changes_n < REPRICE_ROUND || reprice_write(r, err));
}

static bool pass(struct day *d, const struct archived *a, struct err *err)
{
	struct archived after = *a;
	uint32_t group;

	if (!find_group(d->r, a, &group, err))
		return false;
	d->r->result->archived += group != GROUP_NONE;
	if (group != GROUP_NONE && reprice_call(d->r, group, a->source, &a->call, &after.call) &&
	    !change(d, a, &after.call, err))
		return false;
	d->passed++;
	return d->new == NULL || segment_put(d->new, &after, err);
}

static bool pass_all(struct day *d, struct err *err)
{
	struct archived a;
	struct err why = {0};
	bool more = true;

	while (more) {
		if (!segment_calls_next(d->calls, &a, &more, &why))
			return unreadable(&why, err);
		if (more && !pass(d, &a, err))
			return false;
	}
	return true;
}

static bool open_day(struct day *d, struct err *err)
{
	struct repricing *r = d->r;
	const char *folder = r->options->archive;
	struct err why = {0};

	if (r->options->dry || segment_settle(folder, d->known->day, d->known, &why))
		d->calls = segment_calls_open(&r->l->sql, folder, d->known, &why);
	return d->calls || unreadable(&why, err);
}

static bool reprice_day(struct repricing *r, const struct segment *known, struct err *err)
{
	struct day d = {.r = r, .known = known};
	bool good = open_day(&d, err) && pass_all(&d, err) && finish(&d, err);

	r->result->segments += d.changed;
	segment_writer_free(&d.new);
	segment_calls_close(&d.calls);
	return good;
}

bool reprice_archive(struct repricing *r, struct err *err)
{
	const struct reprice_result *t = r->result;
	struct segment *all;
	size_t n;
	bool good = true;

	if (t->until <= 0 || t->until <= t->since)
		return true;
	if (!segments_load(&r->l->sql, t->since > 0 ? segment_day(t->since) : 0,
	                   segment_day(t->until - 1), &all, &n, err))
		return false;
	for (size_t i = 0; good && i < n; i++)
		good = reprice_day(r, &all[i], err);
	free(all);
	return good && reprice_write(r, err);
}

/* ---- which file counts ---- */

bool reprice_publish(struct repricing *r, struct err *err)
{
	struct sql *sql = &r->l->sql;

	for (size_t i = 0; i < r->rewritten_n; i++) {
		const struct segment *new = &r->rewritten[i].new;

		if (!segment_publish(r->options->archive, new->day, err) ||
		    !superseded_clear(sql, new->day, err) || !segments_set(sql, new, err))
			return false;
	}
	return true;
}

void reprice_settle(struct repricing *r, bool committed)
{
	struct err ignored = {0}; /* a mere tidying: if it does not succeed, the next one does it */

	for (size_t i = 0; i < r->rewritten_n; i++) {
		const struct rewritten *x = &r->rewritten[i];

		(void)segment_settle(r->options->archive, x->known.day,
		                     committed ? &x->new : &x->known, &ignored);
	}
}
