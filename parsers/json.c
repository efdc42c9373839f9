/*
 * The way into the scanner for one record, and JSON as a format.
 */
#include "parsers/json.h"

#include "parsers/json_kernel.h"

/*
 * Every value shows where it ends, but a bare number: what happens to stand behind the record could
 * go on with it. So such a record, which no log has, is copied.
 */
static bool is_number(char c)
{
	return c == '-' || (c >= '0' && c <= '9');
}

static struct str closed(struct str record, struct arena *scratch)
{
	char *copy = arena_bytes(scratch, record.n + RECORD_PAD);

	memcpy(copy, record.p, record.n);
	memset(copy + record.n, 0, RECORD_PAD);
	return (struct str){copy, record.n};
}

/* Where the value begins. Windows writes a byte order mark at the head of a file. */
static size_t value_start(struct str record)
{
	size_t skip = str_starts(record, STR("\xef\xbb\xbf")) ? 3 : 0;

	return (size_t)(json_space_run(record.p + skip, record.p + record.n) - record.p);
}

bool json_scan(const struct json_paths *p, struct str record, struct value *slots,
               struct arena *scratch, struct fault *fault)
{
	struct json_state s = {.slots = slots, .paths = p, .scratch = scratch, .fault = fault};
	size_t start = value_start(record);

	if (start < record.n && is_number(record.p[start]))
		record = closed(record, scratch);
	s.start = record.p;
	s.end = record.p + record.n;
	if (p->n_hidden)
		s.hidden = arena_alloc(scratch, p->n_hidden * sizeof(*s.hidden));
	if (p->n_saved)
		s.saved = arena_alloc(scratch, p->n_saved * sizeof(*s.saved));
	return json_kernel()->scan(&s, record.p + start);
}

static struct paths *compile(const struct str *paths, size_t n, struct err *err)
{
	return (struct paths *)json_paths_new(paths, n, err);
}

static void release(struct paths **p)
{
	json_paths_free((struct json_paths **)p);
}

static bool parse(const struct paths *p, struct str record, struct value *slots,
                  struct arena *scratch, struct fault *fault)
{
	return json_scan((const struct json_paths *)p, record, slots, scratch, fault);
}

const struct format format_json = {
	.name = "json",
	.compile = compile,
	.free = release,
	.parse = parse,
};
