/* All that a price depends on, as one number. */
#include <stdio.h>

#include "agent/base/buf.h"
#include "agent/base/hash.h"
#include "agent/meter/book.h"

static void put_number(struct buf *out, int64_t n)
{
	buf_printf(out, "%lld ", (long long)n);
}

static void put_rates(struct buf *out, const struct rates *r)
{
	for (int kind = 0; kind < RATES; kind++)
		put_number(out, r->rate[kind]);
}

static void put_variants(struct buf *out, const struct variant *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_printf(out, "\n%s ", v[i].name);
		put_number(out, v[i].factor_ppm);
		put_rates(out, &v[i].rates);
	}
	buf_char(out, ';');
}

static void put_row(struct buf *out, const struct price *p)
{
	buf_printf(out, "%s ", p->key);
	put_number(out, p->from);
	put_number(out, p->days);
	for (size_t i = 0; i < p->hours_n; i++) {
		put_number(out, p->hours[i].from);
		put_number(out, p->hours[i].to);
	}
	put_rates(out, &p->base);
	for (size_t i = 0; i < p->tiers_n; i++) {
		put_number(out, p->tiers[i].above);
		put_rates(out, &p->tiers[i].rates);
		put_variants(out, p->tiers[i].variants, p->tiers[i].variants_n);
	}
	put_variants(out, p->variants, p->variants_n);
	put_variants(out, p->regions, p->regions_n);
	if (p->kind)
		buf_puts(out, p->kind);
	buf_char(out, '\n');
}

void book_digest(const struct book *b, char out[BOOK_DIGEST])
{
	struct buf text = {0};
	size_t n;
	const struct price *rows = book_rows(b, &n);

	for (size_t i = 0; i < n; i++)
		put_row(&text, &rows[i]);
	(void)snprintf(out, BOOK_DIGEST, "%016llx",
	               (unsigned long long)hash64(HASH_PLAIN, buf_view(&text)));
	buf_free(&text);
}
