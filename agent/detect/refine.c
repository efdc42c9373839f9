#include "agent/detect/refine.h"

#include <stdlib.h>

#include "agent/base/escape.h"
#include "agent/detect/emit.h"
#include "agent/detect/names.h"
#include "parsers/format.h"

/* The records that a guess is made from: those that say something of a call. */
struct telling_records {
	struct str v[LEAF_RECORDS];
	size_t n;
};

bool ways_open(struct ways *w, const struct book *book, struct err *err)
{
	static const char yaml[] =
		"sources:\n"
		"  - {name: json, paths: x, format: json, fields: {time: time}}\n"
		"  - {name: values, paths: x, format: json, frame: json, fields: {time: time}}\n"
		"  - {name: logfmt, paths: x, format: logfmt, fields: {time: time}}\n"
		"  - {name: text, paths: x, format: text, patterns: '(?<time>.)'}\n";

	*w = (struct ways){.config = config_parse(str_of(yaml), "ways", err)};
	for (int i = 0; w->config && i < WAYS; i++) {
		w->sources[i] = source_new(&w->config->sources[i], book, err);
		if (w->sources[i] == NULL)
			ways_close(w);
	}
	return w->config != NULL;
}

void ways_close(struct ways *w)
{
	for (int i = 0; i < WAYS; i++)
		source_free(&w->sources[i]);
	config_free(&w->config);
}

static leaves_fn *const leaves_by_way[WAYS] = {json_leaves, json_leaves, logfmt_leaves, NULL};

void guessing_free(struct guessing *g)
{
	buf_free(&g->body);
	fit_free(&g->fit);
}

/* ---- the records ---- */

static bool holds_nocase(struct str text, struct str word)
{
	for (size_t i = 0; i + word.n <= text.n; i++)
		if ((text.p[i] | 0x20) == word.p[0] &&
		    str_eq_nocase((struct str){text.p + i, word.n}, word))
			return true;
	return false;
}

/* How much a record says of a call: 2 of tokens, 1 of models, 0 nothing. */
static int says(struct str text)
{
	static const char *const models[] = {"model", "gpt-",    "claude", "gemini",
	                                     "llama", "mistral", "llm"};

	if (text.n > SAMPLE_FIRST)
		text.n = SAMPLE_FIRST;
	if (holds_nocase(text, STR("tok")) || holds_nocase(text, STR("usage")))
		return 2;
	for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++)
		if (holds_nocase(text, str_of(models[i])))
			return 1;
	return 0;
}

/* Those that say most come first; those that say nothing only when there are no others: names may
 * be of another language. */
static void select_records(struct guessing *g, enum way way, struct telling_records *ret)
{
	size_t n;
	uint64_t passed;
	const struct sample_record *records =
		sample_records(g->sample, g->ways->sources[way], &n, &passed);
	unsigned char *said = xcalloc(n + 1, 1);

	for (size_t i = 0; i < n; i++)
		said[i] = (unsigned char)says(records[i].text);
	ret->n = 0;
	for (unsigned char wanted = 3; wanted-- > 0 && (wanted > 0 || ret->n == 0);)
		for (size_t i = 0; i < n && ret->n < LEAF_RECORDS; i++)
			if (said[i] == wanted)
				ret->v[ret->n++] = records[i].text;
	free(said);
}

/* ---- a guess as a source ---- */

/* Reads the sample with the guess. False: it is no source (which would be a mistake of ours). */
static bool run_guess(struct guessing *g, const struct guess *guess)
{
	struct err err = {0};
	struct config *config;
	struct source *source = NULL;
	bool good;

	buf_clear(&g->body);
	fit_free(&g->fit);
	g->fit = (struct fit){0};
	emit_body(&g->body, guess);
	config = emit_config("log", buf_view(&g->body), &err);
	if (config)
		source = source_new(&config->sources[0], g->evidence.book, &err);
	if (source)
		fit_run(&g->fit, g->sample, source, g->now);
	good = source != NULL;
	source_free(&source);
	config_free(&config);
	return good;
}

/* ---- what becomes better by the sight of what is read ---- */

/* Calls without any usage beside others that have it: another line of the same call. */
static void select_kind(struct guessing *g, enum way way, enum fit_kind kind,
                        struct telling_records *ret)
{
	size_t n;
	uint64_t passed;
	const struct sample_record *records =
		sample_records(g->sample, g->ways->sources[way], &n, &passed);

	*ret = (struct telling_records){0};
	for (size_t i = 0; i < n && i < (size_t)g->fit.records && ret->n < LEAF_RECORDS; i++)
		if (g->fit.kinds[i] == (unsigned char)kind)
			ret->v[ret->n++] = records[i].text;
}

/* Whether the leaf has one value in all calls and another, or none, in the other records. */
static bool tells_apart(const struct leaf *leaf, const struct leaves *calls,
                        const struct leaves *others)
{
	struct name name;

	name_split(leaf->path, &name);
	if (leaf->n != calls->records || leaf->distinct != 1 || leaf->longs ||
	    !name_has(&name, "event msg message type kind action name phase stage status"))
		return false;
	for (size_t i = 0; i < others->n; i++)
		for (uint32_t k = 0; k < others->v[i].distinct && k < LEAF_DISTINCT; k++)
			if (str_eq(others->v[i].path, leaf->path) &&
			    others->v[i].hashes[k] == leaf->hashes[0])
				return false;
	return true;
}

static void find_only(struct guessing *g, struct guess *guess, enum way way)
{
	leaves_fn *leaves_of = leaves_by_way[way];
	struct telling_records *records = xcalloc(1, sizeof(*records));
	struct leaves calls = {.evidence = &g->evidence}, others = {.evidence = &g->evidence};

	select_kind(g, way, FIT_COMPLETE, records);
	leaves_of(&calls, records->v, records->n);
	select_kind(g, way, FIT_UNKNOWN, records);
	leaves_of(&others, records->v, records->n);
	for (size_t i = 0; i < calls.n && guess->only_path.n == 0; i++) {
		const struct leaf *leaf = &calls.v[i];

		if (!tells_apart(leaf, &calls, &others) ||
		    str_find(leaf->first, STR("${")) < leaf->first.n || field_find(leaf->path))
			continue;
		guess->only_path = guess_keep(guess, leaf->path);
		guess->only_equals = guess_keep(guess, leaf->first);
	}
	if (guess->only_path.n == 0)
		guess->only_path = guess_has(guess, FIELD_COUNT, COUNT_INPUT)
		                           ? STR("input_tokens")
		                           : STR("output_tokens");
	leaves_free(&calls);
	leaves_free(&others);
	free(records);
}

/* Parts that exceed their whole come on top of it. */
static void try_without_cache(struct guessing *g, struct guess *guess)
{
	int64_t before = g->fit.flawed;

	if (before == 0 || guess->input_without_cache)
		return;
	guess->input_without_cache = true;
	if (!run_guess(g, guess) || g->fit.flawed >= before) {
		guess->input_without_cache = false;
		(void)run_guess(g, guess);
	}
}

static void improve(struct guessing *g, struct guess *guess, enum way way)
{
	int64_t complete = g->fit.complete;

	if (g->fit.unknown && complete && leaves_by_way[way] && guess->only_path.n == 0) {
		find_only(g, guess, way);
		if (!run_guess(g, guess) || g->fit.complete < complete) {
			guess->only_path = guess->only_equals = (struct str){0};
			(void)run_guess(g, guess);
		}
	}
	try_without_cache(g, guess);
}

/* ---- formats ---- */

/* Whether most of what is looked at is JSON; then nothing else is tried, and else JSON is not. */
static bool mostly_json(const struct telling_records *records)
{
	size_t n = 0;

	for (size_t i = 0; i < records->n; i++)
		n += json_is(records->v[i]);
	return n * 2 > records->n;
}

/* Whether the log is JSON a line, or JSON values of any shape. */
static void choose_ways(struct guessing *g, struct telling_records *records, bool *json,
                        bool *values)
{
	struct str head = str_trim(sample_head(g->sample));

	select_records(g, WAY_JSON, records);
	*json = mostly_json(records);
	if (head.n == 0 || (head.p[0] != '[' && head.p[0] != '{'))
		return;
	if (*json && records->v[0].p[0] != '[') /* objects, a line each */
		return;
	select_records(g, WAY_JSON_VALUES, records);
	*values = mostly_json(records);
	*json &= !*values;
}

static bool has_core(const struct guess *g)
{
	return (guess_has(g, FIELD_LABEL, LABEL_MODEL) ||
	        guess_has(g, FIELD_DETAIL, DETAIL_REQUESTED_MODEL)) &&
	       guess_has(g, FIELD_COUNT, COUNT_INPUT);
}

static void make_guess(struct guessing *g, struct guess *guess, enum way way,
                       struct telling_records *records)
{
	leaves_fn *leaves_of = leaves_by_way[way];

	select_records(g, way, records);
	*guess = (struct guess){.format = source_configuration(g->ways->sources[way])->format,
	                        .values = way == WAY_JSON_VALUES};
	if (leaves_of)
		guess_places(guess, &g->evidence, leaves_of, records->v, records->n);
	else
		guess_text(guess, &g->evidence, records->v, records->n);
	if (way == WAY_LOGFMT && !guess_has(guess, FIELD_TIME, 0))
		guess_time_at_start(guess, &g->evidence, records->v, records->n);
}

/* A model alone may be that of a car: only its values make it one. In lines of text, where names
 * are vague, one number is not enough. */
static bool is_worth(const struct guess *guess, const struct fit *fit)
{
	bool input = guess_has(guess, FIELD_COUNT, COUNT_INPUT);
	bool output = guess_has(guess, FIELD_COUNT, COUNT_OUTPUT);
	bool model = guess_has(guess, FIELD_LABEL, LABEL_MODEL);

	if (fit->calls > fit->unpriced || (guess->total.n && fit->calls > 0))
		return true;
	return guess->patterns_n ? (input && output) || (model && (input || output))
	                         : input || output;
}

/* Reads the sample with the guess; with the clock for a time when the log has none, not even its
 * envelopes. */
static bool run_with_time(struct guessing *g, struct guess *guess)
{
	if (!run_guess(g, guess))
		return false;
	if (guess_has(guess, FIELD_TIME, 0) || g->fit.calls ||
	    strcmp(g->fit.reason, "no time") != 0)
		return true;
	guess->received = true;
	return run_guess(g, guess);
}

/* The guess of one way, as good as it gets. False: it is worth nothing. */
static bool guess_way(struct guessing *g, enum way way, struct telling_records *records)
{
	struct guess guess;
	bool worth = false;

	make_guess(g, &guess, way, records);
	if ((guess.fields_n || guess.patterns_n) && run_with_time(g, &guess)) {
		improve(g, &guess, way);
		g->whole = has_core(&guess) && !guess.received && g->fit.complete > 0;
		worth = is_worth(&guess, &g->fit);
	}
	guess_free(&guess);
	return worth;
}

/* Takes the guess of a way if it is better than what there is. */
static bool try_way(struct guessing *best, enum way way, struct telling_records *records,
                    bool found)
{
	struct guessing one = *best;

	one.body = (struct buf){0};
	one.fit = (struct fit){0};
	if (!guess_way(&one, way, records) ||
	    (found &&
	     (one.whole == best->whole ? one.fit.complete <= best->fit.complete : !one.whole))) {
		guessing_free(&one);
		return found;
	}
	guessing_free(best);
	*best = one;
	return true;
}

/* What is JSON is read as text only when that finds what JSON does not have, such as a time before
 * it. */
bool refine_guess(struct guessing *g)
{
	struct telling_records *records = xcalloc(1, sizeof(*records));
	bool json = false, values = false, found = false;

	choose_ways(g, records, &json, &values);
	if (json)
		found = try_way(g, WAY_JSON, records, found);
	if (values)
		found = try_way(g, WAY_JSON_VALUES, records, found);
	if (!json && !values)
		found = try_way(g, WAY_LOGFMT, records, found);
	if (!found || !g->whole || (!json && !values))
		found = try_way(g, WAY_TEXT, records, found);
	free(records);
	return found;
}

/* ---- beside a preset ---- */

/* Takes from the guess what the preset finds in no call. */
static void keep_missing(struct guess *guess, const struct fit *fit)
{
	size_t n = 0;

	for (size_t i = 0; i < guess->fields_n; i++) {
		const struct guess_field *f = &guess->fields[i];
		size_t row = (size_t)(f->field - fields);

		if (fit->fields[row] == 0 && f->v[0].doubt == NULL &&
		    f->field->kind != FIELD_TIME && f->field->kind != FIELD_PROMPT)
			guess->fields[n++] = *f;
	}
	guess->fields_n = n;
}

bool refine_preset(struct guessing *g, const struct preset *preset, const struct fit *fit)
{
	const struct source_config *config = source_configuration(preset->source);
	struct telling_records *records = xcalloc(1, sizeof(*records));
	enum way json = preset->values ? WAY_JSON_VALUES : WAY_JSON;
	enum way way = strcmp(config->format, "json") == 0 ? json : WAY_LOGFMT;
	struct guess guess;
	bool better = false;

	make_guess(g, &guess, way, records);
	guess.preset = preset->name;
	guess.received = false;
	guess.patterns_n = 0;
	guess.each = (struct str){0};
	guess.input_without_cache &= config->input_includes_cache;
	guess.output_without_reasoning &= config->output_includes_reasoning;
	keep_missing(&guess, fit);
	if (guess.fields_n || guess.input_without_cache || guess.output_without_reasoning ||
	    fit->unknown || fit->flawed) {
		better = run_guess(g, &guess);
		if (better) {
			improve(g, &guess, way);
			better = g->fit.complete >= fit->complete &&
			         g->fit.rejected <= fit->rejected;
		}
		better &= guess.fields_n || guess.input_without_cache ||
		          guess.output_without_reasoning || guess.only_path.n;
	}
	guess_free(&guess);
	free(records);
	return better;
}
