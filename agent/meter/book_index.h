/* A book as it is looked into. Private to book.c, which builds it, and book_find.c. */
#ifndef METER_BOOK_INDEX_H
#define METER_BOOK_INDEX_H

#include "agent/base/mem.h"
#include "agent/meter/book.h"

enum { PROVIDERS_MAX = 512 };

/* A set of sellers by number. */
struct sellers {
	uint64_t word[PROVIDERS_MAX / 64];
};

static inline bool sellers_has(const struct sellers *s, uint32_t seller)
{
	return s->word[seller / 64] >> seller % 64 & 1;
}

static inline void sellers_add(struct sellers *s, uint32_t seller)
{
	s->word[seller / 64] |= UINT64_C(1) << seller % 64;
}

static inline void sellers_remove(struct sellers *s, uint32_t seller)
{
	s->word[seller / 64] &= ~(UINT64_C(1) << seller % 64);
}

struct book_entry {
	const struct price *rows; /* in the order of `from` */
	size_t n;
	bool estimated;
};

struct seller {
	struct str name;
	bool is_host;         /* sells models that others make */
	bool only_imported;   /* no book but imported ones knows it */
	struct sellers hosts; /* whose books hold here too */
};

/* A name of an entry, in lower case, or with equal spellings made equal (match_spelling). */
struct book_name {
	struct str text;
	uint32_t seller, entry;
	int layer;
};

struct book {
	struct arena arena; /* texts, and what rows point to */
	struct price *rows;
	size_t rows_n;
	struct book_entry *entries;
	size_t entries_n;
	struct seller sellers[PROVIDERS_MAX];
	size_t sellers_n;
	struct seller_alias {
		struct str alias;
		uint32_t seller;
	} * aliases;
	size_t aliases_n;
	struct book_name *names, *spellings; /* sorted by text, each text once per seller */
	size_t names_n, spellings_n;
	struct book_name *globs; /* in the order of precedence */
	size_t globs_n;
	const struct config *config;  /* its aliases; NULL: none */
	struct book_entry substitute; /* what unknown_model.price_as names; n 0: none */
};

/* The number of a provider that a book of ours is about; sellers_n: none is. */
uint32_t book_seller(const struct book *b, struct str provider);

/* As book_find without aliases of the configuration, and only by the names of books that are looked
 * into after those of `layer`. */
const struct book_entry *book_find_beneath(const struct book *b, int layer, struct str provider,
                                           struct str model);

#endif
