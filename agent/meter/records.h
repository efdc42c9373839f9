/*
 * The records of a piece of a file: taken out of their envelopes, joined where an envelope holds
 * only a part, cut where a line or a JSON value ends. Pure, and of no memory from piece to piece: a
 * piece always ends where a record does (records_whole says where that is).
 */
#ifndef METER_RECORDS_H
#define METER_RECORDS_H

#include "agent/meter/source.h"
#include "parsers/json_frame.h"

enum { ENVELOPES_MAX = UNWRAP_MAX + 2 };

struct record {
	struct str text; /* RECORD_PAD readable bytes behind it; lives until the next piece */
	struct str time; /* that the innermost envelope says; empty: none */
	size_t at;       /* byte of the piece at which its first line begins */
	size_t end;      /* and behind its last one, without the newline */
	size_t parts;    /* lines of an envelope that were joined; 1: none were */
	enum envelope envelopes[ENVELOPES_MAX]; /* that were taken off, outermost first */
	size_t envelopes_n;
};

/* The envelopes that all lines of a file are in, outermost first: found out from its beginning,
 * unless the source names them. */
struct wrapping {
	enum envelope kinds[UNWRAP_MAX];
	size_t n;
};

struct wrapping records_wrapping(const struct source *s, struct str head);

/* The working memory of one thread. */
struct records;
struct records *records_new(void);
void records_free(struct records **r);

/* How many bytes of `bytes` are whole records: only what follows may be a part of one. The bytes
 * begin where a record does, and have RECORD_PAD readable ones behind them. 0 too when the first
 * record has more than LINE_MAX_BYTES. */
size_t records_whole(struct records *r, const struct source *s, const struct wrapping *w,
                     struct str bytes);

/* A record that is passed over because it is too long; all 0 at its beginning. */
struct passing {
	bool on;                      /* its end has not come */
	unsigned open;                /* a bit for each envelope and stream that it is in */
	bool in_envelope;             /* a line of an envelope is too long itself */
	struct json_passing envelope; /* that, where envelopes are JSON values */
	struct json_passing value;    /* the record, where JSON values are records */
};

/* How many bytes belong to such a record: one that begins with `bytes`, or with p->on the one whose
 * beginning was passed over. The rest of the bytes is to be given again, with more behind it, when
 * p->on says that it has not ended. Records of another stream between its parts go with it. */
size_t records_pass(struct records *r, const struct source *s, const struct wrapping *w,
                    struct str bytes, struct passing *p);

/* Begins with a piece, which is whole records. `last`: it ends the file, so what is not whole is a
 * record too. Keeps `s`, `w` and `bytes`. */
void records_start(struct records *r, const struct source *s, const struct wrapping *w,
                   struct str bytes, bool last);

/* All records are given, also those that lack the source's literal: for who looks at them. */
void records_give_all(struct records *r);

/* The next one. *passed is set to the records before it that were passed over because they lack the
 * source's literal (also when it returns false: those up to the end). */
bool records_next(struct records *r, struct record *ret, uint64_t *passed);

#endif
