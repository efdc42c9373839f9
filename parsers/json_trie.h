/*
 * The wanted paths of a source as one tree: paths that begin alike share their first nodes, so a
 * record is walked once however many paths there are. Immutable once it is made.
 */
#ifndef PARSERS_JSON_TRIE_H
#define PARSERS_JSON_TRIE_H

#include "parsers/json.h"
#include "parsers/json_path.h"

enum { JSON_FILTERS_MAX = 64 }; /* of one array: a bit each says which are done */

/* A child that a member's name leads to; all that comparing a name needs, side by side. */
struct json_member {
	uint64_t head; /* the first 8 bytes of the name, zeros behind a shorter one */
	uint64_t tail; /* its last 8 bytes, when it has more than 8 */
	struct str name;
	const struct json_node *node;
};

/*
 * The slots of a node and of all below it stand next to each other in `order`:
 * [first, own_end) are paths that end here, [first, end) all of them.
 */
struct json_node {
	struct json_step step; /* how the parent leads here */
	uint32_t first, own_end, end;
	bool leaf;        /* no path goes on from here */
	bool from_end;    /* some element is counted from the end */
	uint64_t heads;   /* a bit for each hash of a member's name, see json_head_bit */
	size_t n_members; /* members that are named */
	struct json_member *members;
	struct json_node *any_member; /* .* or NULL */
	struct json_node *elements;   /* [..] of every kind, linked by `next` */
	struct json_node *probe;      /* what the filters among them ask of an element, or NULL */
	uint64_t filters;             /* a bit for each filter among the elements */
	struct json_node *answer;     /* of a filter: the node of the probe that finds its key */
	uint32_t saved;               /* of .* and [*]: where its slots are kept meanwhile */
	struct json_node *named;      /* what `members` was made of, linked by `next` */
	struct json_node *next;
};

struct json_paths {
	struct json_node *root;
	struct json_node **ends; /* where path i ends */
	uint32_t *order;         /* the caller's slots, then those of the probes */
	size_t n;                /* slots of the caller */
	size_t n_hidden;         /* slots of the probes */
	size_t n_saved;
	struct arena memory; /* holds all of it */
};

/* Of one path without filters, whose names live at least as long. */
struct json_paths *json_paths_plain(const struct json_path *path);

static inline uint64_t json_head_bit(uint64_t head, size_t length)
{
	return UINT64_C(1) << ((head ^ length) * UINT64_C(0x9e3779b97f4a7c15) >> 58);
}

#endif
