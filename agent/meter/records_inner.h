/*
 * The inside of what reads records, shared by records.c, which gives them one by one,
 * records_open.c, which takes them out of their envelopes, and records_cut.c, which says where they
 * are whole.
 *
 * Envelopes that escape or divide what they hold are opened line by line into `inner`, a text that
 * looks as if the program had written it to a file of its own; `lines` says where each of its lines
 * came from. From there on all logs are alike: the text is cut into records by lines or JSON
 * values. Envelopes that only stand before a record are stripped when it has been cut.
 */
#ifndef METER_RECORDS_INNER_H
#define METER_RECORDS_INNER_H

#include "agent/follow/frame.h"
#include "agent/meter/plan.h"
#include "agent/meter/records.h"

/* Where the text of a line comes from. */
struct whence {
	size_t at, end;  /* in the piece, of the first part and behind the last one */
	size_t parts;    /* 1: it was in one line */
	unsigned opened; /* the envelopes it was taken out of, a bit for each level */
	struct str time; /* that the innermost of them says */
};

/* A line of `inner`. */
struct line {
	size_t at;     /* where it begins there */
	size_t behind; /* in the piece, what ended it, if nothing else was open then; else 0 */
	struct whence whence;
};

/* A record of which the last part has not come yet. */
struct pending {
	struct buf text;
	struct whence whence;
	size_t seen;                  /* the last part */
	char time[ENVELOPE_TIME_MAX]; /* that it says */
	bool open;
};

struct records {
	struct envelopes *envelopes;
	struct arena scratch;
	struct buf inner;
	struct line *lines;
	size_t lines_n, lines_room;
	struct pending pending[UNWRAP_MAX][ENVELOPE_STREAMS];
	size_t open; /* of them */
	bool dry;    /* only what is open is asked, not the text */
	bool all;    /* none are passed over */
	/* The pending text that the line which is opened lies in, so not for long; NULL: in none.
	 */
	struct buf *joined;
	/* Of the piece. */
	const struct source *source;
	const struct wrapping *wrapping;
	struct str text;    /* the bytes of the piece, or `inner` */
	bool unwrapped;     /* the latter */
	struct frame frame; /* of lines */
	size_t at;          /* of JSON values: the next one */
	size_t line;        /* the one that the last record began in */
};

/* ---- records_open.c ---- */

/* Begins with other bytes. */
void records_use(struct records *r, const struct source *s, const struct wrapping *w);
/* Whether lines have to be opened before they can be cut. The others are records with something
 * before them. */
bool records_must_open(const struct wrapping *w);
/* With `frame: json`, envelopes that are JSON may have newlines in them or be elements of an array:
 * they are cut like any JSON before they are opened. All others are lines. */
bool records_cut_by_values(const struct records *r);

/* Forgets all lines and all parts. `dry`: nothing is to be put into `inner`. */
void records_open_start(struct records *r, bool dry);
/* The next line of the envelope, opened. False: there is none; *at is then behind what no line has
 * need of. `last`: all that there is is whole. */
bool records_open_next(struct records *r, struct str bytes, bool last, size_t *at);
/* Takes records whose last part is not to come, as none has since `before`, as they are. */
void records_open_stale(struct records *r, size_t before);
/* A part of a record: as if one without text stood at the beginning of the piece. */
void records_open_again(struct records *r, size_t level, size_t stream);
/* Readable bytes behind what is in a buffer. */
void records_pad(struct buf *text);

#endif
