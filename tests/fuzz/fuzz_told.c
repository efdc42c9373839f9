/* Door: what comes through the agent's socket. On its side a request, byte by byte; on the other
 * one an answer: what was understood can be told again, and means the same. */
#include <assert.h>

#include "agent/control/told.h"
#include "agent/follow/mark.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Once it is wrong it stays so, and no more is asked for than a request has. */
static void check_request(struct str bytes)
{
	enum request last = REQUEST_PART;

	for (size_t n = 1; n <= bytes.n && n <= REQUEST_BYTES; n++) {
		enum request r = request_read((struct str){bytes.p, n});

		assert(last == REQUEST_PART || r == REQUEST_WRONG);
		assert(r != REQUEST_PART || n < REQUEST_BYTES);
		last = r;
	}
}

static void tell_again(const struct told *t, struct buf *out)
{
	if (t->has_agent)
		tell_agent(out, &t->agent);
	if (t->has_reload)
		tell_reload(out, &t->reload);
	for (size_t i = 0; i < t->files_n; i++)
		tell_file(out, &t->files[i]);
	tell_end(out);
}

static void check_answer(struct str answer)
{
	struct told first, second;
	struct buf text = {0}, again = {0};
	struct err err = {0};

	if (told_read(answer, &first, &err)) {
		tell_again(&first, &text);
		assert(told_read(buf_view(&text), &second, &err));
		tell_again(&second, &again);
		assert(str_eq(buf_view(&text), buf_view(&again)));
		for (size_t i = 0; i < first.files_n; i++)
			assert(first.files[i].path.n && first.files[i].state >= 0 &&
			       first.files[i].state < FILE_STATES);
		told_free(&second);
	} else {
		assert(err.text[0]);
	}
	told_free(&first);
	buf_free(&text);
	buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = {size ? (const char *)data : "", size};

	check_request(bytes);
	check_answer(bytes);
	return 0;
}
