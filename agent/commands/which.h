/* Which calls a command is about: --since, --until and --where, as words and as a question. */
#ifndef COMMANDS_WHICH_H
#define COMMANDS_WHICH_H

#include "agent/commands/command.h"
#include "agent/commands/when.h"
#include "agent/ledger/query.h"

struct which {
	const struct command *command;
	const char *since, *until; /* NULL: open */
	const char *where[QUERY_WHERE_MAX];
	size_t where_n;
};

/* What the options do, for a command's help. */
#define WHICH_HELP                                                                      \
	"  --since T         from T on; default all there is\n"                         \
	"  --until T         up to T, T itself left out\n"                              \
	"                    T: " WHEN_FORMS "\n"                                       \
	"  --where DIM=VALUE only these calls; given again: other values of the same\n" \
	"                    DIM are alternatives, different DIMs must all hold.\n"     \
	"                    An empty VALUE is what the log does not say\n"

/* For the option's row: `arg` is the struct which. */
bool which_keep_where(void *arg, const char *value);

/* Each returns -1, or the exit status when it has said what is wrong. */
int which_where(const struct which *w, struct query *q);
/* In q->zone. */
int which_time(const struct which *w, struct query *q);
int which_unknown_dim(const struct command *command, const char *option, struct str name);

#endif
