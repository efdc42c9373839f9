/*
 * A source while it is being compiled, shared by source.c and source_keys.c, which go through the
 * configuration, and source_getter.c, which turns what it names into slots and getters.
 */
#ifndef METER_SOURCE_BUILD_H
#define METER_SOURCE_BUILD_H

#include "agent/meter/plan.h"

/* Where the configuration asks for a path first. */
struct asked {
	struct place place;
	const char *key;
};

/* Paths of one kind, each text once. */
struct path_list {
	struct str *v;
	struct asked *asked;
	size_t n, room, asked_room;
};

struct build {
	struct source *s;
	struct path_list element, outer[OUTER_MAX], root, groups;
	size_t captured; /* groups that patterns have; a path of format text names one of them */
	struct err *err;
};

/* Until all paths are known a slot is its number in its list, plus the base of that list. */
enum { LIST_ROOM = 10000 };
enum {
	ROOT_BASE = LIST_ROOM,
	GROUP_BASE = 2 * LIST_ROOM,
	KEY_BASE = 3 * LIST_ROOM,
	OUTER_BASE = 4 * LIST_ROOM
};

/* "FILE:LINE: KEY: WHAT". Returns false. */
bool build_mistake(struct build *b, struct place place, const char *key, const char *what);
/* The number of a text in a list, entered if it is new. */
int build_list_add(struct path_list *list, struct str text, struct asked asked);
void build_list_free(struct path_list *list);
/* The slot of the record for one of a list, once all paths are known. */
int build_settled(const struct build *b, int slot);
/* -1: none of the user's own has this name. */
int build_own_number(const struct source *s, struct str name);
bool build_regex(struct build *b, const char *regex, struct place place, const char *key,
                 struct pattern **ret);
/* A path, or a name of the user's own. */
bool build_point_getter(struct build *b, struct getter *g, const char *path, struct place place,
                        const char *key);
bool build_rule(struct build *b, const struct rule *rule, struct getters *ret);
/* The plan of a field; NULL: it is no field, or not set. */
struct field_plan *build_plan_of(const struct source *s, struct str name);
/* What `by` and `only` name: a field of the source stands for all the ways to it, else a path or a
 * name of the user's own. */
bool build_named_getter(struct build *b, struct getter *g, const char *name, struct place place,
                        const char *key);
/* The texts of estimate. */
bool build_texts(struct build *b);
/* dedupe, join and cumulative; then carry. Once all fields are known. */
bool build_keys(struct build *b);
bool build_carry(struct build *b);
/* A group that has the name of a field, or of one's own, is that field's last origin. */
void build_add_group(struct build *b, struct getters *getters, struct str name);
void build_free_getters(struct getters *g);

#endif
