/* Door: price books as users write them, and model names as strangers do. */
#include <assert.h>

#include "agent/meter/book_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(void *into, const struct finding *f)
{
	(void)into;
	assert(f->price && f->text[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct config none;
	static struct book *shipped;
	struct str text = {(const char *)data, size};
	struct str model = {text.p, str_find(text, STR("\n"))};
	struct err err = {0};
	struct match m;
	struct book *own = book_open_file(text, "fuzz", &err);

	assert((own != NULL) == (err.text[0] == '\0'));
	if (own)
		(void)book_check(own, look, NULL);
	book_free(&own);
	if (shipped == NULL)
		shipped = book_open(&none, &err);
	assert(shipped);
	assert(book_match(shipped, STR(""), model, 0, &m) == (m.price != NULL));
	assert(m.how[0] != '\0');
	return 0;
}
