/* Systems that have neither Landlock nor seccomp. */
#include "agent/base/sandbox_inner.h"

#ifndef __linux__

bool sandbox_enter(const struct sandbox *s, struct sandbox_state *ret, struct err *err)
{
	(void)s;
	*ret = (struct sandbox_state){0};
	sandbox_lacks(err, "there is no sandbox for this system");
	return false;
}

#endif
