/*
 * Rows from memory as an SQL table, so that one statement writes many: INSERT ... SELECT c0, c1
 * FROM feed. A statement per row spends half its time on entering, binding and resetting; this was
 * measured at 1.5 times the speed with 17 columns.
 */
#ifndef LEDGER_FEED_H
#define LEDGER_FEED_H

#include <sqlite3.h>
#include <stdbool.h>

enum { FEED_COLUMNS = 21 }; /* c0 .. c20 */

struct feed {
	void *from;
	bool (*next)(void *from); /* moves to the next row, at first to the first; false: no more */
	/* Sets column `at` of that row; setting nothing is NULL. Texts live until `next`. */
	void (*column)(void *from, sqlite3_context *ret, int at);
};

/* Makes the table `feed` known to a connection; it shows what *feed is when a statement starts. */
int feed_register(sqlite3 *db, struct feed *feed);

#endif
