/*
 * `top`: looks at the ledger from time to time and shows what it sees; on a terminal as a screen
 * with keys, anywhere else as lines. It holds nothing of the ledger between two looks.
 */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "agent/commands/command.h"
#include "agent/commands/top_lag.h"
#include "agent/commands/top_screen.h"
#include "agent/commands/top_view.h"
#include "agent/config/quantity.h"
#include "agent/ledger/lock.h"

enum { LINES_HEIGHT = 40 }; /* of the page before the lines */

#define INTERVAL_MIN (100 * TIME_MS)
#define INTERVAL_MAX (3600 * TIME_SEC)

static volatile sig_atomic_t asked_to_stop;

static void on_signal(int number)
{
	asked_to_stop = number;
}

static void on_resize(int number)
{
	(void)number; /* it ends the wait */
}

struct top {
	struct top_view view;
	struct live *live;
	struct top_lag lag;
	int64_t interval;
	sigset_t asleep; /* signals that are let through only while nothing is done */
	struct err err;  /* of the last look */
};

static int64_t clock_now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * TIME_SEC + t.tv_nsec / 1000;
}

static void catch_signals(sigset_t *asleep)
{
	static const struct {
		int number;
		void (*handler)(int);
	} signals[] = {{SIGTERM, on_signal},
	               {SIGINT, on_signal},
	               {SIGHUP, on_signal},
	               {SIGWINCH, on_resize}};
	sigset_t ours;

	(void)sigemptyset(&ours);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct sigaction action = {.sa_handler = signals[i].handler};

		(void)sigaction(signals[i].number, &action, NULL);
		(void)sigaddset(&ours, signals[i].number);
	}
	(void)sigprocmask(SIG_BLOCK, &ours, asleep);
}

/* ---- looking ---- */

static void look(struct top *t)
{
	struct top_view *v = &t->view;
	struct err err = {0};
	bool news;

	v->now = clock_now();
	(void)live_look(t->live, &v->question, v->now, &v->answer, &news, &err);
	t->err = err;
	v->error = t->err.text;
	v->writer = lock_writer(v->database);
	if (v->answer) {
		top_lag_look(&t->lag, v->answer->files, v->answer->files_n, v->now);
		v->lag = t->lag.bytes;
		v->behind = t->lag.behind;
		v->files = v->answer->files_n;
	}
}

/* Waits for the interval, a signal, or a key on the terminal; false: nobody is there any more. */
static bool wait_for(struct top *t, int fd)
{
	const struct timespec timeout = {.tv_sec = (time_t)(t->interval / TIME_SEC),
	                                 .tv_nsec = (long)(t->interval % TIME_SEC) * 1000};
	struct pollfd other = {.fd = fd, .events = fd == STDIN_FILENO ? POLLIN : 0};

	(void)ppoll(&other, 1, &timeout, &t->asleep);
	return (other.revents & (POLLHUP | POLLERR | POLLNVAL)) == 0;
}

/* ---- as a screen ---- */

static void draw(struct top *t)
{
	struct look terminal = look_of(stdout);
	struct buf page = {0};
	size_t rows;

	screen_size(&rows, &terminal.width);
	top_sheet(&t->view, &terminal, rows, &page);
	screen_show(buf_view(&page));
	buf_free(&page);
}

/* False: one of them was to quit. */
static bool take_keys(struct top *t)
{
	bool more = true;

	while (more) {
		enum top_key key = screen_key(&more);

		if (key == TOP_QUIT)
			return false;
		top_press(&t->view, key);
	}
	return true;
}

static int show_screen(struct top *t)
{
	bool goes_on = true;

	while (goes_on && !asked_to_stop) {
		look(t);
		draw(t);
		goes_on = wait_for(t, STDIN_FILENO) && take_keys(t);
	}
	screen_close();
	return EXIT_GOOD;
}

/* ---- as lines ---- */

static bool write_out(struct buf *text)
{
	struct err err = {0};
	bool ok = fwrite(text->p, 1, text->n, stdout) == text->n && fflush(stdout) == 0;

	buf_clear(text);
	if (!ok) {
		(void)err_set(&err, "the lines could not be written to the output");
		(void)fail(EXIT_FAILED, &err);
	}
	return ok;
}

static void put_page(struct top *t, struct buf *out)
{
	struct look pipe = look_of(stdout);

	top_sheet(&t->view, &pipe, LINES_HEIGHT, out);
	buf_char(out, '\n');
	top_line_titles(&t->view, out);
}

/* Says an error once, not at each look. */
static void say_error(const struct top *t, struct err *said)
{
	if (t->err.text[0] && strcmp(t->err.text, said->text) != 0)
		(void)fail(EXIT_FAILED, &t->err);
	*said = t->err;
}

static bool is_another(const struct top_view *v, const int64_t before[OUTCOMES], int64_t lag)
{
	return v->lag != lag || memcmp(v->answer->records, before, sizeof(v->answer->records)) != 0;
}

static int show_lines(struct top *t)
{
	int64_t before[OUTCOMES];
	struct buf out = {0};
	struct err said = {0};
	int64_t lag;
	bool ok;

	t->view.is_lines = true;
	put_page(t, &out);
	memcpy(before, t->view.answer->records, sizeof(before));
	lag = t->view.lag;
	ok = write_out(&out);
	while (ok && wait_for(t, STDOUT_FILENO) && !asked_to_stop) {
		look(t);
		say_error(t, &said);
		if (t->err.text[0] == '\0' && is_another(&t->view, before, lag)) {
			top_line(&t->view, before, &out);
			ok = write_out(&out);
			memcpy(before, t->view.answer->records, sizeof(before));
			lag = t->view.lag;
		}
	}
	buf_free(&out);
	return ok ? EXIT_GOOD : EXIT_FAILED;
}

/* ---- starting ---- */

static int show(struct top *t)
{
	catch_signals(&t->asleep);
	look(t);
	if (t->view.answer == NULL)
		return fail(EXIT_FAILED, &t->err);
	return screen_open() ? show_screen(t) : show_lines(t);
}

struct arguments {
	const char *by, *window, *sort, *interval;
	struct common common;
};

/* -1, or the exit status when it has said what is wrong. */
static int read_arguments(const struct arguments *a, struct top *t)
{
	struct live_question *q = &t->view.question;

	*q = (struct live_question){DIM_MODEL, LIVE_HOUR, SORT_COST};
	t->interval = TIME_SEC;
	if (a->by && (!dim_find(str_of(a->by), &q->dim) || !top_has_dim(q->dim)))
		return usage_error(&command_top, "--by is model, feature, user, ...; not", a->by);
	if (a->window && !top_span_find(str_of(a->window), &q->span))
		return usage_error(&command_top, "--window is 60m, 24h or 7d, not", a->window);
	if (a->sort && !top_sort_find(str_of(a->sort), &q->sort))
		return usage_error(&command_top, "--sort is cost, calls or tokens, not", a->sort);
	if (a->interval && (!quantity_duration(str_of(a->interval), &t->interval) ||
	                    t->interval < INTERVAL_MIN || t->interval > INTERVAL_MAX))
		return usage_error(&command_top, "--interval is from 100ms to 1h, not",
		                   a->interval);
	if (a->common.json)
		return usage_error(&command_top, "`report --json` is for programs; no", "--json");
	return -1;
}

static int run(int argc, char **argv)
{
	struct arguments a = {0};
	const struct option_row options[] = {
		{.name = "--by", .value = &a.by},
		{.name = "--window", .value = &a.window},
		{.name = "--sort", .value = &a.sort},
		{.name = "--interval", .value = &a.interval},
		{0},
	};
	struct top t = {0};
	struct config *config;
	int positional;
	int status = options_parse(&command_top, argc, argv, options, &a.common, &positional);

	if (status < 0 && positional > 0)
		status = usage_error(&command_top, "unexpected argument", argv[1]);
	if (status < 0)
		status = read_arguments(&a, &t);
	if (status >= 0)
		return status;
	config = common_config(&a.common);
	if (config == NULL)
		return EXIT_USAGE;
	t.view.database = config->database;
	t.live = live_new(config->database);
	status = show(&t);
	live_free(&t.live);
	config_free(&config);
	return status;
}

const struct command command_top = {
	.name = "top",
	.usage = "top [--by DIM] [--window 60m|24h|7d] [--sort KEY] [--interval T]",
	.summary = "live: spend per minute, and who spends it",
	.help = "Shows the last hour by the minute, or the last day or week by the hour, and\n"
		"goes on as calls are counted. Only reads, and little: a ledger nobody writes\n"
		"is not opened.\n"
		"\n"
		"Options:\n"
		"  --by DIM          rows; default model. A DIM is one of model provider feature\n"
		"                    user agent service team api_key source status operation tier\n"
		"  --window T        60m (default), 24h or 7d\n"
		"  --sort KEY        cost (default), calls or tokens\n"
		"  --interval T      between two looks, 100ms to 1h; default 1s\n"
		"\n"
		"Keys:\n"
		"  q                 quits\n"
		"  left, right       another dimension; m f u: by model, feature, user\n"
		"  up, down          moves in the table; also PgUp, PgDn, Home, End\n"
		"  w                 the next window; 1 2 3: 60 minutes, 24 hours, 7 days\n"
		"  s                 the next order: cost, calls, tokens\n"
		"\n"
		"Where output is no terminal: the table once, then, at most once an interval, a\n"
		"line whenever something changed, with what was added since the line before.\n"
		"Ends on SIGINT or SIGTERM.\n"
		"\n"
		"Examples:\n"
		"  tokentail top\n"
		"  tokentail top --by user --window 24h\n"
		"  tokentail top --interval 1m >> spend.log\n",
	.run = run,
};
