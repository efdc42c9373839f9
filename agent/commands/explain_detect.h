/* How `explain` reads what nobody described. */
#ifndef COMMANDS_EXPLAIN_DETECT_H
#define COMMANDS_EXPLAIN_DETECT_H

#include "agent/config/config.h"
#include "agent/meter/book.h"

/* A configuration of one source for the file, or for the text when `file` is NULL; NULL: it cannot
 * be told what it is. */
struct config *explain_detect(const struct book *book, const char *file, const char *text);

#endif
