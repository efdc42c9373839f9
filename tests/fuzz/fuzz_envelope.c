/* Any line in any envelope: what is in it lies in the line or in the scratch memory, every byte of
 * it can be read, and it does not depend on what stands behind the line. */
#include <assert.h>
#include <stdlib.h>

#include "parsers/envelope.h"
#include "parsers/format.h"
#include "parsers/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct envelopes *envelopes;

struct opened {
	struct arena scratch;
	struct enveloped in;
	struct str line, text;
	bool good;
};

static void open_with(struct opened *o, enum envelope kind, struct str text, char fill,
                      enum json_kernel kernel)
{
	char *copy = malloc(text.n + RECORD_PAD);

	assert(copy);
	memcpy(copy, text.p, text.n);
	memset(copy + text.n, fill, RECORD_PAD);
	o->line = (struct str){copy, text.n};
	if (!json_use_kernel(kernel))
		(void)json_use_kernel(JSON_PORTABLE);
	o->good = envelope_open(envelopes, kind, o->line, &o->scratch, &o->in);
	if (o->good)
		o->text = value_text(&o->in.text, &o->scratch);
}

static void close_opened(struct opened *o)
{
	arena_free(&o->scratch);
	free((char *)(uintptr_t)o->line.p);
}

static bool lies_in(struct str part, struct str whole)
{
	return part.p >= whole.p && part.p + part.n <= whole.p + whole.n;
}

static void check(enum envelope kind, struct str line)
{
	struct opened a = {0}, b = {0};

	open_with(&a, kind, line, '"', JSON_PORTABLE);
	open_with(&b, kind, line, '}', JSON_SIMD);
	assert(a.good == b.good);
	if (a.good) {
		assert(str_eq(a.text, b.text) && str_eq(a.in.time, b.in.time));
		assert(a.in.stream == b.in.stream && a.in.partial == b.in.partial);
		assert(a.in.stream < ENVELOPE_STREAMS);
		assert(a.in.time.n == 0 || lies_in(a.in.time, a.line));
		assert(!(a.in.partial && envelope_is_whole(kind, line)));
	}
	close_opened(&a);
	close_opened(&b);
}

/* The look of a head; the same when a line of anything else comes behind it. */
static void check_guess(struct str head)
{
	enum envelope kind = ENVELOPE_PREFIX;
	struct str line = {0};
	bool before;

	if (!envelope_guess(head, &kind, &before, &line))
		return;
	assert(kind == ENVELOPE_DOCKER || kind == ENVELOPE_CRI || kind == ENVELOPE_JOURNALD);
	assert(lies_in(line, head) && !(before && kind == ENVELOPE_CRI));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {size ? (const char *)data : "", size};

	if (envelopes == NULL)
		envelopes = envelopes_new();
	for (int kind = ENVELOPE_DOCKER; kind <= ENVELOPE_PREFIX; kind++)
		check((enum envelope)kind, text);
	check_guess(text);
	return 0;
}
