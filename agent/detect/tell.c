/*
 * Presets are tried, not compared by their looks: each reads the sample, and what comes out
 * decides. One whose own tests hold wins over those of common names, unless these find more than
 * twice as many calls. Where only the common names fit, the guess adds what they do not know.
 */
#include "agent/detect/tell.h"

#include <stdlib.h>

#include "agent/detect/emit.h"
#include "agent/detect/globs.h"

enum {
	ENOUGH_CALLS = 5,  /* in the first bytes, for a preset that is sure */
	GOOD_PERCENT = 90, /* such a preset's sureness */
	EARLIER_MAX = 256, /* logs that are remembered */
	FAIR_PERCENT = 50, /* that of one of common names, to be taken at all */
};

bool teller_open(struct teller *t, const struct book *book, int64_t now, struct err *err)
{
	*t = (struct teller){.book = book, .now = now};
	t->zone = zone_open("local", err);
	if (t->zone == NULL || !ways_open(&t->ways, book, err))
		return false;
	presets_open(&t->presets, book);
	t->last = t->presets.n;
	return true;
}

void teller_close(struct teller *t)
{
	for (size_t i = 0; i < t->earlier_n; i++) {
		source_free(&t->earlier[i].source);
		config_free(&t->earlier[i].config);
		buf_free(&t->earlier[i].body);
		buf_free(&t->earlier[i].shape);
		buf_free(&t->earlier[i].dir);
	}
	free(t->earlier);
	buf_free(&t->shape);
	buf_free(&t->dir);
	presets_close(&t->presets);
	ways_close(&t->ways);
	zone_free(&t->zone);
}

void telling_free(struct telling *t)
{
	buf_free(&t->body);
	fit_free(&t->fit);
	*t = (struct telling){0};
}

/* ---- presets ---- */

/* Whether `a` reads the sample better than `b`. */
static bool better(const struct fit *a, const struct fit *b)
{
	if (a->complete != b->complete)
		return a->complete > b->complete;
	if (a->rejected + a->broken != b->rejected + b->broken)
		return a->rejected + a->broken < b->rejected + b->broken;
	if (a->marked != b->marked)
		return a->marked > b->marked;
	return a->filled > b->filled;
}

/* The best preset of a kind; presets.n: none gives a call. *best is its fit, to be freed. */
static size_t best_of(struct teller *t, struct sample *sample, enum preset_kind kind,
                      struct fit *best)
{
	size_t found = t->presets.n;

	*best = (struct fit){0};
	for (size_t i = 0; i < t->presets.n; i++) {
		const struct preset *p = &t->presets.v[i];
		struct fit fit;
		bool good;

		if (p->kind != kind)
			continue;
		fit_run(&fit, sample, p->source, t->now);
		good = fit.complete > 0 && fit_percent(&fit) >= FAIR_PERCENT &&
		       (kind != PRESET_MARKS || fit.marked > 0);
		if (good && (found == t->presets.n || better(&fit, best))) {
			fit_free(best);
			*best = fit;
			found = i;
		} else {
			fit_free(&fit);
		}
	}
	return found;
}

static void take_preset(struct teller *t, struct telling *ret, size_t i, struct fit *fit,
                        enum told told)
{
	t->last = i;
	ret->told = told;
	ret->preset = t->presets.v[i].name;
	ret->fit = *fit;
	*fit = (struct fit){0};
	emit_body(&ret->body,
	          &(struct guess){.preset = ret->preset, .values = t->presets.v[i].values});
}

static bool is_sure(const struct fit *fit, int64_t calls)
{
	return fit->marked > 0 && fit->complete >= calls && fit_percent(fit) >= GOOD_PERCENT;
}

/* The preset of the file before, for folders full of logs of the same kind. */
static bool try_last(struct teller *t, struct sample *sample, struct telling *ret)
{
	struct fit fit;
	bool good;

	if (t->last >= t->presets.n || t->presets.v[t->last].kind != PRESET_MARKS)
		return false;
	fit_run(&fit, sample, t->presets.v[t->last].source, t->now);
	good = is_sure(&fit, 1);
	if (good)
		take_preset(t, ret, t->last, &fit, TOLD_MARKS);
	fit_free(&fit);
	return good;
}

/* ---- what was told of an earlier file ---- */

static bool is_alike(const struct teller *t, const struct earlier *e)
{
	return str_eq(buf_view(&e->shape), buf_view(&t->shape)) &&
	       str_eq(buf_view(&e->dir), buf_view(&t->dir));
}

static bool try_earlier(struct teller *t, struct sample *sample, struct telling *ret)
{
	for (size_t i = 0; i < t->earlier_n; i++) {
		const struct earlier *e = &t->earlier[i];
		struct fit fit;

		if (!is_alike(t, e))
			continue;
		fit_run(&fit, sample, e->source, t->now);
		if (fit.complete == 0 || fit.unknown || fit.flawed || fit_percent(&fit) < 100) {
			fit_free(&fit);
			continue;
		}
		ret->told = e->told;
		ret->preset = e->preset;
		ret->fit = fit;
		buf_str(&ret->body, buf_view(&e->body));
		return true;
	}
	return false;
}

static void remember(struct teller *t, const struct telling *told)
{
	struct earlier e = {.preset = told->preset, .told = told->told};
	struct err ignored = {0};

	if (t->earlier_n == EARLIER_MAX)
		return;
	e.config = emit_config("log", buf_view(&told->body), &ignored);
	if (e.config)
		e.source = source_new(&e.config->sources[0], t->book, &ignored);
	if (e.source == NULL) {
		config_free(&e.config);
		return;
	}
	buf_str(&e.body, buf_view(&told->body));
	buf_str(&e.shape, buf_view(&t->shape));
	buf_str(&e.dir, buf_view(&t->dir));
	t->earlier =
		array_room(t->earlier, t->earlier_n, &t->earlier_capacity, sizeof(*t->earlier));
	t->earlier[t->earlier_n++] = e;
}

/* ---- presets and guesses together ---- */

static struct guessing guessing_of(const struct teller *t, struct sample *sample)
{
	return (struct guessing){
		.ways = &t->ways,
		.evidence = {.book = t->book,
	                     .times = {t->zone, sample_time(sample)},
	                     .now = t->now},
		.sample = sample,
		.now = t->now,
	};
}

/* A preset of common names, with what it does not know added. */
static void take_common(struct teller *t, struct sample *sample, struct telling *ret, size_t i,
                        struct fit *fit)
{
	struct guessing g = guessing_of(t, sample);

	if (!refine_preset(&g, &t->presets.v[i], fit)) {
		take_preset(t, ret, i, fit, TOLD_COMMON);
	} else {
		t->last = i;
		ret->told = TOLD_COMMON;
		ret->preset = t->presets.v[i].name;
		ret->fit = g.fit;
		ret->body = g.body;
		g.fit = (struct fit){0};
		g.body = (struct buf){0};
	}
	guessing_free(&g);
}

/* False: nothing was found that looks like a call. */
static bool take_guess(struct teller *t, struct sample *sample, struct telling *ret)
{
	struct guessing g = guessing_of(t, sample);
	bool found = refine_guess(&g);

	if (found) {
		ret->told = g.whole ? TOLD_FOUND : TOLD_PARTLY;
		ret->fit = g.fit;
		ret->body = g.body;
		g.fit = (struct fit){0};
		g.body = (struct buf){0};
	}
	guessing_free(&g);
	return found;
}

/* One look at what the sample has; `last`: there will be no other. False: nothing is told yet. */
static bool look(struct teller *t, struct sample *sample, bool last, struct telling *ret)
{
	struct fit marked, own, common;
	size_t a = best_of(t, sample, PRESET_MARKS, &marked), b, c;
	bool told = true;

	if (a < t->presets.n && is_sure(&marked, ENOUGH_CALLS)) {
		take_preset(t, ret, a, &marked, TOLD_MARKS);
		return true;
	}
	if (!last && sample_bytes(sample) < SAMPLE_MORE) {
		fit_free(&marked);
		return false;
	}
	b = best_of(t, sample, PRESET_OWN, &own);
	c = best_of(t, sample, PRESET_COMMON, &common);
	if (a < t->presets.n && marked.complete * 2 >= common.complete)
		take_preset(t, ret, a, &marked, TOLD_MARKS);
	else if (b < t->presets.n && own.complete * 2 >= common.complete)
		take_preset(t, ret, b, &own, TOLD_MARKS);
	else if (c < t->presets.n)
		take_common(t, sample, ret, c, &common);
	else
		told = take_guess(t, sample, ret);
	fit_free(&marked);
	fit_free(&own);
	fit_free(&common);
	return told;
}

/* What tells a log at the first sight: that others like it have been told. */
static bool at_sight(struct teller *t, struct sample *sample, struct telling *ret)
{
	return try_earlier(t, sample, ret) || try_last(t, sample, ret);
}

void tell(struct teller *t, const char *path, struct sample *sample, struct telling *ret)
{
	static const size_t steps[] = {SAMPLE_FIRST, SAMPLE_MORE, SAMPLE_MOST};
	bool told = false, more = true;
	size_t records;
	uint64_t passed;

	*ret = (struct telling){.told = TOLD_NOTHING};
	buf_clear(&t->shape);
	buf_clear(&t->dir);
	glob_shape(&t->shape, str_of(path));
	buf_str(&t->dir, glob_dir(str_of(path)));
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && more && !told; i++) {
		more = sample_extend(sample, steps[i]);
		if (i == 0 && at_sight(t, sample, ret))
			told = true;
		else if (look(t, sample, !more, ret)) {
			told = true;
			if (ret->told <= TOLD_FOUND)
				remember(t, ret);
		}
	}
	ret->bytes = sample_bytes(sample);
	ret->whole = !more;
	if (!told) {
		(void)sample_records(sample, t->ways.sources[WAY_TEXT], &records, &passed);
		ret->fit.records = (int64_t)records;
	}
}
