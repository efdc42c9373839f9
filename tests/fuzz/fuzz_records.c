/*
 * A log of any bytes. Read at once, or in pieces that are cut anywhere, it holds the same records
 * at the same places, with the same times. The first byte says which source reads it, the second
 * how it is cut.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/meter/records.h"
#include "parsers/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SOURCE(name, keys)                                                                      \
	"  - name: " name "\n    paths: x\n    format: json\n    fields: {time: t, model: m}\n" \
	"    " keys "\n"

static const char yaml[] = "sources:\n" SOURCE("a", "unwrap: auto") SOURCE("b", "frame: json")
	SOURCE("c", "only: [{ pattern: gpt }]") SOURCE("d", "unwrap: [docker, cri, docker]")
		SOURCE("e", "frame: json\n    unwrap: [cri, prefix, docker]")
			SOURCE("f", "unwrap: [syslog, prefix, journald]");

enum { SOURCES = 6, HEAD_BYTES = 1024 };

static struct config *config;
static struct source *sources[SOURCES];
static struct records *records;

static void make_sources(void)
{
	static const struct config none;
	struct err err = {0};
	struct book *book = book_open(&none, &err);

	config = config_parse(str_of(yaml), "fuzz.yaml", &err);
	assert(config);
	for (size_t i = 0; i < SOURCES; i++) {
		sources[i] = source_new(&config->sources[i], book, &err);
		assert(sources[i]);
	}
	records = records_new();
}

/* What is found, as one text. */
struct found {
	const struct source *source;
	struct wrapping wrapping;
	struct buf text;
	uint64_t passed;
};

static struct str padded(struct str text, char fill)
{
	char *copy = malloc(text.n + RECORD_PAD);

	assert(copy);
	if (text.n)
		memcpy(copy, text.p, text.n);
	memset(copy + text.n, fill, RECORD_PAD);
	return (struct str){copy, text.n};
}

static void drop(struct str text)
{
	free((char *)(uintptr_t)text.p);
}

static void read_piece(struct found *f, struct str text, size_t from, size_t n, bool last)
{
	struct str piece = padded((struct str){text.p + from, n}, last ? '\n' : '"');
	struct record r;
	uint64_t passed;

	records_start(records, f->source, &f->wrapping, piece, last);
	while (records_next(records, &r, &passed)) {
		assert(r.at < n && r.text.n);
		f->passed += passed;
		buf_printf(&f->text, "%zu %llu ", from + r.at, (unsigned long long)f->passed);
		buf_str(&f->text, r.time);
		buf_char(&f->text, ' ');
		buf_str(&f->text, r.text);
		buf_printf(&f->text, " %zu %zu %zu\n", from + r.end, r.parts, r.envelopes_n);
	}
	f->passed += passed;
	drop(piece);
}

static void read_in_pieces(struct found *f, struct str text, unsigned seed)
{
	unsigned most = 1 + (unsigned)rand_r(&seed) % 200;
	size_t from = 0, end = 0;

	while (end < text.n) {
		struct str piece;
		size_t n;

		end += 1 + (size_t)rand_r(&seed) % most;
		end = end < text.n ? end : text.n;
		piece = padded((struct str){text.p + from, end - from}, (char)rand_r(&seed));
		n = records_whole(records, f->source, &f->wrapping, piece);
		assert(n <= piece.n);
		drop(piece);
		if (n)
			read_piece(f, text, from, n, false);
		from += n;
	}
	read_piece(f, text, from, text.n - from, true);
}

/* Passing over what the text begins with comes to an end, and stays within. */
static void pass(struct found *f, struct str text, size_t step)
{
	struct passing p = {0};
	size_t from = 0;

	for (size_t end = step < text.n ? step : text.n;; end += step) {
		struct str piece;

		end = end < text.n ? end : text.n;
		piece = padded((struct str){text.p + from, end - from}, '}');
		from += records_pass(records, f->source, &f->wrapping, piece, &p);
		assert(from <= end);
		drop(piece);
		if (!p.on || end == text.n)
			return;
	}
}

static void check_same(struct str at_once, struct str in_pieces)
{
	if (!str_eq(at_once, in_pieces)) {
		(void)fwrite(at_once.p, 1, at_once.n, stderr);
		(void)fputs("in pieces:\n", stderr);
		(void)fwrite(in_pieces.p, 1, in_pieces.n, stderr);
	}
	assert(str_eq(at_once, in_pieces));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data + 2, size - 2}, head;
	struct found at_once = {0}, in_pieces;

	if (size < 3)
		return 0;
	if (records == NULL)
		make_sources();
	at_once.source = sources[data[0] % SOURCES];
	head = padded((struct str){text.p, text.n < HEAD_BYTES ? text.n : HEAD_BYTES}, '{');
	at_once.wrapping = records_wrapping(at_once.source, head);
	drop(head);
	in_pieces = at_once;
	read_piece(&at_once, text, 0, text.n, true);
	read_in_pieces(&in_pieces, text, data[1]);
	check_same(buf_view(&at_once.text), buf_view(&in_pieces.text));
	assert(at_once.passed == in_pieces.passed);
	pass(&at_once, text, 1 + data[1]);
	buf_free(&at_once.text);
	buf_free(&in_pieces.text);
	return 0;
}
