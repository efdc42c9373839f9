/*
 * One model call, and what became of a record. Texts are views that live until the next record.
 */
#ifndef METER_CALL_H
#define METER_CALL_H

#include <stdint.h>

#include "agent/base/str.h"
#include "agent/config/field.h"

/* Every record ends as exactly one of these. */
enum outcome { OUTCOME_CALL, OUTCOME_DUPLICATE, OUTCOME_SKIPPED, OUTCOME_REJECTED, OUTCOMES };

const char *outcome_name(enum outcome outcome);

enum call_flag {
	CALL_UNPRICED = 1 << 0,      /* no price for this model at this time */
	CALL_ESTIMATED = 1 << 1,     /* priced as another model because the configuration says so */
	CALL_INCONSISTENT = 1 << 2,  /* a part exceeded its whole and was clamped */
	CALL_UNKNOWN_USAGE = 1 << 3, /* the log has no counts for it */
	CALL_COST_LOGGED = 1 << 4,   /* the cost is the log's own */
	CALL_INCOMPLETE = 1 << 5,    /* the rest of its parts did not come in time (join) */
	CALL_USAGE_ESTIMATED = 1 << 6, /* tokens are estimated from the length of its texts */
};

/* The texts of a call, of which the length may stand for tokens. */
enum text { TEXT_INPUT, TEXT_OUTPUT, TEXTS };

/* How the kind reads that is empty: a call of a model. */
#define KIND_MODEL "model"
/* The kind of a resource of which the configuration does not say more. */
#define KIND_RESOURCE "resource"

#define ABSENT INT64_C(-1) /* of a count or duration: the log does not say; not zero */

struct call {
	int64_t time;             /* microseconds, UTC */
	struct str label[LABELS]; /* empty: the log does not say */
	int64_t count[COUNTS];    /* >= 0, or ABSENT */
	int64_t text[TEXTS];      /* characters, where no count is logged (estimate.h); 0: none */
	int64_t latency, ttft;    /* microseconds, or ABSENT */
	struct str detail[DETAILS];
	bool has_logged_cost;
	int64_t logged_cost;  /* nano-dollars */
	uint64_t prompt_hash; /* 0: none */
	uint64_t dedupe_key;  /* 0: counts on its own */
	unsigned flags;       /* enum call_flag */
	int64_t cost;         /* nano-dollars; 0 when unpriced */
	struct str price; /* names the price row used, "openai/gpt-4o@2024-10-01"; empty: none */
};

/* A count as a number: ABSENT is 0. */
static inline int64_t call_count(const struct call *c, enum count k)
{
	return c->count[k] > 0 ? c->count[k] : 0;
}

/*
 * Makes the parts fit their wholes (cache read, then cache write, audio, image, video within input;
 * cached audio and images within cache read and within audio and images; 1 h within cache write;
 * reasoning, audio, image, video within output) and sets CALL_INCONSISTENT if anything had to be
 * clamped.
 */
void call_clamp(struct call *c);

#endif
