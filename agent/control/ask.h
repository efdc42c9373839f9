/*
 * Asking the agent that runs for a database.
 */
#ifndef CONTROL_ASK_H
#define CONTROL_ASK_H

#include "agent/control/told.h"

enum {
	ASK_STATUS_MS = 2000,       /* an agent that turns answers at once */
	ASK_RELOAD_MS = 60000,      /* it may have to look for many files */
	ASK_ANSWER_MAX = 256 << 20, /* bytes; more is no answer */
};

enum asked {
	ASKED_ANSWERED,
	ASKED_NOBODY,    /* nobody listens */
	ASKED_FORBIDDEN, /* the socket is another user's */
	ASKED_SILENT,    /* somebody listens and does not answer in time */
};

/* Waits for at most `wait_ms`. *answer is then that alone, for
 * told_read. */
enum asked ask_agent(const char *database, enum request request, int wait_ms, struct buf *answer);

#endif
