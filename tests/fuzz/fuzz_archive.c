/* Lines of the archive, as a stranger may have written them: each is read or refused, and one that
 * was read is written and read again as the same. */
#include <assert.h>
#include <stdlib.h>

#include "agent/archive/line.h"
#include "parsers/format.h"

static bool read_text(struct archived_reader *r, struct str text, struct archived *ret)
{
	const char *why = NULL;
	bool good = archived_read(r, text, ret, &why);

	assert(good == (why == NULL));
	return good;
}

static void pad(struct buf *text)
{
	for (int i = 0; i < RECORD_PAD; i++)
		buf_char(text, '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct archived_reader *r = archived_reader_new(), *again = archived_reader_new();
	struct buf text = {0}, first = {0}, second = {0};
	struct archived a, b;

	buf_bytes(&text, (const char *)data, size);
	pad(&text);
	if (read_text(r, (struct str){text.p, size}, &a)) {
		size_t n;

		archived_put(&first, &a);
		n = first.n;
		pad(&first);
		assert(read_text(again, (struct str){first.p, n - 1}, &b));
		archived_put(&second, &b);
		assert(str_eq(buf_view(&second), (struct str){first.p, n}));
	}
	buf_free(&text);
	buf_free(&first);
	buf_free(&second);
	archived_reader_free(&r);
	archived_reader_free(&again);
	return 0;
}
