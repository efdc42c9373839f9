/*
 * How well a source reads a sample: what becomes of its records, and one call as an example.
 */
#ifndef DETECT_FIT_H
#define DETECT_FIT_H

#include "agent/detect/sample.h"
#include "agent/meter/extract.h"

enum fit_kind { FIT_OTHER, FIT_COMPLETE, FIT_UNKNOWN };

struct fit {
	int64_t records; /* read; all that follows adds up to more than this with `each` */
	int64_t calls;
	int64_t complete; /* calls with a model and tokens, or a model and an error */
	int64_t unknown;  /* calls without usage that are no errors */
	int64_t flawed;   /* calls whose parts exceed their whole */
	int64_t unpriced; /* calls of models without a price */
	int64_t skipped, duplicates;
	int64_t rejected;       /* other than broken */
	int64_t broken;         /* not of the format at all */
	int64_t marked;         /* records that pass the tests of `detect` */
	int64_t filled;         /* fields that all complete calls have together */
	char reason[80];        /* of the first that was rejected; "" */
	char value[80];         /* and what stood there */
	int64_t fields[FIELDS]; /* complete calls that have it, by the table of fields */
	unsigned char *kinds;   /* of each record, enum fit_kind */
	bool has_call;
	struct call call; /* the first complete call; its texts are in `memory` */
	struct arena memory;
};

/* Reads the sample with a source. `now` is the clock. Free the fit also when it has no call. */
void fit_run(struct fit *fit, struct sample *sample, const struct source *source, int64_t now);
void fit_free(struct fit *fit);
/*
 * The sureness: of the records that are calls or could not be read as such, per cent that give all
 * of time, model and tokens. 0 when there is no call.
 */
int fit_percent(const struct fit *fit);

#endif
