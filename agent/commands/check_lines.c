/*
 * A source is tried on the beginnings of its files as `backfill` would read them, but nothing is
 * written: every record's verdict is counted by its reason, and the events on its way tell which
 * patterns and which ways to a field were of use. What a strange log may make grow is bounded.
 */
#include "agent/commands/check_lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "agent/base/zone.h"
#include "agent/commands/excerpt.h"
#include "agent/commands/walk.h"
#include "agent/follow/discover.h"
#include "agent/meter/carried.h"
#include "agent/meter/memory.h"

enum {
	EXCERPT_COLUMNS = 74,
	VALUE_BYTES = 256,  /* of an example's value */
	KEYS_MAX = 1 << 20, /* of calls; above it duplicates are no longer found */
};

/* Keys of calls; 0 is none. */
struct key_set {
	uint64_t *slots;
	size_t n, room;
};

struct reader_of_lines {
	const struct lines_options *options;
	struct arena *memory;
	struct lines_source *to;
	struct lines_file *file;
	struct extractor *extractor;
	struct memory *remembered;
	struct key_set keys;
	clock_t began;
	/* Of the record that is being read, if one is. */
	struct walk_record record;
	bool reading;
	struct str seen; /* by the test that failed last */
	const char *broken;
};

static const struct hash_key key_of_keys = {3, 4};

/* ---- keys ---- */

static bool insert(struct key_set *set, uint64_t key)
{
	size_t at = (size_t)key & (set->room - 1);

	while (set->slots[at] && set->slots[at] != key)
		at = (at + 1) & (set->room - 1);
	if (set->slots[at] == key)
		return false;
	set->slots[at] = key;
	set->n++;
	return true;
}

static void grow(struct key_set *set)
{
	struct key_set old = *set;

	set->room = old.room ? 2 * old.room : 1024;
	set->slots = xcalloc(set->room, sizeof(*set->slots));
	set->n = 0;
	for (size_t i = 0; i < old.room; i++)
		if (old.slots[i])
			(void)insert(set, old.slots[i]);
	free(old.slots);
}

/* Whether a call with this key was there before. */
static bool is_known(struct key_set *set, uint64_t key)
{
	if (key == 0 || set->n == KEYS_MAX)
		return false;
	if (set->n * 2 >= set->room)
		grow(set);
	return !insert(set, key);
}

/* ---- reasons ---- */

static struct str kept(struct arena *memory, struct str text)
{
	char *copy;

	if (text.p == NULL)
		return text;
	copy = arena_bytes(memory, text.n + 1);
	memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	return (struct str){copy, text.n};
}

/* Copied, because it is the compiled source's. */
static struct lines_reason *reason_of(struct reader_of_lines *r, enum outcome outcome,
                                      const char *reason)
{
	struct lines_source *s = r->to;

	for (size_t i = 0; i < s->reasons_n; i++)
		if (s->reasons[i].outcome == outcome && strcmp(s->reasons[i].reason, reason) == 0)
			return &s->reasons[i];
	s->reasons = array_room(s->reasons, s->reasons_n, &s->reasons_room, sizeof(*s->reasons));
	s->reasons[s->reasons_n] = (struct lines_reason){
		.outcome = outcome, .reason = kept(r->memory, str_of(reason)).p};
	return &s->reasons[s->reasons_n++];
}

static struct str excerpt_of(struct reader_of_lines *r)
{
	bool text = strcmp(r->to->config->format, "text") == 0;
	struct buf out = {0};
	struct str ret;

	(text ? excerpt_text : excerpt_record)(&out, r->record.record.text, EXCERPT_COLUMNS,
	                                       r->options->utf8);
	ret = kept(r->memory, buf_view(&out));
	buf_free(&out);
	return ret;
}

/* Of skipped and rejected records: what is a duplicate is well understood. */
static void add_example(struct reader_of_lines *r, const struct verdict *v)
{
	struct lines_reason *reason = reason_of(r, v->outcome, v->reason);
	struct str value = v->value.n ? v->value : r->seen;

	if (reason->examples_n == LINES_EXAMPLES || !r->reading || v->waited)
		return;
	if (value.n > VALUE_BYTES)
		value.n = VALUE_BYTES;
	reason->examples[reason->examples_n++] = (struct lines_example){
		.path = r->file->path,
		.line = r->record.line,
		.value = kept(r->memory, value),
		.record = excerpt_of(r),
		.broken = r->broken,
	};
}

static void count(struct reader_of_lines *r, enum outcome outcome, const char *reason, int64_t n)
{
	r->to->records[outcome] += n;
	r->file->records[outcome] += n;
	if (outcome != OUTCOME_CALL)
		reason_of(r, outcome, reason)->records += n;
}

/* A record of an earlier part, which may have been in any of the files. */
static void take_back_part(struct reader_of_lines *r)
{
	for (size_t i = r->to->files_n; i-- > 0;) {
		r->file = &r->to->files[i];
		if (r->file->records[OUTCOME_DUPLICATE])
			break;
	}
	count(r, OUTCOME_DUPLICATE, REASON_PART, -1);
}

/* ---- listeners ---- */

static void count_model(struct reader_of_lines *r, const struct call *c)
{
	struct lines_source *s = r->to;
	struct str name = c->label[LABEL_MODEL];
	size_t i = 0;

	s->unpriced++;
	while (i < s->models_n && !str_eq(s->models[i].name, name))
		i++;
	if (i == LINES_MODELS)
		return;
	if (i == s->models_n)
		s->models[s->models_n++].name = kept(r->memory, name.p ? name : STR(""));
	s->models[i].calls++;
}

static void on_verdict(void *arg, const struct verdict *v, const struct call *c)
{
	struct reader_of_lines *r = arg;
	struct lines_file *file = r->file;
	struct verdict verdict = *v;

	if (v->waited)
		take_back_part(r);
	if (c && is_known(&r->keys, c->dedupe_key)) {
		verdict.outcome = OUTCOME_DUPLICATE;
		verdict.reason = "the same call as another record";
	} else if (c && (c->flags & CALL_UNPRICED)) {
		count_model(r, c);
	}
	count(r, verdict.outcome, verdict.reason, 1);
	if (verdict.outcome == OUTCOME_SKIPPED || verdict.outcome == OUTCOME_REJECTED)
		add_example(r, &verdict);
	r->file = file;
	r->seen = (struct str){0};
	r->broken = NULL;
}

static void count_value(struct lines_source *s, const struct trace_value *v)
{
	/* A default says nothing for the path beside it. */
	bool by_origin = v->from != FROM_DEFAULT || v->path == NULL;

	if (v->field)
		s->values[v->field - fields]++;
	for (size_t i = 0; i < s->config->rules_n; i++) {
		const struct rule *rule = s->rules[i].rule;

		if (!str_eq(str_of(rule->name), v->name))
			continue;
		s->rules[i].values++;
		if (by_origin && v->origin >= rule->origins &&
		    v->origin < rule->origins + rule->origins_n)
			s->rules[i].used[v->origin - rule->origins]++;
	}
}

static void on_event(void *arg, const struct trace *event)
{
	struct reader_of_lines *r = arg;

	switch (event->kind) {
	case TRACE_TEST:
		if (!event->test.passed)
			r->seen = event->test.there ? event->test.value : (struct str){0};
		return;
	case TRACE_PATTERN:
		if (event->pattern.result == PATTERN_YES)
			r->to->matched[event->pattern.number]++;
		return;
	case TRACE_BROKEN:
		r->broken = event->broken.what;
		return;
	case TRACE_VALUE:
		count_value(r->to, &event->value);
		return;
	case TRACE_NOTHING:
		r->to->lacked[event->value.field - fields] = true;
		return;
	default:
		return;
	}
}

/* ---- files ---- */

static bool is_late(const struct reader_of_lines *r)
{
	return clock() - r->began > (clock_t)LINES_SECONDS * CLOCKS_PER_SEC;
}

static int64_t clock_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * TIME_SEC + now.tv_nsec / 1000;
}

static void read_records(struct reader_of_lines *r, struct walk *sample, struct carried *carried)
{
	struct surroundings around = {.now = clock_now(),
	                              .near = walk_time(sample),
	                              .carried = carried,
	                              .memory = r->remembered};

	r->reading = true;
	for (int64_t n = 0; walk_next(sample, &r->record); n++) {
		r->file->more = n == r->options->records || is_late(r);
		if (r->file->more)
			break;
		around.time = r->record.record.time;
		extract_record(r->extractor, r->record.record.text, &around, on_verdict, r);
	}
	r->reading = false;
	r->to->late |= is_late(r);
}

static struct lines_file *add_file(struct lines_source *s, struct arena *memory, const char *path)
{
	struct lines_file *file;

	s->files = array_room(s->files, s->files_n, &s->files_room, sizeof(*s->files));
	file = &s->files[s->files_n++];
	*file = (struct lines_file){.path = kept(memory, str_of(path)).p};
	return file;
}

static void set_trouble(struct lines_file *file, const char *what)
{
	(void)snprintf(file->trouble, sizeof(file->trouble), "%s", what);
}

static void read_file(struct reader_of_lines *r, const struct source *source,
                      const struct found *found)
{
	struct err err = {0};
	struct carried *carried;
	struct walk *sample;

	r->file = add_file(r->to, r->memory, found->path);
	if (found->left_out) {
		set_trouble(r->file, found->left_out);
		return;
	}
	sample = walk_file(found->path, source, false, &err);
	if (sample == NULL) {
		set_trouble(r->file, err.text);
		return;
	}
	carried = source_carried(source);
	read_records(r, sample, carried);
	for (int64_t i = 0; i < walk_long_lines(sample); i++)
		count(r, OUTCOME_REJECTED, "line too long", 1);
	if (walk_trouble(sample))
		set_trouble(r->file, walk_trouble(sample));
	carried_free(&carried);
	walk_close(&sample);
}

static void find_files(const struct source_config *s, const struct lines_options *options,
                       struct found_list *list)
{
	for (size_t i = 0; i < s->paths_n; i++) {
		struct found_list found = {0};
		struct err err = {0};

		if (!discover(s->paths[i], s->follow_symlinks, &found, &err))
			options->warn(options->arg, s, s->paths[i], err.text);
		else if (found.n == 0)
			options->warn(options->arg, s, s->paths[i], "matches no file");
		found_append(list, &found);
	}
	found_unique(list);
	found_sort(list);
}

static void read_files(struct reader_of_lines *r, const struct source *source)
{
	struct found_list list = {0};
	size_t first = 0;

	find_files(r->to->config, r->options, &list);
	if (!r->options->all_files && list.n > LINES_FILES)
		first = list.n - LINES_FILES;
	r->to->files_left = first;
	for (size_t i = first; i < list.n; i++) {
		if (is_late(r))
			r->to->files_left++;
		else
			read_file(r, source, &list.items[i]);
	}
	found_free(&list);
}

/* ---- a source ---- */

static void start(struct lines_source *s, const struct source_config *config)
{
	*s = (struct lines_source){.config = config};
	s->matched = xcalloc(config->patterns_n, sizeof(*s->matched));
	s->rules = xcalloc(config->rules_n, sizeof(*s->rules));
	for (size_t i = 0; i < config->rules_n; i++) {
		s->rules[i].rule = &config->rules[i];
		s->rules[i].used = xcalloc(config->rules[i].origins_n, sizeof(int64_t));
	}
}

/* As at the end of a backfill. */
static void take_waiting(struct reader_of_lines *r)
{
	if (r->remembered && r->to->config->join_by_n)
		extract_waiting(r->extractor, r->remembered,
		                clock_now() - r->to->config->join_within, on_verdict, r);
}

bool lines_read(const struct source_config *config, const struct lines_options *options,
                struct arena *memory, struct lines_source *ret, struct err *err)
{
	struct source *source = source_new(config, options->book, err);
	struct reader_of_lines r = {
		.options = options, .memory = memory, .to = ret, .began = clock()};

	start(ret, config);
	if (source == NULL)
		return false;
	r.extractor = extractor_new(source, key_of_keys);
	r.remembered = source_remembers(source) ? memory_new() : NULL;
	extractor_trace(r.extractor, on_event, &r);
	read_files(&r, source);
	take_waiting(&r);
	free(r.keys.slots);
	memory_free(&r.remembered);
	extractor_free(&r.extractor);
	source_free(&source);
	return true;
}

void lines_free(struct lines_source *s)
{
	for (size_t i = 0; s->rules && i < s->config->rules_n; i++)
		free(s->rules[i].used);
	free(s->rules);
	free(s->matched);
	free(s->reasons);
	free(s->files);
}

int64_t lines_sum(const int64_t records[OUTCOMES])
{
	int64_t sum = 0;

	for (int i = 0; i < OUTCOMES; i++)
		sum += records[i];
	return sum;
}

bool lines_no_call(const struct lines_source *s)
{
	return s->records[OUTCOME_CALL] == 0 && lines_sum(s->records) > 0;
}

bool lines_own(const struct lines_source *s, const struct place *place)
{
	return place->file && s->config->place.file &&
	       strcmp(place->file, s->config->place.file) == 0;
}
