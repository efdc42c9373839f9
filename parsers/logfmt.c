/*
 * key=value pairs in one pass.
 *
 * A line has some twenty pairs of which few are wanted, so nearly all the work is to find where
 * keys and values end, and to see that a key is not wanted. The first is done eight bytes at a time
 * in plain words; the second by the length of the key, and then by its first eight bytes as a word.
 *
 * There is no grammar that all writers of logfmt keep to. What is done here with text that is no
 * pair: a word before the first pair is a time stamp or a level, a word after it is a bare key;
 * a quoted text that is no value is one word. A bracket that an unquoted value opens is followed to
 * its end, for gateways write JSON there without quoting it.
 */
#include "parsers/logfmt.h"

#include <stdint.h>
#include <stdlib.h>

enum {
	WORD = sizeof(uint64_t),
	KEY_ROOM = LOGFMT_KEY_MAX + WORD, /* of a copied key, so that a word can be loaded */
};

struct key {
	struct str text;
	uint64_t head, mask; /* the first bytes as a word, and which bytes of it count */
	size_t slot;
};

struct logfmt_keys {
	size_t n;
	char *bytes;                        /* of the keys, KEY_ROOM each */
	uint16_t first[LOGFMT_KEY_MAX + 2]; /* keys of length i are [first[i], first[i + 1]) */
	struct key keys[];
};

/* Of one record that is being read. */
struct scan {
	const char *start, *end;
	struct value *slots;
	bool paired;       /* a pair has been seen */
	unsigned unclosed; /* brackets that never close */
};

static uint64_t load(const char *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

static uint64_t each_byte(char byte)
{
	return (unsigned char)byte * UINT64_C(0x0101010101010101);
}

/* The high bit of bytes that are <= ' '. Exact for the first of them; bits above it may be wrong.
 */
static uint64_t spaces(uint64_t word)
{
	return (word - each_byte(' ' + 1)) & ~word & each_byte((char)0x80);
}

/* The same for bytes that are `byte`. */
static uint64_t equals(uint64_t word, char byte)
{
	word ^= each_byte(byte);
	return (word - each_byte(1)) & ~word & each_byte((char)0x80);
}

static bool is_space(char c)
{
	return (unsigned char)c <= ' ';
}

static uint64_t ends_key(uint64_t word)
{
	return spaces(word) | equals(word, '=');
}

static uint64_t ends_quoted_run(uint64_t word)
{
	return equals(word, '"') | equals(word, '\\');
}

/* The first byte at or behind `p` that `ends`; `end` when there is none. */
static inline const char *find(const char *p, const char *end, uint64_t (*ends)(uint64_t word))
{
	for (; p < end; p += WORD) {
		uint64_t found = ends(load(p));

		if (found) {
			p += __builtin_ctzll(found) / 8;
			break;
		}
	}
	return p < end ? p : end;
}

/* The closing quote of a text that begins at `p`, behind its opening quote; NULL: there is none. */
static const char *closing_quote(const char *p, const char *end, bool *escaped)
{
	*escaped = false;
	while ((p = find(p, end, ends_quoted_run)) < end) {
		if (*p == '"')
			return p;
		*escaped = true;
		p += end - p > 1 ? 2 : 1;
	}
	return NULL;
}

/*
 * Behind the bracket that closes the one at `p`; NULL when it never closes. Only brackets of its
 * own kind are counted: in text that is well formed the others come in pairs.
 */
static const char *closing_bracket(const char *p, const char *end)
{
	char open = *p, close = ')';
	size_t depth = 0;
	bool escaped;

	if (open == '[')
		close = ']';
	else if (open == '{')
		close = '}';
	for (; p && p < end; p = p ? p + 1 : NULL) {
		if (*p == '"')
			p = closing_quote(p + 1, end, &escaped);
		else if (*p == open)
			depth++;
		else if (*p == close && --depth == 0)
			return p + 1;
	}
	return NULL;
}

static const char *unquoted_end(struct scan *s, const char *p)
{
	bool bracket = p < s->end && (*p == '{' || *p == '[' || *p == '(');
	const char *closed = NULL;

	if (bracket && s->unclosed < LOGFMT_UNCLOSED_MAX) {
		closed = closing_bracket(p, s->end);
		s->unclosed += closed == NULL;
	}
	return closed ? closed : find(p, s->end, spaces);
}

/* Reads the value at *p and goes behind it. False: a quoted value that does not end. */
static bool read_value(struct scan *s, const char **p, struct value *ret)
{
	const char *start = *p, *end;

	*ret = (struct value){.type = VALUE_STRING};
	if (start < s->end && *start == '"') {
		end = closing_quote(++start, s->end, &ret->escaped);
		if (end == NULL)
			return false;
		*p = end + 1;
	} else {
		end = unquoted_end(s, start);
		*p = end;
	}
	ret->text = (struct str){start, (size_t)(end - start)};
	return true;
}

/* Gives a value to all slots that want this key; a bare key does not replace a value. */
static void give(const struct logfmt_keys *keys, struct str key, const struct value *value,
                 struct value *slots)
{
	size_t last;
	uint64_t head;

	if (key.n > LOGFMT_KEY_MAX)
		return;
	head = load(key.p);
	last = keys->first[key.n + 1];
	for (size_t i = keys->first[key.n]; i < last; i++) {
		const struct key *k = &keys->keys[i];

		if ((head & k->mask) != k->head)
			continue;
		if (key.n > WORD && memcmp(key.p + WORD, k->text.p + WORD, key.n - WORD) != 0)
			continue;
		if (value->type == VALUE_STRING || slots[k->slot].type == VALUE_ABSENT)
			slots[k->slot] = *value;
	}
}

/* Behind a quoted text that is no value; NULL when `p` is none. */
static const char *quoted_word(const char *p, const char *end)
{
	bool escaped;

	p = *p == '"' ? closing_quote(p + 1, end, &escaped) : NULL;
	return p ? p + 1 : NULL;
}

static bool read_pair(const struct logfmt_keys *keys, struct scan *s, const char **p,
                      struct fault *fault)
{
	static const struct value bare = {{"true", 4}, VALUE_BOOL, false};
	const char *start = *p, *end = quoted_word(start, s->end);
	struct value value;
	struct str key;

	if (end) {
		*p = end;
		return true;
	}
	end = find(start, s->end, ends_key);
	key = (struct str){start, (size_t)(end - start)};
	if (end == s->end || *end != '=') {
		if (s->paired)
			give(keys, key, &bare, s->slots);
		*p = end;
		return true;
	}
	s->paired = true;
	*p = end + 1;
	if (!read_value(s, p, &value)) {
		*fault = (struct fault){"a quoted value does not end", (size_t)(*p - s->start)};
		return false;
	}
	give(keys, key, &value, s->slots);
	return true;
}

static bool logfmt_parse(const struct paths *paths, struct str record, struct value *slots,
                         struct arena *scratch, struct fault *fault)
{
	const struct logfmt_keys *keys = (const struct logfmt_keys *)paths;
	struct scan s = {.start = record.p, .end = record.p + record.n, .slots = slots};
	const char *p = s.start;

	(void)scratch;
	for (size_t i = 0; i < keys->n; i++)
		slots[i] = (struct value){0};
	while (p < s.end) {
		if (is_space(*p))
			p++;
		else if (!read_pair(keys, &s, &p, fault))
			return false;
	}
	return true;
}

/* A path is a key, with or without quotes around it. */
static bool read_path(struct str path, struct str *key, struct err *err)
{
	bool quoted = path.n >= 2 && path.p[0] == '"' && path.p[path.n - 1] == '"';

	*key = quoted ? (struct str){path.p + 1, path.n - 2} : path;
	if (key->n == 0)
		return err_set(err, "an empty key");
	if (key->n > LOGFMT_KEY_MAX)
		return err_set(err, "a key of more than %d bytes", LOGFMT_KEY_MAX);
	for (size_t i = 0; i < key->n; i++)
		if (is_space(key->p[i]) || key->p[i] == '=' || key->p[i] == '"')
			return err_set(
				err, "\"%.*s\": a logfmt key has no space, \" or =", STR_ARG(path));
	return true;
}

static int by_length(const void *a, const void *b)
{
	const struct key *one = a, *other = b;

	return (one->text.n > other->text.n) - (one->text.n < other->text.n);
}

static void logfmt_free(struct paths **paths)
{
	struct logfmt_keys *keys = (struct logfmt_keys *)*paths;

	if (keys)
		free(keys->bytes);
	free(keys);
	*paths = NULL;
}

static void set_key(struct key *key, struct str text, char *bytes)
{
	memcpy(bytes, text.p, text.n);
	key->text = (struct str){bytes, text.n};
	key->mask = text.n < WORD ? (UINT64_C(1) << (8 * text.n)) - 1 : UINT64_MAX;
	key->head = load(bytes) & key->mask;
}

static bool read_paths(struct logfmt_keys *keys, const struct str *paths, struct err *err)
{
	struct str text;

	if (keys->n > LOGFMT_KEYS_MAX)
		return err_set(err, "more than %d keys", LOGFMT_KEYS_MAX);
	keys->bytes = xcalloc(keys->n, KEY_ROOM);
	for (size_t i = 0; i < keys->n; i++) {
		if (!read_path(paths[i], &text, err))
			return false;
		set_key(&keys->keys[i], text, keys->bytes + i * KEY_ROOM);
		keys->keys[i].slot = i;
	}
	qsort(keys->keys, keys->n, sizeof(keys->keys[0]), by_length);
	for (size_t length = 0, i = 0; length < LOGFMT_KEY_MAX + 2; length++) {
		while (i < keys->n && keys->keys[i].text.n < length)
			i++;
		keys->first[length] = (uint16_t)i;
	}
	return true;
}

static struct paths *logfmt_compile(const struct str *paths, size_t n, struct err *err)
{
	struct logfmt_keys *keys = xcalloc(1, sizeof(*keys) + n * sizeof(keys->keys[0]));
	struct paths *made = (struct paths *)keys;

	keys->n = n;
	if (!read_paths(keys, paths, err))
		logfmt_free(&made);
	return made;
}

const struct format format_logfmt = {
	.name = "logfmt",
	.compile = logfmt_compile,
	.free = logfmt_free,
	.parse = logfmt_parse,
};
