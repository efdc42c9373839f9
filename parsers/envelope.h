/*
 * What stands around a record when something between the program and the file wraps it: a container
 * engine, syslog, the journal, a log library's own prefix. One line at a time, one envelope deep.
 */
#ifndef PARSERS_ENVELOPE_H
#define PARSERS_ENVELOPE_H

#include "parsers/value.h"

enum envelope {
	ENVELOPE_DOCKER,   /* {"log":"...\n","stream":"stdout","time":"..."}, also as Fluentd and
	                      Fluent Bit pass it on */
	ENVELOPE_CRI,      /* 2026-03-12T09:00:00.123Z stdout F ... */
	ENVELOPE_SYSLOG,   /* RFC 3164 and RFC 5424, with or without <PRI> */
	ENVELOPE_JOURNALD, /* journalctl -o json: {"MESSAGE":"...",...} */
	ENVELOPE_PREFIX,   /* any text before the first { */
};

enum {
	UNWRAP_MAX = 4,        /* envelopes around one record */
	ENVELOPE_STREAMS = 2,  /* standard output and error, whose pieces do not belong together */
	ENVELOPE_TIME_MAX = 64 /* bytes of text that may be a time */
};

/* What is in an envelope. */
struct enveloped {
	struct value text; /* a string with escapes, or plain text */
	struct str time;   /* as it stands there, maybe with more behind it; empty: none */
	unsigned stream;   /* below ENVELOPE_STREAMS */
	bool partial;      /* the record goes on in the next line of this stream */
};

/* The compiled paths of all envelopes; immutable. */
struct envelopes;
struct envelopes *envelopes_new(void);
void envelopes_free(struct envelopes **e);

/*
 * Opens a line without its newline; RECORD_PAD readable bytes are behind it. False: it is not in
 * this envelope. Memory comes from `scratch`.
 */
bool envelope_open(const struct envelopes *e, enum envelope kind, struct str line,
                   struct arena *scratch, struct enveloped *ret);

/* Whether a line can be told to hold a whole record without being opened. */
bool envelope_is_whole(enum envelope kind, struct str line);

/*
 * Which of docker, CRI and journald the first record of a file is in, as far as `head`, its
 * beginning, shows; no blank lines are before it. Also when text stands before it: then *before is
 * set. *line is what of the record there is. False: in none. Of the first 1 KiB of a file the
 * answer is the same as soon as they are there, or the first record is.
 */
bool envelope_guess(struct str head, enum envelope *kind, bool *before, struct str *line);

const char *envelope_name(enum envelope kind);

#endif
