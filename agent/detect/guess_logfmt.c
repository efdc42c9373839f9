/*
 * The keys of logfmt records. The keys are found by a look for what stands before a `=`; their
 * values by the parser that will read the log.
 */
#include "agent/detect/guess.h"
#include "parsers/logfmt.h"

enum { KEYS_MAX = 256 };

struct keys {
	struct intern *seen;
	struct str v[KEYS_MAX]; /* as paths */
	size_t n;
	struct arena memory;
};

static bool is_key(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("_.-/@:", c)) || (unsigned char)c >= 0x80;
}

/* One that begins with _ would name a group; in quotes it is a key. */
static void add_key(struct keys *k, struct str key)
{
	bool quoted = strchr("_$@^", key.p[0]) != NULL;
	struct buf path = {0};
	char *copy;

	if (key.n > LOGFMT_KEY_MAX || intern_count(k->seen) >= KEYS_MAX ||
	    intern_id(k->seen, key) != k->n)
		return;
	buf_printf(&path, quoted ? "\"%.*s\"" : "%.*s", STR_ARG(key));
	copy = arena_bytes(&k->memory, path.n);
	memcpy(copy, path.p, path.n);
	k->v[k->n++] = (struct str){copy, path.n};
	buf_free(&path);
}

static void find_keys(struct keys *k, struct str record)
{
	size_t start = 0;

	for (size_t i = 0; i < record.n; i++) {
		if (record.p[i] == '=' && i > start && (start == 0 || record.p[start - 1] <= ' '))
			add_key(k, (struct str){record.p + start, i - start});
		if (!is_key(record.p[i]))
			start = i + 1;
	}
}

static void add_values(struct leaves *l, const struct keys *k, struct paths *paths,
                       struct str record, struct arena *scratch)
{
	struct value values[KEYS_MAX];
	struct fault ignored;

	arena_reset(scratch, 1 << 20);
	if (!format_logfmt.parse(paths, record, values, scratch, &ignored))
		return;
	for (size_t i = 0; i < k->n; i++)
		if (values[i].type == VALUE_STRING)
			leaves_value(l, k->v[i], value_text(&values[i], scratch), true);
}

void logfmt_leaves(struct leaves *l, const struct str *records, size_t n)
{
	struct keys k = {.seen = intern_new()};
	struct err none = {0};
	struct arena scratch = {0};
	struct paths *paths;

	for (size_t i = 0; i < n; i++)
		find_keys(&k, records[i]);
	paths = format_logfmt.compile(k.v, k.n, &none);
	for (size_t i = 0; paths && i < n && leaves_record(l); i++)
		add_values(l, &k, paths, records[i], &scratch);
	if (paths)
		format_logfmt.free(&paths);
	intern_free(&k.seen);
	arena_free(&k.memory);
	arena_free(&scratch);
}
