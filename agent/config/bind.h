/*
 * Binds YAML to the members of structs by the table of keys (keys.h). Private to agent/config.
 * A bind function reads the value of one key: it checks the type, copies what it keeps into the
 * arena, writes to `into`, and on a mistake sets the error with file, line and key.
 */
#ifndef CONFIG_BIND_H
#define CONFIG_BIND_H

#include "agent/base/buf.h"
#include "agent/base/mem.h"
#include "agent/config/config.h"

struct binder {
	struct arena *arena; /* owns all that is bound */
	const char *file;    /* for messages; lives as long as the arena */
	struct err *err;
	struct buf at; /* the key being read, as messages show it: "sources[0].dedupe.keep" */
};

struct key;
typedef bool bind_fn(struct binder *b, const struct key *key, const struct yaml_node *node,
                     void *into);

struct key {
	const char *path;     /* "sources[].dedupe.keep" */
	const char *type;     /* for people; of a choice it is also what is accepted: "a | b | c" */
	const char *fallback; /* read by `bind` when the key is not there; "": none */
	bind_fn *bind;
	size_t offset;   /* of the member in the struct that `into` points at */
	size_t offset_n; /* of the member that counts, for lists and maps */
	const char *meaning;
};

/* Reads every key of `map` by the rows directly under `path` ("" is the root). A null is empty. */
bool bind_map(struct binder *b, const char *path, const struct yaml_node *map, void *into);
/* Sets what has a default under `path`, but not in the items of lists and maps; never fails. */
void bind_defaults(struct binder *b, const char *path, void *into);

/* Sets "FILE:LINE: KEY: words" (line 0: none, for what is not from a file). Returns false. */
__attribute__((format(printf, 3, 4))) bool bind_fail(struct binder *b, int line, const char *format,
                                                     ...);
/* "expected WHAT, found ..." with what the node holds. */
bool bind_expected(struct binder *b, const struct yaml_node *node, const char *what);

/* A step deeper in the name that messages show; returns where to cut it off again. */
__attribute__((format(printf, 2, 3))) size_t bind_enter(struct binder *b, const char *format, ...);
void bind_leave(struct binder *b, size_t mark);
struct place bind_place(const struct binder *b, int line);
/* A NUL-ended copy in the arena. */
char *bind_copy(struct binder *b, struct str text);

/* ---- bind functions: each says the type of the member it writes ---- */
bind_fn bind_section;  /* a map with keys of its own, in the same struct; their defaults first */
bind_fn bind_merged;   /* the same, but what is not given stays as it was */
bind_fn bind_text;     /* char *, not empty */
bind_fn bind_value;    /* char *, may be empty */
bind_fn bind_word;     /* char *, one of the alternatives of key->type */
bind_fn bind_enum;     /* an enum whose values are in the order of the alternatives of key->type */
bind_fn bind_file;     /* char *; a leading ~/ becomes the home directory */
bind_fn bind_bool;     /* bool */
bind_fn bind_duration; /* int64_t microseconds, more than 0 */
bind_fn bind_start;    /* int64_t microseconds, START_END or INT64_MIN */
bind_fn bind_keep_hourly;
bind_fn bind_keep_some; /* the same without KEEP_NONE */
bind_fn bind_keep;      /* the same, KEEP_FOREVER or KEEP_NONE */
bind_fn bind_zone;      /* char *: the name of a time zone that the system knows */
bind_fn bind_texts;     /* char ** and size_t: one text or a list of them */
bind_fn bind_files;     /* the same, each as bind_file */
bind_fn bind_pairs;     /* struct pair * and size_t; a key that is there already is replaced */
bind_fn bind_list;      /* const struct yaml_node *: the list itself, which must outlive `into` */

/* Which alternative of key->type ("a | b | c") the node names. */
bool bind_choice(struct binder *b, const struct key *key, const struct yaml_node *node,
                 size_t *index);
/* The items of a list, or the one value that stands for a list of one. False: too many. */
bool bind_items(struct binder *b, const struct yaml_node *node, const struct yaml_node **items,
                size_t *n);

/* A pointer to the member of `into` that a row is about. */
static inline void *bind_member(void *into, size_t offset)
{
	return (char *)into + offset;
}

#endif
