/* What is found in a line lies in the line, is what was asked for, and a fault has a place in it.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "agent/base/mem.h"
#include "parsers/logfmt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool lies_in(struct str part, struct str whole)
{
	return part.p >= whole.p && part.p + part.n <= whole.p + whole.n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str wanted[] = {STR("a"),   STR("k"),      STR("model"),
	                             STR("a.b"), STR("stream"), STR("input_tokens"),
	                             STR("k")};
	enum { N = sizeof(wanted) / sizeof(wanted[0]) };
	struct value slots[N];
	struct err err = {0};
	struct fault fault = {NULL, SIZE_MAX};
	struct paths *paths = format_logfmt.compile(wanted, N, &err);
	char *bytes = xcalloc(size + RECORD_PAD, 1);
	struct str record = {bytes, size};

	if (size)
		memcpy(bytes, data, size);
	if (!format_logfmt.parse(paths, record, slots, NULL, &fault)) {
		assert(fault.what && fault.at < size && bytes[fault.at] == '"');
	} else {
		for (size_t i = 0; i < N; i++) {
			assert(slots[i].type != VALUE_STRING || lies_in(slots[i].text, record));
			assert(slots[i].type != VALUE_BOOL || str_eq(slots[i].text, STR("true")));
			assert(slots[i].type == VALUE_ABSENT ||
			       str_find(record, wanted[i]) < record.n);
		}
		assert(slots[1].type == slots[6].type && str_eq(slots[1].text, slots[6].text));
	}
	free(bytes);
	format_logfmt.free(&paths);
	return 0;
}
