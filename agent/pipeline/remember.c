/*
 * What sources remember from record to record: loaded before anything is read, handed over with the
 * records that changed it, and at the end of a run asked for calls that have waited long enough.
 */
#include "agent/pipeline/state.h"

#include <stdlib.h>

static bool is_source(void *arg, struct str name)
{
	const struct pipeline *p = arg;

	for (size_t i = 0; i < p->sources_n; i++)
		if (str_eq(str_of(source_name(p->sources[i])), name))
			return true;
	return p->options.config && config_source(p->options.config, name) != NULL;
}

bool remember_load(struct pipeline *p, struct err *err)
{
	p->memories = xcalloc(p->sources_n, sizeof(struct memory *));
	for (size_t i = 0; i < p->sources_n; i++) {
		if (!source_remembers(p->sources[i]))
			continue;
		p->memories[i] = memory_new();
		if (!ledger_remembered(p->ledger, source_name(p->sources[i]), is_source,
		                       p->memories[i], p, err))
			return false;
	}
	return true;
}

static void on_change(void *arg, const struct memory_item *item)
{
	batch_remember(arg, item);
}

void remember_changes(struct memory *m, struct batch *batch)
{
	memory_changes(m, on_change, batch);
}

/* ---- the end of a run ---- */

static void on_verdict(void *arg, const struct verdict *v, const struct call *c)
{
	batch_verdict(arg, v, c, 0);
}

struct heir {
	struct pipeline *p;
	size_t source;
};

/* What a source that is gone remembered was loaded by all that remember. Who used it has it. */
static void drop_used(void *arg, uint64_t key, struct str text)
{
	const struct heir *heir = arg;
	struct memory **memories = heir->p->memories;

	(void)text;
	for (size_t i = 0; i < heir->p->sources_n; i++) {
		if (i == heir->source || memories[i] == NULL)
			continue;
		if (!memory_is_inherited(memories[i], key)) {
			memory_drop(memories[heir->source], key);
			return;
		}
	}
}

/* The calls of one source that have waited long enough. */
static void give_up_waiting(struct pipeline *p, size_t source, struct batch *batch)
{
	const struct source *s = p->sources[source];
	const struct source_config *config = source_configuration(s);
	struct extractor *x = extractor_new(s, ledger_key(p->ledger));
	struct heir heir = {p, source};

	memory_inherited(p->memories[source], drop_used, &heir);
	batch_step_begin(batch, NO_FILE, str_of(source_name(s)), config);
	extract_waiting(x, p->memories[source], clock_us(CLOCK_REALTIME) - config->join_within,
	                on_verdict, batch);
	remember_changes(p->memories[source], batch);
	extractor_free(&x);
}

bool remember_finish(struct pipeline *p, bool keep_rows, struct err *err)
{
	struct batch *batch = batch_new(ledger_zone(p->ledger), keep_rows);
	const struct commit_input input = {.batches = &batch, .batches_n = 1};
	struct commit_sums sums = {0};
	bool good = true;

	for (size_t i = 0; i < p->sources_n; i++)
		if (p->memories[i] && source_configuration(p->sources[i])->join_by_n)
			give_up_waiting(p, i, batch);
	if (batch->remembered_n)
		good = ledger_commit(p->ledger, &input, &sums, err);
	if (good)
		round_add(p, &sums);
	batch_free(&batch);
	return good;
}
