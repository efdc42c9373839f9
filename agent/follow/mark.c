/*
 * The names of states are what people see in `status` and what the ledger stores: one table.
 */
#include "agent/follow/mark.h"

#include <stdlib.h>

const char *file_state_name(enum file_state state)
{
	static const char *const names[FILE_STATES] = {
		[FILE_NEW] = "new",           [FILE_READ] = "read",
		[FILE_PARTIAL] = "partial",   [FILE_CORRUPT] = "corrupt",
		[FILE_LEFT_OUT] = "left out", [FILE_FINISHED] = "finished",
	};

	return names[state];
}

void mark_free(struct mark *m)
{
	free(m->path);
	free(m->source);
	m->path = NULL;
	m->source = NULL;
	buf_free(&m->carried);
}
