/*
 * The terminal of `top`: taken over as a whole, and given back as it was, however the program ends
 * (but for SIGKILL). The only file that knows ncurses.
 */
#ifndef COMMANDS_TOP_SCREEN_H
#define COMMANDS_TOP_SCREEN_H

#include "agent/base/str.h"
#include "agent/commands/top_view.h"

/* False: standard input and output are no terminal that can be drawn on, and nothing was done.
 * One at a time. */
bool screen_open(void);
void screen_close(void);
/* Its size as it is now; both at least 1. */
void screen_size(size_t *rows, size_t *columns);
/* Draws lines that are no longer than it is wide, as top_sheet makes them. */
void screen_show(struct str lines);
/* The next key that was pressed, TOP_NO_KEY for one that means nothing; *more is false when there
 * was none. Does not wait. */
enum top_key screen_key(bool *more);

#endif
