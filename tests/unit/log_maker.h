/*
 * Makes random logs: what a program writes to standard output and standard error, lines or JSON
 * values, in whatever envelopes, in pieces, and on demand damaged.
 */
#ifndef UNIT_LOG_MAKER_H
#define UNIT_LOG_MAKER_H

#include "agent/base/buf.h"

struct made_log {
	unsigned *seed; /* for rand_r */
	bool pretty;    /* JSON values of many lines, text, several on a line; else lines */
	bool broken;    /* bytes of it are damaged: `records` mean nothing then */
	/* Made: */
	struct buf text;
	struct buf records; /* in the order in which they end; behind each "\n--\n" */
};

void make_log(struct made_log *log);
void made_log_free(struct made_log *log);

#endif
