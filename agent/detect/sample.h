/*
 * The first records of a log, as its reading would give them: plain or gzip, framed, out of their
 * envelopes. Bounded, however large the file or its lines.
 */
#ifndef DETECT_SAMPLE_H
#define DETECT_SAMPLE_H

#include <stdint.h>

#include "agent/base/err.h"
#include "agent/base/mem.h"
#include "agent/meter/source.h"

enum {
	SAMPLE_FIRST = 64 << 10, /* bytes that suffice for a log full of calls */
	SAMPLE_MORE = 1 << 20,   /* where calls are rare, or the log is not known */
	SAMPLE_MOST = 8 << 20,   /* where not one was found */
};

struct sample_record {
	struct str text; /* RECORD_PAD readable bytes behind it */
	struct str time; /* of its envelope; empty: it says none */
};

struct sample;

/* NULL and *err "PATH: why" when it cannot be read. */
struct sample *sample_open(const char *path, bool follow_symlinks, struct err *err);
/* Standard input, or another descriptor that the sample then owns. */
struct sample *sample_of_fd(int fd, const char *name);
/* Bytes of a log that are there already, which must outlive the sample. `time` is the file's. */
struct sample *sample_of_text(struct str text, int64_t time);
void sample_free(struct sample **s);

/* Reads on until there are `bytes`. False: the file ended before, or was damaged, so that no more
 * will ever be there. Records given before are not valid any more. */
bool sample_extend(struct sample *s, size_t bytes);
size_t sample_bytes(const struct sample *s);
/* When the file was written last, microseconds. */
int64_t sample_time(const struct sample *s);

/* The beginning, as it stands in the file. */
struct str sample_head(const struct sample *s);

/*
 * The records as this source reads them, but for those that it passes over unread, which are
 * counted in *passed. Valid until the next call.
 */
const struct sample_record *sample_records(struct sample *s, const struct source *source, size_t *n,
                                           uint64_t *passed);

#endif
