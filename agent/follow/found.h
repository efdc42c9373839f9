/* Files that were found, to be read or not, and the order in which they are read. */
#ifndef FOLLOW_FOUND_H
#define FOLLOW_FOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct found {
	char *path;
	int64_t size, mtime_ns;
	/* Why it is not read ("a directory", "a FIFO", "Permission denied"); NULL: it is read. */
	char *left_out;
	bool denied; /* it is left out, and would be read if the system let us */
};

struct found_list {
	struct found *items;
	size_t n, capacity;
};

/* Sorts by path and keeps each path once. */
void found_unique(struct found_list *list);
/* Moves all of `from`, which is empty then, to the end of `list`. */
void found_append(struct found_list *list, struct found_list *from);
/* Oldest content first: by modification time, then by path in natural order, but the higher number
 * of a rotation is the older (app.log.10 before app.log.2 before app.log). */
void found_sort(struct found_list *list);
void found_free(struct found_list *list);

#endif
