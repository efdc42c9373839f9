/*
 * What the scanner needs now and then, whichever kernel runs, and the choice of the kernel. The
 * choice is made when it is first needed; two threads that make it at once make the same.
 */
#include "parsers/json_kernel.h"

#include <stdatomic.h>

static const struct json_kernel_ops *_Atomic chosen;

static const struct json_kernel_ops *fastest(void)
{
	const struct json_kernel_ops *simd = json_simd();

	return simd ? simd : &json_portable;
}

const struct json_kernel_ops *json_kernel(void)
{
	const struct json_kernel_ops *kernel = atomic_load_explicit(&chosen, memory_order_relaxed);

	if (kernel == NULL) {
		kernel = fastest();
		atomic_store_explicit(&chosen, kernel, memory_order_relaxed);
	}
	return kernel;
}

bool json_use_kernel(enum json_kernel kernel)
{
	const struct json_kernel_ops *ops = kernel == JSON_SIMD ? json_simd() : &json_portable;

	if (ops)
		atomic_store_explicit(&chosen, ops, memory_order_relaxed);
	return ops != NULL;
}

__attribute__((cold)) const char *json_fail(struct json_state *s, const char *p, const char *what)
{
	bool ended = p >= s->end;

	s->fault->what = ended ? "unexpected end" : what;
	s->fault->at = (size_t)((ended ? s->end : p) - s->start);
	return NULL;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

const char *json_space_run(const char *p, const char *end)
{
	while (p < end && is_space(*p)) {
		p++;
		/* the indentation of pretty-printed JSON */
		while (p + sizeof(uint64_t) <= end && json_load(p) == JSON_EACH(' '))
			p += sizeof(uint64_t);
	}
	return p;
}

static char *room_for(struct json_room *room, size_t n, struct arena *scratch)
{
	if (room->capacity < n + RECORD_PAD) {
		room->capacity = 2 * n + RECORD_PAD;
		room->p = arena_bytes(scratch, room->capacity);
	}
	return room->p;
}

static struct str unescape_into(struct json_room *room, struct str raw, struct arena *scratch)
{
	char *text = room_for(room, raw.n, scratch);
	size_t n = json_unescape(raw, text);

	memset(text + n, 0, RECORD_PAD);
	return (struct str){text, n};
}

struct str json_name(struct json_state *s, struct str raw)
{
	return unescape_into(&s->name, raw, s->scratch);
}

bool json_filter_agrees(struct json_state *s, const struct json_node *filter)
{
	struct value answer = s->hidden[s->paths->order[filter->answer->first]];

	if (answer.type == VALUE_ABSENT || answer.type >= VALUE_OBJECT)
		return false;
	if (answer.escaped)
		answer.text = json_name(s, answer.text);
	return str_eq(answer.text, filter->step.value);
}

bool json_may_hold_json(struct str raw)
{
	/* white space in a string is an escape, but for the space */
	while (raw.n > 2 && (raw.p[0] == ' ' || (raw.p[0] == '\\' && strchr("nrt", raw.p[1]))))
		raw = str_from(raw, raw.p[0] == ' ' ? 1 : 2);
	if (raw.n < 2)
		return false;
	return raw.p[0] == '{' || raw.p[0] == '[' || str_starts(raw, STR("\\\"")) ||
	       str_starts(raw, STR("\\u00")); /* any of these, by a writer who escapes all */
}

struct json_room json_take_text(struct json_state *s, struct value string, struct str *text)
{
	struct json_room room = s->text;

	*text = string.text;
	if (!string.escaped)
		return (struct json_room){0};
	s->text = (struct json_room){0};
	*text = unescape_into(&room, string.text, s->scratch);
	return room;
}

void json_give_text(struct json_state *s, struct json_room room, const struct json_node *node)
{
	const uint32_t *order = s->paths->order;

	for (uint32_t i = node->own_end; i < node->end; i++)
		if (s->slots[order[i]].type != VALUE_ABSENT)
			return;
	if (room.capacity > s->text.capacity)
		s->text = room;
}
