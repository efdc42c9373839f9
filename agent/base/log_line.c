#include "agent/base/log_line.h"

#include <assert.h>
#include <inttypes.h>

#include "agent/base/escape.h"

#define DOTS STR("...")

/* Bytes that the escaped parts of a line may take; what is between them has the rest. */
enum { SOURCE_MAX = 256, PATH_MAX_SHOWN = 1536, SHOWN_MAX = 2048 };
static_assert(SOURCE_MAX + PATH_MAX_SHOWN + SHOWN_MAX + 200 < LOG_LINE_MAX, "a line is one write");

typedef void escape_fn(struct buf *out, struct str text);

static const struct {
	const char *name;
	char priority; /* of syslog */
} levels[] = {
	[LEVEL_ERROR] = {"error", '3'},
	[LEVEL_WARNING] = {"warning", '4'},
	[LEVEL_INFO] = {"info", '6'},
	[LEVEL_DEBUG] = {"debug", '7'},
};
static_assert(sizeof(levels) / sizeof(levels[0]) == LEVELS, "a name for every level");

const char *log_level_name(enum log_level level)
{
	return levels[level].name;
}

bool log_level_of(struct str name, enum log_level *ret)
{
	for (size_t i = 0; i < LEVELS; i++) {
		if (!str_eq(name, str_of(levels[i].name)))
			continue;
		*ret = (enum log_level)i;
		return true;
	}
	return false;
}

struct str log_shortened(struct str text, size_t n)
{
	while (n > 0 && ((unsigned char)text.p[n] & 0xc0) == 0x80)
		n--;
	return (struct str){text.p, n};
}

/* Appends the text escaped, in at most `max` bytes. */
static void put(struct buf *out, struct str text, size_t max, escape_fn *escape)
{
	size_t start = out->n, n = text.n, used;
	struct buf cut = {0};

	escape(out, text);
	while ((used = out->n - start) > max && n > 0) {
		size_t guess = n * max / used;

		text = log_shortened(text, guess < n ? guess : n - 1);
		n = text.n;
		buf_clear(&cut);
		buf_str(&cut, text);
		buf_str(&cut, DOTS);
		out->n = start;
		escape(out, buf_view(&cut));
	}
	buf_free(&cut);
}

static void put_time(struct buf *out, int64_t now)
{
	struct civil c = civil_of(now);

	buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02dZ", (int)c.year, c.month, c.day, c.hour,
	           c.minute, c.second);
}

static void put_part(struct buf *out, struct str text, size_t max)
{
	if (text.n == 0)
		return;
	put(out, text, max, escape_terminal);
	buf_puts(out, ": ");
}

static void put_lines(struct buf *out, const struct log_message *m, bool journal, uint64_t times,
                      int64_t now)
{
	if (!journal) {
		put_time(out, now);
		buf_printf(out, " %s ", levels[m->level].name);
	}
	put_part(out, m->source, SOURCE_MAX);
	put_part(out, m->path, PATH_MAX_SHOWN);
	put(out, m->text, SHOWN_MAX, escape_terminal);
	if (times)
		buf_printf(out, " (%" PRIu64 " time%s in the last minute)", times,
		           times == 1 ? "" : "s");
}

static void put_member(struct buf *out, const char *name, struct str text, size_t max)
{
	if (text.n == 0)
		return;
	buf_printf(out, ",\"%s\":", name);
	put(out, text, max, escape_json);
}

static void put_json(struct buf *out, const struct log_message *m, uint64_t times, int64_t now)
{
	buf_puts(out, "{\"time\":\"");
	put_time(out, now);
	buf_printf(out, "\",\"level\":\"%s\"", levels[m->level].name);
	put_member(out, "source", m->source, SOURCE_MAX);
	put_member(out, "path", m->path, PATH_MAX_SHOWN);
	put_member(out, "message", m->text, SHOWN_MAX);
	if (times)
		buf_printf(out, ",\"times\":%" PRIu64, times);
	buf_char(out, '}');
}

void log_line(struct buf *out, const struct log_message *m, enum log_format format, bool journal,
              uint64_t times, int64_t now)
{
	if (journal)
		buf_printf(out, "<%c>", levels[m->level].priority);
	if (format == LOG_JSON)
		put_json(out, m, times, now);
	else
		put_lines(out, m, journal, times, now);
	buf_char(out, '\n');
}
