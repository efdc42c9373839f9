/*
 * Any log is told or not, and what is printed for it is a configuration that can be read, compiles,
 * and reads the log as was said.
 */
#include <assert.h>
#include <stdlib.h>

#include "agent/base/zone.h"
#include "agent/detect/emit.h"
#include "agent/detect/tell.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* 2026-11-23T00:00:00Z */
#define NOW (INT64_C(1795392000) * TIME_SEC)

static struct book *book;
static struct teller teller;

static void open_once(void)
{
	struct err err = {0};
	static struct config *none;

	if (book)
		return;
	none = config_parse(STR(""), "none", &err);
	book = book_open(none, &err);
	assert(book && teller_open(&teller, book, NOW, &err));
}

static void check_body(const struct telling *t, struct str log)
{
	struct err err = {0};
	struct config *config = emit_config("log", (struct str){t->body.p, t->body.n}, &err);
	struct source *source;
	struct sample *sample;
	struct fit fit;

	assert(config);
	source = source_new(&config->sources[0], book, &err);
	assert(source);
	sample = sample_of_text(log, NOW);
	fit_run(&fit, sample, source, NOW);
	assert(fit.records == t->fit.records && fit.complete == t->fit.complete);
	fit_free(&fit);
	sample_free(&sample);
	source_free(&source);
	config_free(&config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str log = {size ? (const char *)data : "", size};
	struct sample *sample;
	struct telling t;

	open_once();
	sample = sample_of_text(log, NOW);
	tell(&teller, "fuzz.log", sample, &t);
	assert(t.told <= TOLD_NOTHING);
	assert((t.told < TOLD_NOTHING) == (t.body.n > 0));
	assert(t.told > TOLD_FOUND || t.fit.complete > 0);
	if (t.told < TOLD_NOTHING)
		check_body(&t, log);
	telling_free(&t);
	sample_free(&sample);
	return 0;
}
