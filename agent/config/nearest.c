/*
 * Edit distance with swaps of neighbours (the usual slip of the hand) as one edit. Names are short,
 * so the plain table of three rows is all it takes.
 */
#include "agent/config/nearest.h"

enum {
	WORD_MAX = 48, /* a longer word is not looked for */
	DISTANCE_MAX = 3,
};

void nearest_start(struct nearest *n, struct str word)
{
	*n = (struct nearest){.word = word, .distance = DISTANCE_MAX + 1};
	/* Two of three letters changed is another word, not a slip. */
	if (word.n < n->distance * 2)
		n->distance = (word.n + 1) / 2;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t distance(struct str a, struct str b)
{
	size_t row[3][WORD_MAX + 1] = {0};
	size_t *before = row[0], *above = row[1], *now = row[2];

	for (size_t j = 0; j <= b.n; j++)
		above[j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		size_t *spare = before;

		now[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			size_t change = above[j - 1] + (a.p[i - 1] != b.p[j - 1]);

			now[j] = least(change, least(above[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1])
				now[j] = least(now[j], before[j - 2] + 1);
		}
		before = above;
		above = now;
		now = spare;
	}
	return above[b.n];
}

void nearest_offer(struct nearest *n, struct str name)
{
	size_t d;

	if (n->word.n > WORD_MAX || name.n > WORD_MAX)
		return;
	d = distance(n->word, name);
	if (d < n->distance) {
		n->distance = d;
		n->name = name;
	}
}
