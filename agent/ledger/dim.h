/*
 * Dimensions beneath query.h: where each is found and how it reads. A label is a column of
 * `combinations`; a time is computed from when the call was.
 */
#ifndef LEDGER_DIM_H
#define LEDGER_DIM_H

#include "agent/base/buf.h"
#include "agent/ledger/query.h"

/* The columns of `combinations`, in the order of dim_column. */
#define DIM_COLUMNS                                                                                \
	"source, provider, model, feature, user, agent, service, team, api_key, operation, tier, " \
	"status, kind"
enum { DIM_COLUMNS_N = 13, DIM_COLUMN_NONE = -1 };

/* Place in DIM_COLUMNS; DIM_COLUMN_NONE for a time and for the session. */
int dim_column(enum dim dim);
bool dim_is_time(enum dim dim);
/* How a label reads that is empty: "model" is the kind of what is no resource. */
struct str dim_nothing(enum dim dim);
/* Of a time: the start of the hour, day, ... `time` lies in (microseconds), or its hour of day. */
int64_t dim_value(enum dim dim, const struct zone *zone, int64_t time);
/* Appends how that value reads: "2026-03-12", "2026-W11", "09". Texts sort as the values do. */
void dim_text(enum dim dim, const struct zone *zone, int64_t value, struct buf *out);

#endif
