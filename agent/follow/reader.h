/*
 * The bytes of one file, plain or gzip (by magic, all members), in whole records. It knows nothing
 * of their meaning, and never gives part of one: a piece ends at a newline, or where its caller
 * says that a record ends. It keeps the hashes of head and frontier as it goes.
 */
#ifndef FOLLOW_READER_H
#define FOLLOW_READER_H

#include "agent/base/err.h"
#include "agent/follow/mark.h"

enum {
	LINE_MAX_BYTES = 64 << 20, /* a longer line or record is passed over and counted */
	PIECE_BYTES = 256 << 10,   /* of a usual piece; a longer line makes a longer piece */
	PIECE_PAD = 64,            /* readable bytes behind a piece, all 0 */
};

/* Where pieces are put: one per thread, grows to the longest line and shrinks again. */
struct piece {
	char *p;  /* PIECE_PAD readable bytes behind p + n */
	size_t n; /* whole records; lines end with a newline, but see `last` */
	size_t capacity;
	int64_t offset;      /* of p[0] in the decompressed file */
	bool last;           /* the file ended: the final line may lack its newline */
	uint64_t long_lines; /* lines over LINE_MAX_BYTES passed over before or in this piece */
	/* The mark as it is when all of this piece is counted. */
	int64_t end; /* offset behind the piece; counts a passed-over line too */
	uint32_t head_n, frontier_n;
	struct hash128 head, frontier;
};

void piece_free(struct piece *p);

struct reader;

/* How an unterminated last line of a plain file is taken: it may still grow, so only when
 * `finished` (standard input, or a caller that knows nobody writes any more). At the verified end
 * of a gzip it always counts. */
struct reader_options {
	bool finished;
	bool followed; /* a plain file that others may truncate while it is read: READ_REPLACED */
};

/* Opens `path` for reading without following a link in the last place unless `follow_symlinks`,
 * never blocking on a FIFO; fills the stat hints and `gzip` of *m. NULL and *err "PATH: why" when
 * it is not a regular file or cannot be opened. */
struct reader *reader_open(const char *path, bool follow_symlinks, struct reader_options options,
                           struct mark *m, struct err *err);
/* Standard input or another descriptor, which it then owns; no identity. `name` is for errors
 * ("standard input") and must outlive the reader. */
struct reader *reader_from_fd(int fd, const char *name, struct reader_options options);
void reader_close(struct reader **r);

/*
 * Goes to `known->offset` and proves on the way that the content up to there is what was counted:
 * head and frontier hashes agree. True: reading goes on from there. False: other content; the
 * reader is back at the start. For a gzip this inflates up to the offset.
 */
bool reader_resume(struct reader *r, const struct mark *known);

/* What proves later that the first `size` bytes of a plain file are still those of now: offset,
 * head and frontier of *m. False: there are not so many. */
bool reader_prove(const struct reader *r, int64_t size, struct mark *m);

/* The first up to MARK_BYTES decompressed bytes, for finding candidates; stays where it was. */
struct str reader_head(struct reader *r);

/*
 * Where records end. PIECE_PAD readable bytes are behind all that is asked about.
 *
 * `whole` says how many of the bytes are whole records; `head` are the first up to MARK_BYTES of
 * the file, as far as they are known. `pass` is asked when the first record has more than
 * LINE_MAX_BYTES: how many of the bytes are of it, and in *on whether it goes on behind them. Then
 * it is asked again, with what it left and more. `first`: the bytes begin with the record.
 */
struct reader_cut {
	size_t (*whole)(void *arg, struct str head, struct str bytes);
	void *arg;
	size_t (*pass)(void *arg, struct str bytes, bool first, bool *on);
};

enum read_result {
	READ_PIECE,   /* *p is filled (n may be 0 if only long lines were passed over) */
	READ_END,     /* nothing more now; an unterminated line may be left for later */
	READ_CORRUPT, /* a gzip is damaged here; what was whole has been given. reader_error says */
	READ_ERROR,   /* the system failed to read; reader_error says */
	READ_REPLACED, /* what was read before is no longer there; nothing of this read counts */
};

/* The next piece: whole lines, or with `cut` (NULL: lines) whole records of whatever kind. Not
 * thread-safe: callers take turns. */
enum read_result reader_next(struct reader *r, const struct reader_cut *cut, struct piece *p);
/* ---- of a file that is followed ---- */

/* Whether size or time of the open file are others than in the hints of *m. */
bool reader_has_changed(const struct reader *r, const struct mark *m);
/* Brings the hints of *m up to date. */
void reader_refresh(const struct reader *r, struct mark *m);
/* Whether a file that was empty, or had one byte, when it was opened as a plain one is a gzip. */
bool reader_became_gzip(const struct reader *r);
/* Nobody writes any more: an unterminated last line counts. */
void reader_set_finished(struct reader *r);
bool reader_is_finished(const struct reader *r);
/* Back to the start, with nothing known of what was read; brings *m's hints up to date. */
void reader_begin_anew(struct reader *r, struct mark *m);

const char *reader_error(const struct reader *r);
/* Of the file as such: compressed bytes consumed, for progress. */
int64_t reader_consumed(const struct reader *r);
/* Bytes of an unterminated line at the end, not given. */
int64_t reader_unfinished(const struct reader *r);

#endif
