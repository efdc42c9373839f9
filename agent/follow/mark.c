/*
 * The names of states are what people see in `status` and what the ledger stores: one table.
 */
#include "agent/follow/mark.h"

#include <stdlib.h>
#include <string.h>

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

void mark_move_frontier(struct mark *m, int64_t offset, uint32_t n, struct hash128 hash)
{
	if (m->offset > 0 && m->offset < offset) {
		if (m->earlier_n < FRONTIERS)
			m->earlier_n++;
		memmove(m->earlier + 1, m->earlier, (m->earlier_n - 1) * sizeof(m->earlier[0]));
		m->earlier[0] = (struct frontier){m->offset, m->frontier};
	}
	m->offset = offset;
	m->frontier_n = n;
	m->frontier = hash;
}
