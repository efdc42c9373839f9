/*
 * What sources remember from record to record: loaded before anything is read, and at the end of a
 * run asked for calls that have waited long enough.
 */
#include "agent/pipeline/state.h"

#include <stdlib.h>

bool remember_load(struct pipeline *p, struct err *err)
{
	p->memories = xcalloc(p->sources_n, sizeof(struct memory *));
	for (size_t i = 0; i < p->sources_n; i++)
		if (!memory_of_source(p->ledger, p->sources[i], p->options.config, &p->memories[i],
		                      err))
			return false;
	return true;
}

bool remember_finish(struct pipeline *p, bool keep_rows, struct err *err)
{
	struct commit_sums sums = {0};
	struct hand hand;
	bool good = true;

	hand_open(&hand, p->ledger, p->sources, p->sources_n, keep_rows);
	for (size_t i = 0; i < p->sources_n; i++)
		hand_give_up_waiting(&hand, p->memories, i);
	if (hand.batch->remembered_n)
		good = ledger_commit(p->ledger,
		                     &(struct commit_input){.batches = &hand.batch, .batches_n = 1},
		                     &sums, err);
	if (good)
		round_add(p, &sums);
	hand_close(&hand);
	return good;
}
