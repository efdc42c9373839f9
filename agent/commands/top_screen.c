/*
 * Text comes with the few escape sequences that the tables of other commands have, and these become
 * ncurses' attributes; text of logs has none left. Only the locale's set of characters is taken
 * from the environment: numbers stay as they are everywhere.
 *
 * Where the process dies of a bug or without memory, nobody calls screen_close: so the sequences
 * that leave the screen are kept ready, and a signal handler writes them with nothing but what a
 * handler may call.
 */
#include "agent/commands/top_screen.h"

#include <curses.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#include "agent/base/buf.h"

#undef columns /* term.h takes these words */
#undef lines

static struct {
	SCREEN *screen;
	struct termios before;
	struct buf leave; /* what makes the terminal as it was */
} s;

static const int fatal[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGQUIT, SIGSEGV};
enum { FATAL = sizeof(fatal) / sizeof(fatal[0]) };

static void on_fatal(int number)
{
	(void)!write(STDOUT_FILENO, s.leave.p, s.leave.n);
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &s.before);
	(void)raise(number); /* the action is the default again */
}

static void handle_fatal(void (*handler)(int), int flags)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = flags};

	(void)sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < FATAL; i++)
		(void)sigaction(fatal[i], &action, NULL);
}

static int keep(int c)
{
	buf_char(&s.leave, (char)c);
	return c;
}

static void keep_sequence(const char *sequence)
{
	if (sequence)
		(void)tputs(sequence, 1, keep);
}

/* A terminal that can put the cursor anywhere: the others would get a heap of lines. */
static bool can_draw(void)
{
	bool can;
	int error;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) ||
	    tcgetattr(STDIN_FILENO, &s.before) != 0 || setupterm(NULL, STDOUT_FILENO, &error) != OK)
		return false;
	can = cursor_address != NULL;
	(void)del_curterm(cur_term);
	return can;
}

static void set_colours(void)
{
	const char *no_color = getenv("NO_COLOR");

	if ((no_color && no_color[0]) || start_color() != OK)
		return;
	(void)use_default_colors();
	(void)init_pair(COLOR_CYAN, COLOR_CYAN, -1);
	(void)init_pair(COLOR_YELLOW, COLOR_YELLOW, -1);
}

bool screen_open(void)
{
	if (!can_draw())
		return false;
	(void)setlocale(LC_CTYPE, "");
	s.screen = newterm(NULL, stdout, stdin);
	if (s.screen == NULL) {
		(void)setlocale(LC_CTYPE, "C");
		return false;
	}
	keep_sequence(exit_attribute_mode);
	keep_sequence(cursor_normal);
	keep_sequence(keypad_local);
	keep_sequence(exit_ca_mode);
	handle_fatal(on_fatal, (int)SA_RESETHAND | SA_NODEFER);
	(void)cbreak();
	(void)noecho();
	(void)nonl();
	(void)keypad(stdscr, TRUE);
	(void)nodelay(stdscr, TRUE);
	(void)set_escdelay(50);
	(void)curs_set(0);
	set_colours();
	return true;
}

void screen_close(void)
{
	if (s.screen == NULL)
		return;
	(void)endwin();
	handle_fatal(SIG_DFL, 0);
	delscreen(s.screen);
	s.screen = NULL;
	buf_free(&s.leave);
	(void)setlocale(LC_CTYPE, "C");
}

void screen_size(size_t *rows, size_t *columns)
{
	struct winsize size;
	int y, x;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0 &&
	    is_term_resized(size.ws_row, size.ws_col))
		(void)resizeterm(size.ws_row, size.ws_col);
	getmaxyx(stdscr, y, x);
	*rows = y > 0 ? (size_t)y : 1;
	*columns = x > 0 ? (size_t)x : 1;
}

/* Takes a sequence off the text. */
static struct str style(struct str text)
{
	static const struct {
		struct str sequence;
		attr_t attributes;
		short pair;
	} styles[] = {
		{{"\x1b[0m", 4}, A_NORMAL, 0},
		{{"\x1b[1m", 4}, A_BOLD, 0},
		{{"\x1b[36m", 5}, A_NORMAL, COLOR_CYAN},
		{{"\x1b[33m", 5}, A_BOLD, COLOR_YELLOW},
	};

	for (size_t i = 0; i < sizeof(styles) / sizeof(styles[0]); i++) {
		if (!str_starts(text, styles[i].sequence))
			continue;
		(void)attr_set(styles[i].attributes, styles[i].pair, NULL);
		return str_from(text, styles[i].sequence.n);
	}
	return str_from(text, 1);
}

static void show_line(struct str line)
{
	while (line.n) {
		size_t n = str_find(line, STR("\x1b"));

		(void)addnstr(line.p, (int)n);
		line = str_from(line, n);
		if (line.n)
			line = style(line);
	}
}

void screen_show(struct str lines)
{
	int row = 0;

	(void)erase();
	(void)attr_set(A_NORMAL, 0, NULL);
	for (; lines.n && row < LINES; row++) {
		size_t n = str_find(lines, STR("\n"));

		if (move(row, 0) == OK)
			show_line((struct str){lines.p, n});
		lines = str_from(lines, n + 1);
	}
	(void)refresh();
}

static enum top_key key_of(int c)
{
	static const struct {
		int c;
		enum top_key key;
	} keys[] = {
		{'q', TOP_QUIT},
		{'Q', TOP_QUIT},
		{KEY_UP, TOP_UP},
		{'k', TOP_UP},
		{KEY_DOWN, TOP_DOWN},
		{'j', TOP_DOWN},
		{KEY_PPAGE, TOP_PAGE_UP},
		{KEY_NPAGE, TOP_PAGE_DOWN},
		{' ', TOP_PAGE_DOWN},
		{KEY_HOME, TOP_HOME},
		{KEY_END, TOP_END},
		{KEY_RIGHT, TOP_NEXT_DIM},
		{'\t', TOP_NEXT_DIM},
		{KEY_LEFT, TOP_PREVIOUS_DIM},
		{KEY_BTAB, TOP_PREVIOUS_DIM},
		{'m', TOP_BY_MODEL},
		{'f', TOP_BY_FEATURE},
		{'u', TOP_BY_USER},
		{'w', TOP_NEXT_SPAN},
		{'1', TOP_HOUR},
		{'2', TOP_DAY},
		{'3', TOP_WEEK},
		{'s', TOP_NEXT_SORT},
		{'\f', TOP_RESIZED},
		{KEY_RESIZE, TOP_RESIZED},
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].c == c)
			return keys[i].key;
	return TOP_NO_KEY;
}

enum top_key screen_key(bool *more)
{
	int c = getch();

	*more = c != ERR;
	if (c == '\f') /* whatever others wrote over it */
		(void)clearok(stdscr, TRUE);
	return key_of(c);
}
