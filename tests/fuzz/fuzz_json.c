/*
 * JSON records. The kernels must agree on everything, nothing may lie outside of the record and the
 * scratch memory, and a walk over the record finds it as broken or whole as a scan does.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "parsers/characters.h"
#include "parsers/json.h"

enum { PATHS = 12 };

static const char *const texts[PATHS] = {
	"",    "a",      "a.b",        "a.b[0]",      "a.b[-1].c",         "a[*].b",
	"*.a", "*.*[*]", "a[k=v].b.c", "a[k=1][*].a", "[0].a[b.c=d][k=v]", "[-2][*].*",
};

struct found {
	bool ok;
	struct fault fault;
	struct value slots[PATHS];
	struct arena scratch;
};

static struct json_paths *paths;

static void scan(enum json_kernel kernel, struct str record, struct found *found)
{
	if (!json_use_kernel(kernel))
		(void)json_use_kernel(JSON_PORTABLE);
	found->ok = json_scan(paths, record, found->slots, &found->scratch, &found->fault);
	assert(found->ok || (found->fault.what && found->fault.at <= record.n));
}

/* Every byte of a text is read, so that one outside of memory shows. */
static void check_slot(const struct value *a, const struct value *b, struct str record)
{
	struct arena scratch = {0};
	struct str text = value_text(a, &scratch);
	bool inside = a->text.p >= record.p && a->text.p + a->text.n <= record.p + record.n;

	assert(a->type == b->type && a->escaped == b->escaped && str_eq(a->text, b->text));
	assert(!inside || a->text.p == b->text.p);
	assert(a->type != VALUE_ABSENT || a->text.n == 0);
	assert(str_eq(text, value_text(b, &scratch)));
	assert(value_characters(a) >= 0 && value_characters(a) <= (int64_t)a->text.n);
	arena_free(&scratch);
}

static bool element(void *arg, const struct json_element *e)
{
	struct found found = {0};

	scan(*(enum json_kernel *)arg, e->text, &found);
	assert(found.ok || strcmp(found.fault.what, "nested too deeply") == 0);
	arena_free(&found.scratch);
	return true;
}

static void walk(enum json_kernel kernel, const char *path, struct str record, bool ok)
{
	struct json_walk *w = json_walk_new(str_of(path), NULL);
	struct arena scratch = {0};
	struct fault fault;

	(void)json_use_kernel(kernel);
	assert(json_walk(w, record, &scratch, element, &kernel, &fault) == ok);
	arena_free(&scratch);
	json_walk_free(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + RECORD_PAD);
	struct str record = {copy, size}, all[PATHS];
	struct found portable = {0}, simd = {0};

	for (size_t i = 0; i < PATHS; i++)
		all[i] = str_of(texts[i]);
	if (paths == NULL)
		paths = json_paths_new(all, PATHS, NULL);
	if (size)
		memcpy(copy, data, size);
	/* behind the record lies what would complete it */
	memset(copy + size, size ? data[size - 1] : 0, RECORD_PAD);
	scan(JSON_PORTABLE, record, &portable);
	scan(JSON_SIMD, record, &simd);
	assert(portable.ok == simd.ok);
	assert(simd.ok || (strcmp(portable.fault.what, simd.fault.what) == 0 &&
	                   portable.fault.at == simd.fault.at));
	for (size_t i = 0; i < PATHS && simd.ok; i++)
		check_slot(&portable.slots[i], &simd.slots[i], record);
	if (simd.ok || strcmp(simd.fault.what, "nested too deeply") != 0) {
		walk(JSON_PORTABLE, "*.*", record, simd.ok);
		walk(JSON_SIMD, "a[*].b[k=v]", record, simd.ok);
	}
	arena_free(&portable.scratch);
	arena_free(&simd.scratch);
	free(copy);
	return 0;
}
