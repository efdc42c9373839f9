/*
 * What a service says while it runs: a line for each event, on stderr, as text or as JSON. Commands
 * that answer and end print; only `run` has a log.
 *
 * Nothing said here can stop the service. A line is one write of at most LOG_LINE_MAX bytes to a
 * descriptor that has room; where there is none the line is dropped, and their number is said when
 * there is room again. Memory is bounded by the constants below. All functions may be called by any
 * thread. SIGPIPE must be ignored, for whoever reads the log may end first.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "agent/base/str.h"
#include "agent/base/zone.h"

enum {
	LOG_LINE_MAX = 4096,     /* bytes with the newline: what a pipe takes as one piece */
	LOG_TEXT_MAX = 1024,     /* bytes of a message before it is escaped; a longer one is cut */
	LOG_FOLD_MAX = 64,       /* different messages whose repeats are counted */
	LOG_PER_MINUTE = 1000,   /* different lines of one level (debug: any number) in a minute */
	LOG_MINUTE_SECONDS = 60, /* repeats within it are one line */
	LOG_RETRY_SECONDS = 1,   /* after a line could not be written */
};

enum log_level { LEVEL_ERROR, LEVEL_WARNING, LEVEL_INFO, LEVEL_DEBUG, LEVELS };
enum log_format { LOG_LINES, LOG_JSON };

struct log_options {
	int fd;               /* kept open, never closed: stderr */
	enum log_level level; /* what is less urgent is not said */
	enum log_format format;
	int64_t (*now)(void *arg); /* microseconds, UTC; NULL: the system's clock */
	void *arg;
};

struct log;

/* Never NULL. Looks at JOURNAL_STREAM: what goes to the systemd journal has no time of its own and
 * tells its level by a prefix <N>, which the journal takes off. */
struct log *log_new(const struct log_options *options);
/* Says what was folded and not yet said, and frees. */
void log_free(struct log **l);
/* From now on; for a configuration that was read again. */
void log_set(struct log *l, enum log_level level, enum log_format format);

/* Whether a message of this level is said at all: to save what it would take to make it. */
bool log_wants(const struct log *l, enum log_level level);

/*
 * Says something of a file of a source; both may be NULL or empty:
 *     2026-03-12T09:00:00Z warning gateway: /var/log/x.log: is a FIFO
 *     {"time":"2026-03-12T09:00:00Z","level":"warning","source":"gateway","path":"/var/log/x.log",
 *      "message":"is a FIFO"}
 * (on one line). All text is escaped; a message that begins with the path is not given it twice.
 * The same message within a minute of the first is only counted, and said once when that is over,
 * with "(7 times in the last minute)" or "times":7, for as long as it goes on.
 */
__attribute__((format(printf, 5, 6))) void log_say(struct log *l, enum log_level level,
                                                   const char *source, const char *path,
                                                   const char *format, ...);

/* When log_tick has something to do, by the log's clock; TIME_MAX: nothing to wait for. */
int64_t log_deadline(struct log *l);
/* Says the counts of folded messages whose minute is over, and what could not be written before. */
void log_tick(struct log *l);

/* Lines that could not be written since log_new. */
uint64_t log_lost(struct log *l);

/* "error", "warning", "info", "debug". */
const char *log_level_name(enum log_level level);
bool log_level_of(struct str name, enum log_level *ret);

#endif
