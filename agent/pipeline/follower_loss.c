/*
 * Bytes that were there and were destroyed before they could be read. They are lost only when their
 * time is over: a copy of them, such as a rotation makes, may still turn up.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "agent/pipeline/follower_inner.h"

void follower_add_loss(struct follower *f, const struct mark *m, int64_t bytes)
{
	if (bytes <= 0)
		return;
	f->losses = array_room(f->losses, f->losses_n, &f->losses_room, sizeof(*f->losses));
	f->losses[f->losses_n++] = (struct loss){
		m->id, bytes, f->now + follower_config(f)->finish_after, xstrdup(m->path)};
}

static void drop(struct follower *f, struct loss *l)
{
	free(l->path);
	*l = f->losses[--f->losses_n];
}

void follower_find_loss(struct follower *f, const struct mark *m)
{
	for (size_t i = 0; i < f->losses_n; i++) {
		if (f->losses[i].file != m->from && f->losses[i].file != m->id)
			continue;
		drop(f, &f->losses[i]);
		return;
	}
}

void follower_give_up_losses(struct follower *f)
{
	for (size_t i = f->losses_n; i-- > 0;) {
		struct loss *l = &f->losses[i];
		struct err err = {0};

		if (l->at > f->now)
			continue;
		if (!ledger_add_loss(f->ledger, l->file, l->bytes, &err))
			return; /* next time */
		follower_say(f, FOLLOWER_WARNING,
		             "%s was truncated before %" PRId64
		             " bytes of it could be read; they are lost",
		             l->path, l->bytes);
		drop(f, l);
	}
}
