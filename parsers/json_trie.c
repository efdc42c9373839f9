/*
 * The tree is grown path by path, then numbered depth first: that is what makes the slots of a
 * subtree contiguous, so that a member given a second time can wipe out all that the first one
 * left. The probes of filters are small trees of their own, numbered behind everything else.
 */
#include "parsers/json_trie.h"

#include <stdlib.h>

static struct json_node *node_new(struct json_paths *p, const struct json_step *step)
{
	struct json_node *node = arena_alloc(&p->memory, sizeof(*node));

	*node = (struct json_node){.step = *step};
	return node;
}

/* The list of a node's children in which one of this kind hangs. */
static struct json_node **children(struct json_node *node, enum json_step_kind kind)
{
	if (kind == JSON_MEMBER)
		return &node->named;
	return kind == JSON_ANY_MEMBER ? &node->any_member : &node->elements;
}

static struct json_node *child_at(struct json_paths *p, struct json_node *node,
                                  const struct json_step *step)
{
	struct json_node **at = children(node, step->kind);

	while (*at && !json_step_eq(&(*at)->step, step))
		at = &(*at)->next;
	if (*at == NULL)
		*at = node_new(p, step);
	return *at;
}

static bool add_filter(struct json_paths *p, struct json_node *node, struct json_node *filter,
                       struct err *err)
{
	struct json_step key = {.kind = JSON_MEMBER, .name = filter->step.name};
	size_t n = 0;

	for (const struct json_node *e = node->elements; e; e = e->next)
		n += e->step.kind == JSON_FILTER;
	if (n > JSON_FILTERS_MAX)
		return err_set(err, "more than %d filters on one array", JSON_FILTERS_MAX);
	if (node->probe == NULL)
		node->probe = node_new(p, &(struct json_step){0});
	filter->answer = child_at(p, node->probe, &key);
	return true;
}

static struct json_node *add_path(struct json_paths *p, const struct json_path *path,
                                  struct err *err)
{
	struct json_node *node = p->root;

	for (size_t i = 0; i < path->n; i++) {
		struct json_node *child = child_at(p, node, &path->steps[i]);

		if (child->step.kind == JSON_FILTER && !add_filter(p, node, child, err))
			return NULL;
		node->from_end |= child->step.index < 0;
		node = child;
	}
	return node;
}

/* Up to eight bytes of a name, as json_load has them. */
static uint64_t load_name(struct str name, size_t from)
{
	uint64_t word = 0;

	for (size_t i = 0; i < sizeof(word) && from + i < name.n; i++)
		word |= (uint64_t)(unsigned char)name.p[from + i] << (8 * i);
	return word;
}

/* Lays out what a name met in a record is compared with. */
static void make_members(struct json_paths *p, struct json_node *node)
{
	for (const struct json_node *c = node->named; c; c = c->next)
		node->n_members++;
	node->members = arena_alloc(&p->memory, node->n_members * sizeof(*node->members));
	node->n_members = 0;
	for (const struct json_node *c = node->named; c; c = c->next) {
		struct json_member *m = &node->members[node->n_members++];
		struct str name = c->step.name;

		*m = (struct json_member){.name = name, .node = c};
		m->head = load_name(name, 0);
		m->tail = name.n > sizeof(m->tail) ? load_name(name, name.n - sizeof(m->tail)) : 0;
		node->heads |= json_head_bit(m->head, name.n);
	}
	node->leaf = node->n_members == 0 && node->any_member == NULL && node->elements == NULL;
}

/* Numbers a subtree from *next on. */
static void number(struct json_paths *p, struct json_node *node, uint32_t *next)
{
	enum json_step_kind kind = node->step.kind;

	node->first = *next;
	for (uint32_t i = 0; i < p->n; i++)
		if (p->ends[i] == node)
			p->order[(*next)++] = i;
	node->own_end = *next;
	for (struct json_node *c = node->named; c; c = c->next)
		number(p, c, next);
	if (node->any_member)
		number(p, node->any_member, next);
	for (struct json_node *c = node->elements; c; c = c->next) {
		number(p, c, next);
		if (c->step.kind == JSON_FILTER)
			node->filters = node->filters << 1 | 1;
	}
	node->end = *next;
	make_members(p, node);
	if (kind == JSON_ANY_MEMBER || kind == JSON_ANY_ELEMENT) {
		node->saved = (uint32_t)p->n_saved;
		p->n_saved += node->end - node->first;
	}
}

/* Each key that filters ask for has one hidden slot. */
static void number_probe(struct json_paths *p, struct json_node *probe, uint32_t *next)
{
	probe->first = probe->own_end = *next;
	for (struct json_node *c = probe->named; c; c = c->next) {
		c->first = *next;
		p->order[(*next)++] = (uint32_t)p->n_hidden++;
		c->own_end = c->end = *next;
		c->leaf = true;
	}
	probe->end = *next;
	make_members(p, probe);
}

static void number_probes(struct json_paths *p, struct json_node *node, uint32_t *next)
{
	if (node->probe)
		number_probe(p, node->probe, next);
	for (struct json_node *c = node->named; c; c = c->next)
		number_probes(p, c, next);
	if (node->any_member)
		number_probes(p, node->any_member, next);
	for (struct json_node *c = node->elements; c; c = c->next)
		number_probes(p, c, next);
}

/* No more probes than steps of all paths. */
static void number_all(struct json_paths *p)
{
	uint32_t next = 0;

	p->order = arena_alloc(&p->memory, p->n * (1 + JSON_STEPS_MAX) * sizeof(*p->order));
	number(p, p->root, &next);
	number_probes(p, p->root, &next);
}

static struct json_paths *paths_empty(size_t n)
{
	struct json_paths *p = xcalloc(1, sizeof(*p));

	p->n = n;
	p->root = node_new(p, &(struct json_step){0});
	p->ends = arena_alloc(&p->memory, n * sizeof(struct json_node *));
	return p;
}

struct json_paths *json_paths_new(const struct str *paths, size_t n, struct err *err)
{
	struct json_paths *p;
	struct json_path path;

	if (n > JSON_PATHS_MAX) {
		err_set(err, "more than %d paths", JSON_PATHS_MAX);
		return NULL;
	}
	p = paths_empty(n);
	for (size_t i = 0; i < n; i++) {
		if (json_path_parse(paths[i], &path, &p->memory, err))
			p->ends[i] = add_path(p, &path, err);
		else
			p->ends[i] = NULL;
		if (p->ends[i] == NULL) {
			json_paths_free(&p);
			return NULL;
		}
	}
	number_all(p);
	return p;
}

struct json_paths *json_paths_plain(const struct json_path *path)
{
	struct json_paths *p = paths_empty(1);

	p->ends[0] = add_path(p, path, NULL);
	number_all(p);
	return p;
}

void json_paths_free(struct json_paths **p)
{
	if (*p == NULL)
		return;
	arena_free(&(*p)->memory);
	free(*p);
	*p = NULL;
}
