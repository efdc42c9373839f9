/*
 * The scanner: recursive descent, once over the text, compiled once per kernel. Before this file
 * is included a kernel defines
 *
 *	KERNEL         `static` and for which machine the functions are compiled
 *	KERNEL_INLINE  the same, for what is worth inlining everywhere
 *	KERNEL_RARE    the same, for what would only be in the way inline
 *	string_stop()  the first quote, backslash or control character from p on, which is before
 *	               `end`; when there is none before `end`, a place there or behind it
 *
 * The end of the text is not asked for at every byte. There are RECORD_PAD readable bytes behind
 * it, whose content is anything. The end is asked for where a name, a value or a longer run begins
 * and where a container is left; in between at most a few tens of bytes are read. Who runs over the
 * end by what happens to stand there fails at the latest when the whole value turns out to lie
 * behind it. So a fault at or behind the end is always "unexpected end".
 *
 * A `skip` checks a value that no path wants; a `scan` has a node of the trie with it. Both return
 * the first byte behind the value, NULL when it is broken.
 */

#include "parsers/json_body_skip.h"

KERNEL const char *scan_value(struct json_state *s, const char *p, const struct json_node *node);

/* What paths that end at a node get. */
KERNEL_INLINE void note(struct json_state *s, const struct json_node *node, struct value v)
{
	const uint32_t *order = s->paths->order;

	for (uint32_t i = node->first; i < node->own_end; i++)
		s->slots[order[i]] = v;
}

/* The way on for a member's name, NULL when no path names it. */
KERNEL_INLINE const struct json_node *find_member(const struct json_node *node, struct str name)
{
	uint64_t head = json_load(name.p);

	if (name.n < 8)
		head &= ~(~UINT64_C(0) << (8 * name.n));
	if ((node->heads & json_head_bit(head, name.n)) == 0)
		return NULL;
	for (const struct json_member *m = node->members; m < node->members + node->n_members;
	     m++) {
		if (m->head != head || m->name.n != name.n)
			continue;
		if (name.n <= 8 || (m->tail == json_load(name.p + name.n - 8) &&
		                    (name.n <= 16 || memcmp(m->name.p, name.p, name.n) == 0)))
			return m->node;
	}
	return NULL;
}

/*
 * Scans for a `.*` or `[*]`: what earlier members or elements gave stays, be it a null unless there
 * is more than that here.
 */
KERNEL_RARE const char *scan_any(struct json_state *s, const char *p, const struct json_node *any)
{
	const uint32_t *at = s->paths->order + any->first;
	uint32_t n = any->end - any->first, found = 0;
	struct value *saved = s->saved + any->saved;

	for (uint32_t i = 0; i < n; i++) {
		saved[i] = s->slots[at[i]];
		found += saved[i].type > VALUE_NULL;
	}
	if (found == n)
		return skip_value(s, p);
	p = scan_value(s, p, any);
	for (uint32_t i = 0; i < n; i++)
		if (saved[i].type > VALUE_NULL || s->slots[at[i]].type == VALUE_ABSENT)
			s->slots[at[i]] = saved[i];
	return p;
}

KERNEL const char *scan_object(struct json_state *s, const char *p, const struct json_node *node)
{
	const struct json_node *child;
	const char *value;
	struct str name;
	bool escaped = false, more = true;

	p = enter(s, p);
	if (p == NULL)
		return NULL;
	if (*p == '}')
		return leave(s, p);
	while (more) {
		value = p = member_name(s, p, &name, &escaped);
		if (p == NULL)
			return NULL;
		if (escaped)
			name = json_name(s, name);
		child = find_member(node, name);
		if (child)
			p = scan_value(s, p, child);
		else if (node->any_member == NULL)
			p = skip_value(s, p);
		if (p && node->any_member)
			p = scan_any(s, value, node->any_member);
		if (p == NULL)
			return NULL;
		p = next_item(s, p, &more);
	}
	return leave_object(s, p);
}

/* How many elements an array has; `p` is behind its bracket, the array not empty. */
KERNEL_RARE bool count_elements(struct json_state *s, const char *p, int32_t *ret)
{
	bool more = true;

	for (*ret = 0; more; ++*ret) {
		p = skip_value(s, p);
		if (p == NULL)
			return false;
		p = next_item(s, p, &more);
	}
	return true;
}

/* Scans for each filter that has found no element yet (`done` has a bit for each) and agrees. */
KERNEL_RARE const char *scan_filters(struct json_state *s, const char *p,
                                     const struct json_node *node, uint64_t *done)
{
	struct value *slots = s->slots;
	const char *end;
	uint64_t bit = 1;

	s->slots = s->hidden;
	end = scan_value(s, p, node->probe);
	s->slots = slots;
	for (const struct json_node *f = node->elements; end && f; f = f->next) {
		if (f->step.kind != JSON_FILTER)
			continue;
		if ((*done & bit) == 0 && json_filter_agrees(s, f)) {
			*done |= bit;
			end = scan_value(s, p, f);
		}
		bit <<= 1;
	}
	return end;
}

/* Where in its array an element stands. */
struct place {
	int32_t index, count; /* count: 0 when nobody counts from the end */
	uint64_t done;        /* filters, a bit each */
};

KERNEL const char *scan_element(struct json_state *s, const char *p, const struct json_node *node,
                                struct place *place)
{
	const char *end = NULL;

	if (place->done != node->filters) {
		end = scan_filters(s, p, node, &place->done);
		if (end == NULL)
			return NULL;
	}
	for (const struct json_node *e = node->elements; e; e = e->next) {
		int32_t index = e->step.index;

		if (e->step.kind == JSON_ANY_ELEMENT)
			end = scan_any(s, p, e);
		else if (e->step.kind == JSON_INDEX &&
		         place->index == (index < 0 ? index + place->count : index))
			end = scan_value(s, p, e);
		else
			continue;
		if (end == NULL)
			return NULL;
	}
	return end ? end : skip_value(s, p);
}

KERNEL_RARE const char *scan_array(struct json_state *s, const char *p,
                                   const struct json_node *node)
{
	struct place place = {0};
	bool more = true;

	p = enter(s, p);
	if (p == NULL)
		return NULL;
	if (*p == ']')
		return leave(s, p);
	if (node->from_end && !count_elements(s, p, &place.count))
		return NULL;
	for (; more; place.index++) {
		p = scan_element(s, p, node, &place);
		if (p == NULL)
			return NULL;
		p = next_item(s, p, &more);
	}
	return leave_array(s, p);
}

KERNEL void clear(struct json_state *s, const struct json_node *node)
{
	const uint32_t *order = s->paths->order;

	for (uint32_t i = node->first; i < node->end; i++)
		s->slots[order[i]] = (struct value){0};
}

/* Reads the text of a string as JSON. False when it is none. */
KERNEL bool scan_inner(struct json_state *s, struct str text, const struct json_node *node)
{
	const char *start = s->start, *end = s->end, *p;
	unsigned depth = s->depth;

	s->start = text.p;
	s->end = text.p + text.n;
	s->block = 0; /* the room may have held another text at that place */
	p = enter(s, text.p);
	if (p)
		p = scan_value(s, p, node);
	if (p)
		p = json_space_run(p, s->end);
	if (p != s->end)
		p = NULL;
	s->start = start;
	s->end = end;
	s->depth = depth;
	return p != NULL;
}

/*
 * Enters a string that may hold JSON; `p` is at its quote. What is no JSON has nothing at the paths
 * that go on. False when it is nested too deeply, which breaks the record.
 */
KERNEL_RARE bool scan_string(struct json_state *s, const char *p, struct value string,
                             const struct json_node *node)
{
	struct json_room room;
	struct str text;

	if (!json_may_hold_json(string.text))
		return true;
	room = json_take_text(s, string, &text);
	if (!scan_inner(s, text, node))
		clear(s, node);
	json_give_text(s, room, node);
	if (s->too_deep)
		json_fail(s, p, "nested too deeply");
	return !s->too_deep;
}

/*
 * The value a node stands for, and what its paths want of it. The node's slots are cleared first: a
 * member may come twice.
 */
KERNEL const char *scan_value(struct json_state *s, const char *p, const struct json_node *node)
{
	struct value v = {.text = {p, 0}};
	bool in = !node->leaf;

	if (p >= s->end)
		return json_fail(s, p, "");
	if (in)
		clear(s, node);
	switch (*p) {
	case '"':
		v.type = VALUE_STRING;
		p = string_end(s, p + 1, &v.escaped);
		if (p == NULL)
			return NULL;
		v.text = (struct str){v.text.p + 1, (size_t)(p - v.text.p - 2)};
		if (in && !scan_string(s, v.text.p - 1, v, node))
			return NULL;
		note(s, node, v);
		return p;
	case '{':
		v.type = VALUE_OBJECT;
		p = in ? scan_object(s, p + 1, node) : skip_object(s, p + 1);
		break;
	case '[':
		v.type = VALUE_ARRAY;
		p = in && node->elements ? scan_array(s, p + 1, node) : skip_array(s, p + 1);
		break;
	case 't':
	case 'f':
	case 'n':
		v.type = *p == 'n' ? VALUE_NULL : VALUE_BOOL;
		p = literal_end(s, p);
		break;
	default:
		v.type = VALUE_NUMBER;
		p = number_end(s, p);
	}
	if (p == NULL)
		return NULL;
	v.text.n = (size_t)(p - v.text.p);
	note(s, node, v);
	return p;
}

KERNEL bool scan_text(struct json_state *s, const char *p)
{
	p = scan_value(s, p, s->paths->root);
	if (p == NULL)
		return false;
	p = json_space_run(p, s->end);
	if (p != s->end)
		json_fail(s, p, "text behind the value");
	return p == s->end;
}

KERNEL const char *skip_text(struct json_state *s, const char *p)
{
	return skip_value(s, p);
}
