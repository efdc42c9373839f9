#include "agent/commands/which.h"

#include <stdlib.h>
#include <time.h>

#include "agent/base/buf.h"
#include "agent/config/nearest.h"

bool which_keep_where(void *arg, const char *value)
{
	struct which *w = arg;

	if (w->where_n == QUERY_WHERE_MAX)
		return false;
	w->where[w->where_n++] = value;
	return true;
}

int which_unknown_dim(const struct command *command, const char *option, struct str name)
{
	struct buf what = {0};
	char *value = str_dup(name);
	struct nearest nearest;
	int status;

	nearest_start(&nearest, name);
	for (size_t i = 0; i < DIMS; i++)
		nearest_offer(&nearest, str_of(dim_name((enum dim)i)));
	buf_printf(&what, "%s has dimensions such as ", option);
	if (nearest.name.n)
		buf_printf(&what, "`%.*s`, not", STR_ARG(nearest.name));
	else
		buf_puts(&what, "model, user, day; not");
	status = usage_error(command, what.p, value);
	buf_free(&what);
	free(value);
	return status;
}

int which_where(const struct which *w, struct query *q)
{
	for (; q->where_n < w->where_n; q->where_n++) {
		struct str text = str_of(w->where[q->where_n]);
		size_t equals = str_find(text, STR("="));
		struct str name = {text.p, equals};

		if (equals == text.n)
			return usage_error(w->command, "--where needs DIM=VALUE, not",
			                   w->where[q->where_n]);
		if (!dim_find(name, &q->where[q->where_n].dim))
			return which_unknown_dim(w->command, "--where", name);
		q->where[q->where_n].value = str_from(text, equals + 1);
	}
	return -1;
}

static int read_when(const struct which *w, const char *option, const char *text,
                     const struct zone *zone, int64_t *ret)
{
	struct buf what = {0};
	struct timespec now;
	int status = -1;

	if (text == NULL)
		return -1;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (!when_parse(str_of(text), zone, now.tv_sec * TIME_SEC + now.tv_nsec / 1000, ret)) {
		buf_printf(&what, "%s is %s; not", option, WHEN_FORMS);
		status = usage_error(w->command, what.p, text);
	}
	buf_free(&what);
	return status;
}

int which_time(const struct which *w, struct query *q)
{
	int status;

	q->since = INT64_MIN;
	q->until = INT64_MAX;
	status = read_when(w, "--since", w->since, q->zone, &q->since);
	if (status < 0)
		status = read_when(w, "--until", w->until, q->zone, &q->until);
	if (status < 0 && q->since >= q->until)
		status = usage_error(w->command, "--since must be before --until", NULL);
	return status;
}
