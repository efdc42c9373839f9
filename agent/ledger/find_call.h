/* Single calls of those that are kept, for a person who asks about one. Reads only. */
#ifndef LEDGER_FIND_CALL_H
#define LEDGER_FIND_CALL_H

#include "agent/ledger/kept.h"
#include "agent/ledger/ledger.h"

/* The ids of the calls that a name means: an id itself, or what the log calls the request. At most
 * `room`; *n is 0 when there is none. False and *err. */
bool find_call_ids(struct ledger *l, struct str name, int64_t *ids, size_t room, size_t *n,
                   struct err *err);

/* A call, and where its record stood. */
struct found_call {
	struct kept_call kept;
	struct str path; /* empty: not known */
	int64_t offset;
	struct arena text; /* of all of it */
};

/* False and *err, also when there is no such call. */
bool find_call(struct ledger *l, int64_t id, struct found_call *ret, struct err *err);
void found_call_free(struct found_call *f);

#endif
