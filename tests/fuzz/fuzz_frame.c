/* The first line is a literal, the rest is a piece. Records with and without the literal add up to
 * all records, those that are given hold it, and all ways to count agree. */
#include <assert.h>
#include <stdlib.h>

#include "agent/base/mem.h"
#include "agent/follow/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t count_all(struct str piece, struct str literal)
{
	struct frame f;
	struct str record;
	uint64_t passed, count = 0;

	frame_start(&f, piece, literal);
	while (frame_next(&f, &record, &passed)) {
		assert(record.n > 0 && str_find(record, STR("\n")) == record.n);
		assert(literal.n == 0 || str_find(record, literal) < record.n);
		count += passed + 1;
	}
	return count + passed;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = xcalloc(size + SEARCH_SLACK, 1);
	struct str all = {bytes, size}, literal, piece;
	uint64_t count;

	if (size)
		memcpy(bytes, data, size);
	literal = (struct str){bytes, str_find(all, STR("\n"))};
	piece = str_from(all, literal.n + 1);
	count = count_all(piece, (struct str){NULL, 0});
	assert(count_all(piece, literal) == count);
	assert(frame_count(piece) == count);
	assert(frame_count_portable(piece) == count);
	free(bytes);
	return 0;
}
