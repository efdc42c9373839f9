/* Time stamps in lines of text. */
#ifndef DETECT_TEXT_TIME_H
#define DETECT_TEXT_TIME_H

#include "agent/detect/text_line.h"

struct text_times;
struct text_times *text_times_new(void);
void text_times_free(struct text_times **t);

/* The first time stamp of the line as an item; false: there is none. */
bool text_time_find(const struct text_times *t, const struct evidence *e, struct str line,
                    struct item *ret);

#endif
