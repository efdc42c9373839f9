/*
 * Writes the logs that `make bench` reads, from a fixed seed, and what their totals are. The shape
 * of a line is a template in which @x stands for a value of the call, so that one can see what a
 * log looks like; a table gives each letter its writer. Calls lie evenly over 90 days in order, and
 * user, feature and model are drawn evenly: nearly every call has an hour and a combination of
 * labels of its own, the hardest case for a ledger of totals.
 *
 *     generate SET MEGABYTES FILE...
 *
 * The files share the size equally, one after the other in time. FILE.expect (of the first file)
 * has the lines, calls and sums of tokens of all of them together.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/shapes.h"

enum {
	USERS = 200,
	SESSIONS = 20000,
	DAYS = 90,
	BUFFER = 1 << 20,
	LINE_ROOM = 16 * 1024, /* longer than any line */
	MEGABYTE = 1000 * 1000,
};

#define SECOND     INT64_C(1000000)      /* times are in microseconds */
#define FIRST_TIME (1772323200 * SECOND) /* 2026-03-01T00:00:00Z */
#define SPAN       (SECOND * 86400 * DAYS)
#define SEED       UINT64_C(0x746f6b656e7461)

/* What nginx calls the months. */
static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

struct call {
	int64_t time; /* when it ended */
	size_t model;
	int64_t user, feature, session, input, output, cached, latency_ms;
};

struct sums {
	int64_t calls, input, output, cached;
};

struct out {
	const char *path;
	int fd;
	size_t n;
	int64_t written;
	char data[BUFFER + LINE_ROOM];
};

static uint64_t random_state = SEED;

/* SplitMix64. */
static uint64_t random_u64(void)
{
	uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* From 0 to limit - 1. */
static int64_t random_below(int64_t limit)
{
	return (int64_t)(((random_u64() >> 32) * (uint64_t)limit) >> 32);
}

static void die(const char *what)
{
	fprintf(stderr, "generate: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void put_bytes(struct out *o, const char *bytes, size_t n)
{
	memcpy(o->data + o->n, bytes, n);
	o->n += n;
}

static void put_text(struct out *o, const char *s)
{
	put_bytes(o, s, strlen(s));
}

/* Decimal with at least `width` digits. */
static void put_number(struct out *o, int64_t value, int width)
{
	char digits[24];
	size_t n = sizeof digits;

	do {
		digits[--n] = (char)('0' + value % 10);
		value /= 10;
		width--;
	} while (value || width > 0);
	put_bytes(o, digits + n, sizeof digits - n);
}

static void put_hex(struct out *o, const struct call *c)
{
	uint64_t bits = random_u64();

	(void)c;
	for (int i = 0; i < 16; i++, bits >>= 4)
		o->data[o->n++] = "0123456789abcdef"[bits & 15];
}

static void put_epoch(struct out *o, int64_t time)
{
	put_number(o, time / SECOND, 1);
	put_bytes(o, ".", 1);
	put_number(o, time % SECOND, 6);
}

static void put_begin(struct out *o, const struct call *c)
{
	put_epoch(o, c->time - c->latency_ms * 1000);
}

static void put_end(struct out *o, const struct call *c)
{
	put_epoch(o, c->time);
}

static struct tm utc(const struct call *c)
{
	time_t seconds = (time_t)(c->time / SECOND);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	return tm;
}

static void put_clock(struct out *o, const struct tm *tm)
{
	put_number(o, tm->tm_hour, 2);
	put_bytes(o, ":", 1);
	put_number(o, tm->tm_min, 2);
	put_bytes(o, ":", 1);
	put_number(o, tm->tm_sec, 2);
}

static void put_rfc3339(struct out *o, const struct call *c)
{
	struct tm tm = utc(c);

	put_number(o, 1900 + tm.tm_year, 4);
	put_bytes(o, "-", 1);
	put_number(o, tm.tm_mon + 1, 2);
	put_bytes(o, "-", 1);
	put_number(o, tm.tm_mday, 2);
	put_bytes(o, "T", 1);
	put_clock(o, &tm);
	put_bytes(o, ".", 1);
	put_number(o, c->time % SECOND / 1000, 3);
	put_bytes(o, "Z", 1);
}

static void put_nginx_time(struct out *o, const struct call *c)
{
	struct tm tm = utc(c);

	put_number(o, tm.tm_mday, 2);
	put_bytes(o, "/", 1);
	put_text(o, months[tm.tm_mon]);
	put_bytes(o, "/", 1);
	put_number(o, 1900 + tm.tm_year, 4);
	put_bytes(o, ":", 1);
	put_clock(o, &tm);
	put_text(o, " +0000");
}

static void put_model(struct out *o, const struct call *c)
{
	put_text(o, models[c->model].name);
}

static void put_provider(struct out *o, const struct call *c)
{
	put_text(o, models[c->model].provider);
}

static void put_user(struct out *o, const struct call *c)
{
	put_text(o, "user-");
	put_number(o, c->user, 3);
}

static void put_feature(struct out *o, const struct call *c)
{
	put_text(o, features[c->feature]);
}

static void put_session(struct out *o, const struct call *c)
{
	put_text(o, "sess-");
	put_number(o, c->session, 5);
}

static void put_input(struct out *o, const struct call *c)
{
	put_number(o, c->input, 1);
}

static void put_output(struct out *o, const struct call *c)
{
	put_number(o, c->output, 1);
}

static void put_cached(struct out *o, const struct call *c)
{
	put_number(o, c->cached, 1);
}

static void put_total(struct out *o, const struct call *c)
{
	put_number(o, c->input + c->output, 1);
}

static void put_latency_ms(struct out *o, const struct call *c)
{
	put_number(o, c->latency_ms, 1);
}

static void put_latency_s(struct out *o, const struct call *c)
{
	put_number(o, c->latency_ms / 1000, 1);
	put_bytes(o, ".", 1);
	put_number(o, c->latency_ms % 1000, 3);
}

static void put_address(struct out *o, const struct call *c)
{
	put_text(o, "10.");
	put_number(o, c->user, 1);
	put_text(o, ".7.");
	put_number(o, c->feature, 1);
}

static void put_random(struct out *o, const struct call *c)
{
	(void)c;
	put_number(o, random_below(9000) + 1000, 1);
}

static void put_words(struct out *o, const struct call *c)
{
	(void)c;
	for (int64_t n = 6 + random_below(9); n > 0; n--) {
		put_text(o, words[random_below(LENGTH(words))]);
		put_bytes(o, " ", 1);
	}
	o->n--; /* the space before the ending */
	put_text(o, endings[random_below(LENGTH(endings))]);
}

static void put_at(struct out *o, const struct call *c)
{
	(void)c;
	put_bytes(o, "@", 1);
}

static void (*const writers[128])(struct out *o, const struct call *c) = {
	['@'] = put_at,         ['B'] = put_begin,   ['E'] = put_end,        ['S'] = put_session,
	['T'] = put_total,      ['a'] = put_address, ['c'] = put_cached,     ['f'] = put_feature,
	['h'] = put_hex,        ['i'] = put_input,   ['l'] = put_latency_ms, ['m'] = put_model,
	['n'] = put_nginx_time, ['o'] = put_output,  ['p'] = put_provider,   ['r'] = put_random,
	['s'] = put_latency_s,  ['t'] = put_rfc3339, ['u'] = put_user,       ['w'] = put_words,
};

static void put_line(struct out *o, const char *template, const struct call *c)
{
	for (;;) {
		const char *at = strchrnul(template, '@');

		put_bytes(o, template, (size_t)(at - template));
		if (!*at)
			return;
		writers[(unsigned char)at[1]](o, c);
		template = at + 2;
	}
}

static void flush(struct out *o)
{
	size_t done = 0;

	while (done < o->n) {
		ssize_t n = write(o->fd, o->data + done, o->n - done);

		if (n < 0)
			die(o->path);
		done += (size_t)n;
	}
	o->written += (int64_t)o->n;
	o->n = 0;
}

static struct call draw_call(int64_t time)
{
	struct call c = {
		.time = time + random_below(1000),
		.model = (size_t)random_below(LENGTH(models)),
		.user = random_below(USERS),
		.feature = random_below(LENGTH(features)),
		.session = random_below(SESSIONS),
		.input = 200 + random_below(6000),
		.output = 10 + random_below(1500),
		.latency_ms = 300 + random_below(9000),
	};

	if (random_u64() & 1)
		c.cached = c.input / 128 * 64; /* half the calls have a warm prompt */
	return c;
}

/* One line of the set: a call, or in set d mostly noise. True: it was a call. */
static bool put_record(struct out *o, char set, const struct call *c)
{
	if (set == 'd' && random_below(10)) {
		put_line(o, noise[random_below(LENGTH(noise))], c);
		return false;
	}
	put_line(o, set == 'a' ? wide : set == 'b' ? slim : text, c);
	return true;
}

/* Lines until the files up to this one hold `end` bytes; `before` are those of earlier files. */
static int64_t fill(struct out *o, char set, int64_t before, int64_t end, int64_t us_per_byte,
                    struct sums *sums)
{
	int64_t lines = 0;

	while (before + o->written + (int64_t)o->n < end) {
		int64_t at = before + o->written + (int64_t)o->n;
		struct call c = draw_call(FIRST_TIME + at * us_per_byte);

		lines++;
		if (put_record(o, set, &c)) {
			struct sums *s = &sums[c.model];

			s->calls++;
			s->input += c.input;
			s->output += c.output;
			s->cached += c.cached;
		}
		if (o->n >= BUFFER)
			flush(o);
	}
	flush(o);
	return lines;
}

static void write_expect(const char *path, int64_t lines, const struct sums *sums)
{
	char name[4096];
	FILE *f;

	snprintf(name, sizeof name, "%s.expect", path);
	f = fopen(name, "w");
	if (!f)
		die(name);
	fprintf(f, "lines %" PRId64 "\n", lines);
	for (size_t i = 0; i < LENGTH(models); i++)
		fprintf(f, "%s %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 "\n", models[i].name,
		        sums[i].calls, sums[i].input, sums[i].output, sums[i].cached);
	if (fclose(f))
		die(name);
}

int main(int argc, char **argv)
{
	static struct out out;
	static struct sums sums[LENGTH(models)];
	int64_t total = argc > 2 ? strtol(argv[2], NULL, 10) * MEGABYTE : 0;
	int64_t lines = 0, before = 0;

	if (argc < 4 || strlen(argv[1]) != 1 || !strchr("abcd", argv[1][0]) || total <= 0) {
		fprintf(stderr, "usage: generate a|b|c|d MEGABYTES FILE...\n");
		return 2;
	}
	for (int i = 3; i < argc; i++) {
		out.path = argv[i];
		out.written = 0;
		out.fd = open(out.path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
		if (out.fd < 0)
			die(out.path);
		lines += fill(&out, argv[1][0], before, total * (i - 2) / (argc - 3), SPAN / total,
		              sums);
		before += out.written;
		if (close(out.fd))
			die(out.path);
	}
	write_expect(argv[3], lines, sums);
	return 0;
}
