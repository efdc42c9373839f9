/*
 * Bytes that were there and were destroyed before they could be read. They are lost only when their
 * time is over: a copy of them, such as a rotation makes, may still turn up.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/pipeline/follower_inner.h"

/* Of a file that waited, what was seen: its mark has size and hashes of that, and no offset yet. */
static struct mark proof_of(const struct mark *m)
{
	return (struct mark){.offset = m->size,
	                     .head_n = m->head_n,
	                     .head = m->head,
	                     .frontier_n = m->frontier_n,
	                     .frontier = m->frontier};
}

void follower_add_loss(struct follower *f, const struct mark *m, int64_t bytes)
{
	if (bytes <= 0)
		return;
	f->losses = array_room(f->losses, f->losses_n, &f->losses_room, sizeof(*f->losses));
	f->losses[f->losses_n++] =
		(struct loss){.file = m->id, .bytes = bytes, .path = xstrdup(m->path)};
	if (m->offset == 0)
		f->losses[f->losses_n - 1].proof = proof_of(m);
}

static bool follows_links(const struct follower *f, const char *source)
{
	for (size_t i = 0; i < f->options.sources_n; i++)
		if (strcmp(source_name(f->options.sources[i]), source) == 0)
			return source_configuration(f->options.sources[i])->follow_symlinks;
	return false;
}

/* Whether a file that waited is still there, with what was seen of it. */
static bool stands_as_seen(const struct follower *f, const struct mark *m)
{
	struct mark now = {0}, seen = proof_of(m);
	struct err err;
	struct reader *r = reader_open(m->path, follows_links(f, m->source),
	                               (struct reader_options){0}, &now, &err);
	bool same = r && reader_resume(r, &seen);

	reader_close(&r);
	return same;
}

/* False: nothing can be written now. */
static bool settle_waiting(struct follower *f, struct mark *m)
{
	struct err err = {0};

	if (m->content_size == 0 || stands_as_seen(f, m))
		return ledger_forget_file(f->ledger, m->id, &err);
	m->state = FILE_FINISHED;
	(void)snprintf(m->reason, sizeof(m->reason), "destroyed before anybody read it");
	return ledger_save_marks(f->ledger, &m, 1, &err);
}

size_t follower_load_losses(struct follower *f, struct mark *marks, size_t n)
{
	size_t kept = 0;
	bool good = true; /* another may hold the database: they stay then */

	for (size_t i = 0; i < n; i++) {
		struct mark *m = &marks[i];
		bool waited = m->state == FILE_NEW && m->offset == 0;

		good = good && (!waited || settle_waiting(f, m));
		if (m->state == FILE_FINISHED && m->lost == 0)
			follower_add_loss(f, m, m->content_size - m->offset);
		if (waited && good && m->state == FILE_NEW)
			mark_free(m);
		else
			marks[kept++] = *m;
	}
	return kept;
}

static void drop(struct follower *f, struct loss *l)
{
	free(l->path);
	*l = f->losses[--f->losses_n];
}

void follower_find_losses(struct follower *f, struct reader *r)
{
	static const struct mark start;

	for (size_t i = f->losses_n; i-- > 0;) {
		struct loss *l = &f->losses[i];
		struct err err = {0};

		if (l->proof.offset && reader_resume(r, &l->proof) &&
		    ledger_forget_file(f->ledger, l->file, &err))
			drop(f, l);
	}
	(void)reader_resume(r, &start);
}

void follower_find_loss(struct follower *f, const struct mark *m)
{
	for (size_t i = f->losses_n; i-- > 0;) {
		struct loss *l = &f->losses[i];
		struct err err = {0};

		if ((l->file == m->from || l->file == m->id) &&
		    ledger_find_loss(f->ledger, l->file, &err))
			drop(f, l);
	}
}

void follower_give_up_losses(struct follower *f)
{
	for (size_t i = f->losses_n; i-- > 0;) {
		struct loss *l = &f->losses[i];
		struct err err = {0};

		if (l->at == 0) /* a copy is known when it has been quiet for a while */
			l->at = f->now + 2 * follower_config(f)->finish_after + YOUNG_MS * TIME_MS;
		if (l->at > f->now)
			continue;
		if (!ledger_add_loss(f->ledger, l->file, l->bytes, &err)) {
			follower_failed(f, &err);
			return; /* next time */
		}
		follower_say(f, FOLLOWER_WARNING,
		             "%s was truncated before %" PRId64
		             " bytes of it could be read; they are lost",
		             l->path, l->bytes);
		drop(f, l);
	}
}
