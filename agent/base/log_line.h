/* One line of the log, as bytes. Pure. */
#ifndef BASE_LOG_LINE_H
#define BASE_LOG_LINE_H

#include "agent/base/buf.h"
#include "agent/base/log.h"

/* What is said, apart from when and how often. Views; what is empty is left out. */
struct log_message {
	enum log_level level;
	struct str source, path, text;
};

/*
 * Appends the line with its newline, at most LOG_LINE_MAX bytes: parts that are too long are cut
 * and end with "...". `times`: how often it was said, 0: this is the first time. `journal`: with a
 * prefix for the journal, which has the time itself.
 */
void log_line(struct buf *out, const struct log_message *m, enum log_format format, bool journal,
              uint64_t times, int64_t now);
/* At most `n` bytes, not cut in the middle of a character; n < text.n. */
struct str log_shortened(struct str text, size_t n);

#endif
