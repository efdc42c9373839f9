/* Price books as written: YAML to models with their rows. Private to the book (book.c). */
#ifndef METER_BOOK_READ_H
#define METER_BOOK_READ_H

#include "agent/base/mem.h"
#include "agent/meter/book.h"

enum { BOOK_MODELS_MAX = 100000 }; /* of all books together */

/* A model as one file gives it. */
struct model {
	char *provider;
	char *name; /* as written */
	char **also, **match;
	size_t also_n, match_n;
	char *gone; /* the date since which the book it was imported from has it no more; NULL */
	struct price *prices; /* in the order of `from` */
	size_t prices_n;
	int layer; /* of the file it is from: lower wins */
	struct place place;
};

/* What a file says about its provider. */
struct vendor {
	char *provider;
	char **aliases;
	size_t aliases_n;
	bool is_host; /* sells others' models: `host_of` is there, if empty */
	char **host_of;
	size_t host_of_n;
	bool imported; /* of a public book, by `prices import` */
	struct place place;
};

/* What has been read so far. Texts and rows lie in the arena. */
struct shelf {
	struct arena arena;
	struct model *models;
	size_t models_n, models_capacity;
	struct vendor *vendors;
	size_t vendors_n, vendors_capacity;
};

/* Adds a file. False and *err "FILE:LINE: KEY: what" on the first mistake. */
bool shelf_add_file(struct shelf *s, struct str text, const char *name, int layer, struct err *err);
/* Adds the list `prices.own` of the configuration file `name`. */
bool shelf_add_own(struct shelf *s, const struct yaml_node *list, const char *name, int layer,
                   struct err *err);
/* Adds the resources of the configuration that are paid by the unit. */
bool shelf_add_resources(struct shelf *s, const struct config *config, int layer, struct err *err);
void shelf_free(struct shelf *s);

/* The provider of own prices that name none: they hold for every provider. */
#define OWN_PROVIDER "own"

#endif
