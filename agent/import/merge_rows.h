/* The prices of one model, held against those of the books there are. Private to agent/import. */
#ifndef IMPORT_MERGE_ROWS_H
#define IMPORT_MERGE_ROWS_H

#include "agent/import/import.h"

enum { JUMP = 10 }; /* a price that moves by so many times is odd */

/* Whether all that the first says, the second says too. */
bool rows_say_the_same(const struct price *a, const struct price *b);
/* Whether a price that was not nothing has moved so far that a unit may be meant otherwise. */
bool rows_jump(const struct price *a, const struct price *b);
/* What holds for a model at a time; NULL: nothing. */
const struct price *rows_price_on(const struct book *b, const struct model *m, int64_t time);
/* Adds to the rows of a model what the public book is silent about. */
void rows_complete(struct import *im, struct model *m);
/* Whether the books there are say all of it already. */
bool rows_are_known(const struct import *im, const struct model *m);
/* Puts a snapshot's rows between the old ones. A price that was seen later and is the same has held
 * since the snapshot's date. */
void rows_insert(struct import *im, struct model *m, const struct model *old);

#endif
