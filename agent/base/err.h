/*
 * An error is a value with words: what, where, what to do. Below the commands nothing prints or
 * exits; a function that can fail takes a `struct err *` last and returns false (or NULL).
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

struct err {
	char text[512]; /* empty: no error. Longer messages are cut */
};

/* Sets the text unless one is already there (the first error is the cause). Returns false. */
__attribute__((format(printf, 2, 3))) bool err_set(struct err *err, const char *format, ...);

#endif
