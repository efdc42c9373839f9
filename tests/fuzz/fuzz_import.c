/*
 * Door: public price books, which strangers write. Whatever one holds, what is written of it can be
 * read back, and importing it once more changes nothing.
 */
#include <assert.h>
#include <stdlib.h>

#include "agent/import/import.h"
#include "parsers/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* False: it cannot be imported. */
static bool import(struct import *im, struct str text, const struct buf *old, struct buf *book)
{
	static const struct import on = {.date = INT64_C(1793491200000000),
	                                 .date_text = "2026-11-01",
	                                 .today = "2026-11-01"};
	struct err err = {0};

	*im = on;
	if (!import_read(im, text, "fuzz", &err)) {
		assert(err.text[0] != '\0');
		return false;
	}
	if (!import_merge(im, old->n ? buf_view(old) : STR(""), "old", book, &err))
		abort();
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = calloc(1, size + RECORD_PAD);
	struct buf none = {0}, first = {0}, second = {0};
	struct str text = {copy, size};
	struct import im;

	if (size)
		memcpy(copy, data, size);
	if (import(&im, text, &none, &first)) {
		import_free(&im);
		assert(import(&im, text, &first, &second));
		assert(im.new == 0 && im.changed == 0 && im.dropped == 0);
		assert(str_eq(buf_view(&first), buf_view(&second)));
	}
	import_free(&im);
	buf_free(&first);
	buf_free(&second);
	free(copy);
	return 0;
}
