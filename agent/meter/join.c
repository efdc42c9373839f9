#include "agent/meter/join.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/base/netstring.h"
#include "agent/meter/call_text.h"
#include "agent/meter/plan.h"

/* Beside the fields of the call. */
static const char IS_CALL[] = "is_call", TIME[] = "counted", SOURCE[] = "counted_for";

bool join_read(struct str text, struct joined *ret)
{
	struct str name, value;
	bool waits = false;

	*ret = (struct joined){.call = call_empty};
	call_unpack(text, &ret->call);
	while (netstring_next(&text, &name) && netstring_next(&text, &value)) {
		if (str_eq(name, str_of(IS_CALL))) {
			ret->is_call = true;
		} else if (str_eq(name, str_of(TIME))) {
			ret->time = strtoll(value.p, NULL, 10); /* ends at its comma */
			waits = true;
		} else if (str_eq(name, str_of(SOURCE))) {
			ret->source = value;
		}
	}
	return waits;
}

bool join_find(const struct memory *m, uint64_t key, struct joined *ret)
{
	struct str text;

	if (memory_get(m, key, &text) && join_read(text, ret))
		return true;
	*ret = (struct joined){.call = call_empty};
	return false;
}

bool join_is_over(const struct source *s, const struct joined *j, const struct call *part)
{
	int64_t apart;

	if (part->time == INT64_MIN || j->call.time == INT64_MIN)
		return false;
	apart = part->time - j->call.time;
	return (apart < 0 ? -apart : apart) > s->config->join_within;
}

void join_add(struct joined *j, const struct call *part, bool is_call, int64_t near)
{
	call_overlay(&j->call, part);
	j->is_call |= is_call;
	j->time = j->call.time == INT64_MIN ? near : j->call.time;
}

bool join_is_complete(const struct source *s, const struct joined *j)
{
	for (size_t i = 0; i < s->until_n; i++)
		if (!call_has(&j->call, s->until[i]))
			return false;
	return true;
}

void join_wait(struct memory *m, const struct source *s, uint64_t key, const struct joined *j)
{
	struct buf text = {0};
	char time[24];

	call_pack(&text, &j->call);
	if (j->is_call) {
		netstring_add(&text, str_of(IS_CALL));
		netstring_add(&text, STR("1"));
	}
	(void)snprintf(time, sizeof(time), "%" PRId64, j->time);
	netstring_add(&text, str_of(TIME));
	netstring_add(&text, str_of(time));
	netstring_add(&text, str_of(SOURCE));
	netstring_add(&text, str_of(s->config->name));
	memory_put(m, key, j->time, buf_view(&text));
	buf_free(&text);
}
