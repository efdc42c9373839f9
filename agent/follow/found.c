/*
 * The order of files matters where the later record wins (dedupe, carry) and for whoever watches.
 * Time decides; but files that were copied or unpacked together often have the same time, and then
 * only their names tell: app.log.2.gz was written before app.log.1, app-9.log before app-10.log.
 */
#include "agent/follow/found.h"

#include <stdlib.h>

#include "agent/base/mem.h"
#include "agent/base/str.h"

enum { ROTATION_DIGITS = 4 }; /* at most; more are a date, of which the higher is the newer */

static void found_clear(struct found *f)
{
	free(f->path);
	free(f->left_out);
}

/* The same path once to be read and once not comes with the reading first. */
static int by_path(const void *a, const void *b)
{
	const struct found *one = a, *other = b;
	int order = strcmp(one->path, other->path);

	return order ? order : (one->left_out != NULL) - (other->left_out != NULL);
}

static void sort(struct found_list *list, int (*order)(const void *a, const void *b))
{
	if (list->n > 0)
		qsort(list->items, list->n, sizeof(*list->items), order);
}

void found_unique(struct found_list *list)
{
	size_t n = 0;

	sort(list, by_path);
	for (size_t i = 0; i < list->n; i++) {
		if (n > 0 && strcmp(list->items[n - 1].path, list->items[i].path) == 0)
			found_clear(&list->items[i]);
		else
			list->items[n++] = list->items[i];
	}
	list->n = n;
}

void found_append(struct found_list *list, struct found_list *from)
{
	for (size_t i = 0; i < from->n; i++) {
		list->items =
			array_room(list->items, list->n, &list->capacity, sizeof(*list->items));
		list->items[list->n++] = from->items[i];
	}
	free(from->items);
	*from = (struct found_list){0};
}

static bool digit_at(struct str s, size_t i)
{
	return i < s.n && s.p[i] >= '0' && s.p[i] <= '9';
}

/* Takes the run of digits at the start, which is returned without leading zeros. */
static struct str take_number(struct str *s)
{
	struct str number;
	size_t n = 0;

	while (digit_at(*s, 0) && s->p[0] == '0')
		*s = str_from(*s, 1);
	while (digit_at(*s, n))
		n++;
	number = (struct str){s->p, n};
	*s = str_from(*s, n);
	return number;
}

/* Bytewise, but runs of digits by the number they are. */
static int natural_order(struct str a, struct str b)
{
	while (a.n && b.n) {
		struct str one = {a.p, 1}, other = {b.p, 1};
		int order;

		if (digit_at(a, 0) && digit_at(b, 0)) {
			one = take_number(&a);
			other = take_number(&b);
		} else {
			a = str_from(a, 1);
			b = str_from(b, 1);
		}
		order = one.n == other.n ? str_cmp(one, other) : (one.n > other.n ? 1 : -1);
		if (order)
			return order;
	}
	return (a.n > 0) - (b.n > 0);
}

/* Takes .3 or .3.gz or .gz off *path and returns the number, 0 without one; -1: none of these. */
static int take_rotation(struct str *path)
{
	struct str s = *path;
	int number = 0, digits = 0;
	bool gz = str_ends(s, STR(".gz"));

	if (gz)
		s.n -= 3;
	*path = s;
	for (int place = 1; digits <= ROTATION_DIGITS && s.n && digit_at(s, s.n - 1); place *= 10) {
		number += (s.p[--s.n] - '0') * place;
		digits++;
	}
	if (digits == 0 || digits > ROTATION_DIGITS || s.n == 0 || s.p[s.n - 1] != '.')
		return gz ? 0 : -1;
	*path = (struct str){s.p, s.n - 1};
	return number;
}

static int by_age(const void *a, const void *b)
{
	const struct found *one = a, *other = b;
	struct str path = str_of(one->path), other_path = str_of(other->path);
	int number = take_rotation(&path), other_number = take_rotation(&other_path);
	int order = natural_order(path, other_path);

	if (one->mtime_ns != other->mtime_ns)
		return one->mtime_ns < other->mtime_ns ? -1 : 1;
	if (order == 0)
		order = (number < other_number) - (number > other_number);
	return order ? order : strcmp(one->path, other->path);
}

void found_sort(struct found_list *list)
{
	sort(list, by_age);
}

void found_free(struct found_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		found_clear(&list->items[i]);
	free(list->items);
	*list = (struct found_list){0};
}
