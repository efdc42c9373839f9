#include "agent/base/intern.h"

#include <stdlib.h>

#include "agent/base/hash.h"
#include "agent/base/mem.h"

struct entry {
	struct str text;
	uint64_t hash;
};

struct intern {
	struct arena text;
	struct entry *entries; /* by number */
	uint32_t count;
	size_t capacity;
	uint32_t *slots; /* open addressing; number + 1, 0 is free */
	size_t mask;     /* slots - 1, a power of two less one */
};

enum { SLOTS_MIN = 64, TEXT_KEEP = 1 << 20 };

struct intern *intern_new(void)
{
	struct intern *t = xcalloc(1, sizeof(*t));

	t->mask = SLOTS_MIN - 1;
	t->slots = xcalloc(SLOTS_MIN, sizeof(*t->slots));
	return t;
}

void intern_free(struct intern **tp)
{
	struct intern *t = *tp;

	*tp = NULL;
	if (t == NULL)
		return;
	arena_free(&t->text);
	free(t->entries);
	free(t->slots);
	free(t);
}

/* Less than 8 bytes as a word, without a call: two halves that may overlap, or up to 3 bytes. */
static uint64_t last_word(struct str s)
{
	uint32_t low, high;

	if (s.n >= 4) {
		memcpy(&low, s.p, 4);
		memcpy(&high, s.p + s.n - 4, 4);
		return (uint64_t)high << 32 | low;
	}
	if (s.n == 0)
		return 0;
	return (uint64_t)(unsigned char)s.p[0] | (uint64_t)(unsigned char)s.p[s.n / 2] << 8 |
	       (uint64_t)(unsigned char)s.p[s.n - 1] << 16;
}

/* Labels are short and the table is thrown away often: a multiply per word beats SipHash here, and
 * a row of chosen collisions costs a longer probe, never a wrong answer. */
static uint64_t quick_hash(struct str s)
{
	uint64_t h = s.n;
	uint64_t word;

	for (; s.n >= 8; s.p += 8, s.n -= 8) {
		memcpy(&word, s.p, 8);
		h = hash_mix(h, word);
	}
	return hash_mix(h, last_word(s));
}

static void grow(struct intern *t)
{
	size_t size = (t->mask + 1) * 2;

	free(t->slots);
	t->slots = xcalloc(size, sizeof(*t->slots));
	t->mask = size - 1;
	for (uint32_t id = 0; id < t->count; id++) {
		size_t at = t->entries[id].hash & t->mask;

		while (t->slots[at])
			at = (at + 1) & t->mask;
		t->slots[at] = id + 1;
	}
}

static uint32_t add(struct intern *t, struct str s, uint64_t hash, size_t at)
{
	char *copy = arena_bytes(&t->text, s.n);

	if (s.n)
		memcpy(copy, s.p, s.n);
	t->entries = array_room(t->entries, t->count, &t->capacity, sizeof(*t->entries));
	t->entries[t->count] = (struct entry){{copy, s.n}, hash};
	t->slots[at] = ++t->count;
	if ((size_t)t->count * 4 > t->mask * 3)
		grow(t);
	return t->count - 1;
}

uint32_t intern_id(struct intern *t, struct str s)
{
	uint64_t hash = quick_hash(s);
	size_t at = hash & t->mask;

	for (; t->slots[at]; at = (at + 1) & t->mask) {
		const struct entry *e = &t->entries[t->slots[at] - 1];

		if (e->hash == hash && str_eq(e->text, s))
			return t->slots[at] - 1;
	}
	return add(t, s, hash, at);
}

struct str intern_str(const struct intern *t, uint32_t id)
{
	return t->entries[id].text;
}

uint32_t intern_count(const struct intern *t)
{
	return t->count;
}

size_t intern_bytes(const struct intern *t)
{
	return t->text.total + t->capacity * sizeof(*t->entries) +
	       (t->mask + 1) * sizeof(*t->slots);
}

void intern_clear(struct intern *t)
{
	arena_reset(&t->text, TEXT_KEEP);
	memset(t->slots, 0, (t->mask + 1) * sizeof(*t->slots));
	t->count = 0;
}
