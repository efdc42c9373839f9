/*
 * Commits are cuts through all threads at once, called rounds: when a batch is full, a round is
 * asked for; every thread hands its batch over before it takes another turn; the last one to do so
 * commits all of them in one transaction. Turns of a stream are taken in order, so what is handed
 * over is a whole prefix of every stream: offsets and sums agree by construction.
 */
#include "agent/pipeline/state.h"

/* What the marks become when the batches handed over are committed. */
static void settle_marks(struct pipeline *p)
{
	for (int i = 0; i < p->jobs; i++) {
		for (size_t k = 0; k < p->handed[i]->steps_n; k++) {
			const struct step *step = &p->handed[i]->steps[k];
			struct stream *t = &p->streams[step->file];

			t->fresh = true;
			t->mark_end = step->end > t->mark_end ? step->end : t->mark_end;
		}
	}
	p->ended_n = 0;
	for (struct stream *t = p->first; t; t = t->next) {
		p->files[t - p->streams] = t->fresh ? &t->mark : NULL;
		if (!t->fresh)
			continue;
		t->fresh = false;
		t->whole = t->phase == STREAM_ENDED && t->mark_end >= t->end_offset;
		t->mark.state = t->whole ? t->end_state : FILE_PARTIAL;
		t->mark.content_size = t->whole ? t->content_size : t->mark_end;
		copy_reason(t->mark.reason,
		            t->whole ? t->end_reason : "a run ended before its end");
	}
}

static void settle_streams(struct pipeline *p)
{
	struct stream *next;

	for (struct stream *t = p->first; t; t = next) {
		next = t->next;
		if (p->files[t - p->streams] == NULL || !t->whole)
			continue;
		stream_done(p, t);
		p->files[t - p->streams] = NULL;
		if (!t->input && t->mark.head_n)
			known_add(p->known, &t->mark);
	}
}

void round_add(struct pipeline *p, const struct commit_sums *add)
{
	struct commit_sums *to = &p->sums.commit;

	for (int i = 0; i < OUTCOMES; i++)
		to->records[i] += add->records[i];
	to->unpriced += add->unpriced;
	to->archived += add->archived;
	to->cost += add->cost;
}

/* Called with the lock held by the thread that handed over last; the others wait or parse on. */
static void commit_round(struct pipeline *p)
{
	const struct commit_input input = {p->handed, (size_t)p->jobs, p->files, p->streams_n};
	int64_t began = clock_us(CLOCK_MONOTONIC);
	struct commit_sums sums = {0};
	struct err err = {0};
	bool good;

	p->committing = true;
	settle_marks(p);
	(void)pthread_mutex_unlock(&p->lock);
	good = ledger_commit(p->ledger, &input, &sums, &err);
	for (int i = 0; i < p->jobs; i++)
		batch_clear(p->handed[i]);
	(void)pthread_mutex_lock(&p->lock);
	p->committing = false;
	p->handed_over = 0;
	p->round_since = clock_us(CLOCK_MONOTONIC);
	p->commit_time = p->round_since - began;
	for (int i = 0; i < p->jobs; i++) {
		p->workers[i].spare = p->handed[i];
		p->handed[i] = NULL;
	}
	if (good) {
		round_add(p, &sums);
		settle_streams(p);
	} else {
		p->stop = true;
		(void)err_set(&p->err, "%s", err.text);
	}
	(void)pthread_cond_broadcast(&p->changed);
}

void round_ask(struct pipeline *p)
{
	if (p->handed_over == 0 && !p->committing)
		p->round++;
	else
		(void)pthread_cond_wait(&p->changed, &p->lock);
	(void)pthread_cond_broadcast(&p->changed);
}

void round_hand_over(struct worker *w)
{
	struct pipeline *p = w->pipeline;

	p->handed[w - p->workers] = w->hand.batch;
	w->hand.batch = w->spare;
	w->spare = NULL;
	w->round = p->round;
	if (++p->handed_over == p->jobs)
		commit_round(p);
}

bool round_is_due(const struct worker *w)
{
	const struct pipeline *p = w->pipeline;
	int64_t since;

	if (batch_bytes(w->hand.batch) > p->batch_limit || p->ended_n >= ENDED_MOST)
		return true;
	if (w->hand.batch->steps_n == 0)
		return false;
	/* Often enough that a thread commits while others parse and little is left for the end, but
	 * commits never take more than a small part of the time. */
	since = clock_us(CLOCK_MONOTONIC) - p->round_since;
	return since > ROUND_LEAST_MS * TIME_MS && since > p->commit_time * ROUND_PARSE_SHARE;
}
