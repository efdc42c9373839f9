#include "agent/pipeline/course.h"

#include <stdlib.h>
#include <time.h>

#include "agent/base/mem.h"
#include "agent/meter/carried.h"

int64_t clock_now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * TIME_SEC + t.tv_nsec / 1000;
}

/* ---- a hand ---- */

void hand_open(struct hand *h, struct ledger *ledger, const struct source *const *sources,
               size_t sources_n, bool keep_rows)
{
	*h = (struct hand){.ledger = ledger, .sources = sources, .sources_n = sources_n};
	h->extractors = xcalloc(sources_n, sizeof(struct extractor *));
	h->records = records_new();
	h->batch = batch_new(ledger_zone(ledger), keep_rows);
}

void hand_close(struct hand *h)
{
	for (size_t i = 0; h->extractors && i < h->sources_n; i++)
		extractor_free(&h->extractors[i]);
	free((void *)h->extractors);
	records_free(&h->records);
	piece_free(&h->piece);
	batch_free(&h->batch);
	*h = (struct hand){0};
}

/* `s` is one of the hand's sources. */
static struct extractor *extractor_of(struct hand *h, const struct source *s)
{
	size_t i = 0;

	while (h->sources[i] != s)
		i++;
	if (h->extractors[i] == NULL)
		h->extractors[i] = extractor_new(s, ledger_key(h->ledger));
	return h->extractors[i];
}

/* ---- reading ---- */

/* Course and hand while a piece is read. */
struct reading {
	struct course *course;
	struct hand *hand;
};

/* Where the reader may cut a piece. */
static size_t whole(void *arg, struct str head, struct str bytes)
{
	const struct reading *r = arg;
	struct course *c = r->course;

	if (!c->wrapping_known)
		c->wrapping = records_wrapping(c->source, head);
	return records_whole(r->hand->records, c->source, &c->wrapping, bytes);
}

/* And what of a record that is too long it may drop. */
static size_t pass(void *arg, struct str bytes, bool first, bool *on)
{
	const struct reading *r = arg;
	struct course *c = r->course;
	size_t n;

	if (first)
		c->passing = (struct passing){0};
	n = records_pass(r->hand->records, c->source, &c->wrapping, bytes, &c->passing);
	*on = c->passing.on;
	return n;
}

enum read_result course_read(struct course *c, struct hand *h)
{
	struct reading reading = {c, h};
	const struct reader_cut cut = {whole, &reading, pass};
	enum read_result result = reader_next(c->reader, &cut, &h->piece);

	if (result == READ_PIECE) /* the first record is there, whole, by which it was found out */
		c->wrapping_known = true;
	h->wrapping = c->wrapping;
	return result;
}

/* ---- counting ---- */

/* What was counted elsewhere ends at the first call that was not. */
static bool is_skipped(struct hand *h, const struct call *c)
{
	if (h->skipping && c && !ledger_has_call(h->ledger, c, h->offset))
		h->skipping = false;
	return h->skipping;
}

static void on_verdict(void *arg, const struct verdict *v, const struct call *c)
{
	struct hand *h = arg;

	if (is_skipped(h, c))
		return;
	h->calls += c != NULL;
	batch_verdict(h->batch, v, c, h->offset);
}

static void count_records(const struct course *c, struct hand *h, struct surroundings *around)
{
	const char *passed_reason = source_literal_reason(c->source);
	struct extractor *x = extractor_of(h, c->source);
	struct record record;
	uint64_t passed;

	records_start(h->records, c->source, &h->wrapping, (struct str){h->piece.p, h->piece.n},
	              h->piece.last);
	while (records_next(h->records, &record, &passed)) {
		if (!h->skipping)
			batch_passed(h->batch, passed, passed_reason);
		h->offset = h->piece.offset + (int64_t)record.at;
		around->time = record.time;
		extract_record(x, record.text, around, on_verdict, h);
	}
	if (!h->skipping)
		batch_passed(h->batch, passed, passed_reason);
}

static void count_long_records(struct hand *h)
{
	static const struct verdict too_long = {.outcome = OUTCOME_REJECTED,
	                                        .reason = "line too long"};

	for (uint64_t i = 0; i < h->piece.long_lines; i++)
		batch_verdict(h->batch, &too_long, NULL, h->piece.offset);
}

static void on_change(void *arg, const struct memory_item *item)
{
	batch_remember(arg, item);
}

void course_count(struct course *c, struct hand *h, uint32_t file, int64_t begin,
                  struct memory *memory)
{
	const struct piece *piece = &h->piece;
	struct step step = {.begin = begin,
	                    .end = piece->end,
	                    .head_n = piece->head_n,
	                    .head = piece->head,
	                    .frontier_n = piece->frontier_n,
	                    .frontier = piece->frontier};
	struct surroundings around = {.now = clock_now(), .carried = c->carried, .memory = memory};
	struct buf carried = {0};

	around.near = c->near ? c->near : around.now;
	batch_step_begin(h->batch, file, str_of(source_name(c->source)),
	                 source_configuration(c->source));
	h->skipping = c->skip == SKIP_COUNTED;
	if (c->skip != SKIP_ALL)
		count_records(c, h, &around);
	if (c->skip == SKIP_COUNTED && !h->skipping)
		c->skip = SKIP_NOTHING;
	if (c->skip == SKIP_NOTHING)
		count_long_records(h);
	if (memory)
		memory_changes(memory, on_change, h->batch);
	if (c->carried)
		carried_pack(c->carried, &carried);
	step.carried = buf_view(&carried);
	batch_step_end(h->batch, &step);
	buf_free(&carried);
}

/* ---- what was counted before ---- */

enum { PROBE_PIECES = 16 }; /* in which the first call has to be */

struct probe {
	struct hand *hand;
	int64_t now, since;
	bool over;
	enum course_known found;
};

static void on_probe(void *arg, const struct verdict *v, const struct call *c)
{
	struct probe *p = arg;

	(void)v;
	if (c == NULL || p->over)
		return;
	p->over = true;
	if (c->time < p->since || c->time == p->now) /* the log does not say when it was */
		p->found = COURSE_CANNOT_SAY;
	else
		p->found = ledger_has_call(p->hand->ledger, c, p->hand->offset) ? COURSE_KNOWN
		                                                                : COURSE_NEW;
}

static void probe_piece(const struct course *c, struct probe *p)
{
	struct hand *h = p->hand;
	struct surroundings around = {.now = p->now, .near = c->near, .carried = c->carried};
	struct extractor *x = extractor_of(h, c->source);
	struct record record;
	uint64_t passed;

	records_start(h->records, c->source, &h->wrapping, (struct str){h->piece.p, h->piece.n},
	              h->piece.last);
	while (!p->over && records_next(h->records, &record, &passed)) {
		h->offset = h->piece.offset + (int64_t)record.at;
		around.time = record.time;
		extract_record(x, record.text, &around, on_probe, p);
	}
}

enum course_known course_is_known(struct course *c, struct hand *h, int64_t since)
{
	struct probe p = {
		.hand = h, .now = clock_now(), .since = since, .found = COURSE_CANNOT_SAY};

	if (source_remembers(c->source) || since == TIME_MAX)
		return COURSE_CANNOT_SAY;
	for (int i = 0; i < PROBE_PIECES && !p.over && course_read(c, h) == READ_PIECE; i++)
		probe_piece(c, &p);
	c->wrapping_known = false;
	return p.found;
}

struct heir {
	struct memory *const *memories;
	size_t n, source;
};

/* What a source that is gone remembered was loaded by all that remember. Who used it has it. */
static void drop_used(void *arg, uint64_t key, struct str text)
{
	const struct heir *heir = arg;

	(void)text;
	for (size_t i = 0; i < heir->n; i++) {
		if (i == heir->source || heir->memories[i] == NULL)
			continue;
		if (!memory_is_inherited(heir->memories[i], key)) {
			memory_drop(heir->memories[heir->source], key);
			return;
		}
	}
}

void hand_give_up_waiting(struct hand *h, struct memory *const *memories, size_t source)
{
	const struct source *s = h->sources[source];
	const struct source_config *config = source_configuration(s);
	struct heir heir = {memories, h->sources_n, source};

	if (memories[source] == NULL || config->join_by_n == 0)
		return;
	memory_inherited(memories[source], drop_used, &heir);
	h->offset = 0;
	batch_step_begin(h->batch, NO_FILE, str_of(source_name(s)), config);
	extract_waiting(extractor_of(h, s), memories[source], clock_now() - config->join_within,
	                on_verdict, h);
	memory_changes(memories[source], on_change, h->batch);
}

/* ---- memories ---- */

static bool is_source(void *arg, struct str name)
{
	return config_source(arg, name) != NULL;
}

bool memory_of_source(struct ledger *l, const struct source *s, const struct config *config,
                      struct memory **ret, struct err *err)
{
	union {
		const struct config *from;
		void *arg;
	} c = {config};

	*ret = source_remembers(s) ? memory_new() : NULL;
	return *ret == NULL || ledger_remembered(l, source_name(s), is_source, *ret, c.arg, err);
}

bool sources_start(struct ledger *l, struct source *const *sources, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		int64_t start;

		if (source_configuration(sources[i])->start != START_END)
			continue;
		if (!ledger_first_read(l, source_name(sources[i]), clock_now(), &start, err))
			return false;
		source_start_at(sources[i], start);
	}
	return true;
}
