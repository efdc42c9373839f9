#include "agent/commands/stuck.h"

#include <inttypes.h>

#include "agent/base/mem.h"
#include "agent/commands/show.h"

static bool commits_fail(const struct status *s)
{
	return s->live == LIVE_AGENT && s->agent.agent.failing >= STUCK_COMMITS_SECONDS * TIME_SEC;
}

/* STUCK_KINDS: it is not. */
static enum stuck_kind kind_of(const struct status *s, const struct status_file *f)
{
	if (f->state == FILE_CORRUPT)
		return STUCK_CORRUPT;
	if (f->blocked)
		return STUCK_BLOCKED;
	if (s->live == LIVE_AGENT && s->agent.agent.failing == 0 && f->lag > 0 &&
	    f->waits >= STUCK_BEHIND_SECONDS * TIME_SEC)
		return STUCK_BEHIND;
	return STUCK_KINDS;
}

static void add(struct status *s, enum stuck_kind kind, const struct status_file *f)
{
	s->stuck = array_room(s->stuck, s->stuck_n, &s->stuck_room, sizeof(*s->stuck));
	s->stuck[s->stuck_n++] = (struct stuck){kind, f};
}

void stuck_find(struct status *s)
{
	if (s->live == LIVE_SILENT)
		add(s, STUCK_SILENT, NULL);
	if (commits_fail(s))
		add(s, STUCK_COMMITS, NULL);
	if (s->live == LIVE_AGENT && s->agent.agent.archive_failing)
		add(s, STUCK_ARCHIVE, NULL);
	for (size_t i = 0; i < s->files_n; i++) {
		enum stuck_kind kind = kind_of(s, &s->files[i]);

		if (kind != STUCK_KINDS)
			add(s, kind, &s->files[i]);
	}
}

const char *stuck_name(enum stuck_kind kind)
{
	static const char *const names[STUCK_KINDS] = {
		[STUCK_SILENT] = "silent",   [STUCK_COMMITS] = "commits",
		[STUCK_ARCHIVE] = "archive", [STUCK_CORRUPT] = "corrupt",
		[STUCK_BLOCKED] = "blocked", [STUCK_BEHIND] = "behind",
	};

	return names[kind];
}

/* A file's reason, without the path that messages of the system begin with. */
static void put_file_reason(const struct status_file *f, struct buf *out)
{
	struct str reason = f->reason;

	if (str_starts(reason, f->path) && str_starts(str_from(reason, f->path.n), STR(": ")))
		reason = str_from(reason, f->path.n + 2);
	buf_str(out, reason);
}

static void put_agent(const struct status *s, struct buf *out)
{
	buf_puts(out, "the agent");
	if (s->pid)
		buf_printf(out, " (pid %ld)", s->pid);
}

static void put_failing(struct buf *out, const char *what, int64_t age, struct str why)
{
	buf_puts(out, what);
	show_age(out, age);
	buf_puts(out, ": ");
	buf_str(out, why);
}

void stuck_reason(const struct status *s, const struct stuck *stuck, struct buf *out)
{
	switch (stuck->kind) {
	case STUCK_SILENT:
		put_agent(s, out);
		buf_printf(out, " does not answer within %d s", ASK_STATUS_MS / 1000);
		return;
	case STUCK_COMMITS:
		put_failing(out, "commits have been failing for ", s->agent.agent.failing,
		            s->agent.agent.failure);
		return;
	case STUCK_ARCHIVE:
		put_failing(out, "old calls have not gone to the archive for ",
		            s->agent.agent.archive_failing, s->agent.agent.archive_failure);
		return;
	case STUCK_CORRUPT:
	case STUCK_BLOCKED:
		put_file_reason(stuck->file, out);
		return;
	case STUCK_BEHIND:
		show_plural(out, stuck->file->lag, "byte");
		buf_puts(out, " not counted, no progress for ");
		show_age(out, stuck->file->waits);
		return;
	case STUCK_KINDS:
		return;
	}
}

void stuck_advice(const struct status *s, const struct stuck *stuck, struct buf *out)
{
	switch (stuck->kind) {
	case STUCK_SILENT:
		buf_puts(out, "is it stopped, or waiting for a disk? Ending it");
		if (s->pid)
			buf_printf(out, " (kill -9 %ld)", s->pid);
		buf_puts(out, " and starting it anew loses nothing");
		return;
	case STUCK_COMMITS:
		buf_puts(out, "free the disk, or end what locks the database; nothing is lost, and "
		              "it is tried again");
		return;
	case STUCK_ARCHIVE:
		buf_puts(out, "mend that; nothing is lost, and it is tried again in ");
		show_age(out, s->agent.agent.archive_retry);
		buf_puts(out, ", or at once by `tokentail reload`");
		return;
	case STUCK_CORRUPT:
		buf_puts(out, "put a whole copy in its place, or take it out of the paths; it is "
		              "counted up to the damage");
		return;
	case STUCK_BLOCKED:
		buf_puts(out, "let the agent's user read it");
		return;
	case STUCK_BEHIND:
		buf_puts(out, "see the agent's log; starting it anew loses nothing");
		return;
	case STUCK_KINDS:
		return;
	}
}
