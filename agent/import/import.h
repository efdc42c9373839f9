/*
 * The public price books, turned into one of ours. Reading one gives its models as a shelf of
 * book_read.h and an account of what was left out and not understood; merging holds them against
 * the prices there are. Pure: text in, text out.
 */
#ifndef IMPORT_IMPORT_H
#define IMPORT_IMPORT_H

#include "agent/meter/book_read.h"

/* Limits of what a public book may hold. */
enum {
	IMPORT_BYTES_MAX = 64 << 20,
	IMPORT_MODELS_MAX = 20000,
	IMPORT_ALSO_MAX = 64, /* further names of a model; more are not understood */
	IMPORT_ROWS_MAX = 64, /* prices of a model; one with more is left out */
	IMPORT_NOTES_MAX = 256,
};

enum note_kind {
	NOTE_LEFT_OUT, /* a model, and why */
	NOTE_FIELD,    /* a price of a model that is otherwise there */
	NOTE_NAME,     /* a name or a rule for names of such a model */
	NOTE_ROUNDED,  /* a price that is no whole number of femto-dollars */
};

/* One kind of thing that did not come along as it stood. */
struct note {
	enum note_kind kind;
	char *what;    /* "costs nothing", "input_cost_per_pixel" */
	char *example; /* the first model */
	size_t n;
};

enum change_kind { CHANGE_NEW, CHANGE_CHANGED, CHANGE_DROPPED };

/* How a model's price at the import's date changes by it. */
struct change {
	enum change_kind kind;
	const struct model *model;
	const struct price *before, *after; /* NULL: none */
	bool jump;                          /* by ten times or more */
};

struct import {
	const struct import_format *format;
	int64_t date; /* from when on undated prices hold, a midnight */
	char date_text[16];
	char today[16];     /* when the prices were checked */
	struct shelf shelf; /* as the public book has it, then as it is to be written */
	struct note *notes;
	size_t notes_n, notes_capacity;
	size_t models; /* that the public book has, those left out too */
	/* Of the merge. */
	struct change *changes;
	size_t changes_n, changes_capacity;
	size_t same, new, changed, dropped, jumps;
	size_t kept;                 /* models that the book of before had, and not as gone */
	struct shelf old;            /* what an earlier import has written */
	struct book *before, *after; /* what `changes` points into */
};

/* A row of the table of formats; the order is that of imported_books. */
struct import_format {
	const char *name;  /* "litellm" */
	const char *title; /* for people */
	const char *source;
	bool dated; /* its prices say from when on they hold */
	/* Paths whose values have these types in such a book and in no other; NULL ends them. */
	struct import_shape {
		const char *path;
		enum value_type type;
	} shapes[2];
	/* Adds all models. False and *err when it cannot be such a book after all. */
	bool (*read)(struct import *im, struct str text, struct err *err);
};

extern const struct import_format format_genai_prices, format_litellm, format_models_dev,
	format_openrouter;

/*
 * Reads a public book of any format. RECORD_PAD readable bytes are behind the text. False and *err
 * "NAME: what" when it is damaged, no book that is known, or has no model with a price.
 */
bool import_read(struct import *im, struct str text, const char *name, struct err *err);

/*
 * Appends the book to write: what the book of an earlier import had (`old`, empty: there is none),
 * with what has been read. im->shelf is then what is written. False and *err when `old` is no such
 * book.
 */
bool import_merge(struct import *im, struct str old, const char *old_name, struct buf *out,
                  struct err *err);

/* Counts something of a kind; the first example is kept. */
void import_note(struct import *im, enum note_kind kind, struct str what, struct str example);

/* Why a person should look before it is written, as text; false: there is nothing. */
bool import_is_odd(const struct import *im, struct buf *why);

void import_free(struct import *im);

#endif
