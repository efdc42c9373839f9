/* Between the files of the sandbox, and its test. */
#ifndef BASE_SANDBOX_INNER_H
#define BASE_SANDBOX_INNER_H

#include <stdint.h>

#include "agent/base/sandbox.h"

/* Adds a sentence to what is already there. */
__attribute__((format(printf, 2, 3))) void sandbox_lacks(struct err *err, const char *format, ...);

/* The version of Landlock's interface that the kernel has; 0 and *err: none. */
int landlock_version(struct err *err);
/* With the rights that version `abi` knows, which may be less than what the kernel has. */
bool landlock_enter(const struct sandbox *s, int abi, struct err *err);

bool seccomp_enter(bool sockets, struct err *err);

#endif
