/* One writer at a time: a lock on PATH.lock that ends with the process, however it ends. */
#ifndef LEDGER_LOCK_H
#define LEDGER_LOCK_H

#include <stdbool.h>

#include "agent/base/err.h"

/*
 * To write: the descriptor to close, or -1 and *err, which names the process that writes. Readers
 * that hold the lock (below) are waited for at most `wait_ms`.
 */
int lock_write(const char *database, int wait_ms, struct err *err);
/* To read a database that nobody writes, so that nobody begins to: the descriptor to close, or -1
 * when there is no lock file that could be held. *is_written when there is a writer. */
int lock_read(const char *database, bool *is_written);
/* The id of the process that writes; 0: nobody does. -1: somebody, who is not known. Takes no lock.
 */
long lock_writer(const char *database);

#endif
