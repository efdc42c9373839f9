/*
 * Lines, as fast as they can be passed over.
 *
 * With a literal the work goes from hit to hit: the literal is searched, the line around the hit
 * is the record, and what lies between is only counted. The count is needed because every record
 * must show up somewhere (a record without the literal is skipped, not forgotten), and it has to
 * tell blank lines from others; so it works on 64 bytes at a time, as masks of which bytes are
 * newlines and which are white. The masks are made by AVX2 where it is to be had, else by
 * arithmetic on words; all that follows from them is the same code.
 */
#include "agent/follow/frame.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { BLOCK = 64 };

/* Bit i is byte i of a block. */
struct masks {
	uint64_t newline, white; /* white: space, tab, VT, FF, CR, NUL */
};

/* The high bits of the eight bytes of a word, the first byte lowest. */
static inline uint64_t high_bits(uint64_t word)
{
	return ((word >> 7) * UINT64_C(0x0102040810204080)) >> 56;
}

static inline uint64_t each_byte(uint8_t byte)
{
	return byte * UINT64_C(0x0101010101010101);
}

/* The high bit of each byte that is 0; exact, for no carry leaves a byte. */
static inline uint64_t zero_bytes(uint64_t word)
{
	uint64_t low = each_byte(0x7f);

	return ~(((word & low) + low) | word | low);
}

static inline struct masks classify_word(const char *p)
{
	uint64_t word, low, newline, from_tab, over_cr, white;

	memcpy(&word, p, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	low = word & each_byte(0x7f);
	newline = zero_bytes(word ^ each_byte('\n'));
	from_tab = low + each_byte(0x80 - '\t');
	over_cr = low + each_byte(0x80 - '\r' - 1);
	white = from_tab & ~over_cr & ~word & ~newline & each_byte(0x80);
	white |= zero_bytes(word & each_byte((uint8_t) ~' ')); /* space or NUL */
	return (struct masks){high_bits(newline), high_bits(white)};
}

static inline struct masks classify_portable(const char *p)
{
	struct masks m = {0, 0};

	for (unsigned i = 0; i < BLOCK; i += 8) {
		struct masks word = classify_word(p + i);

		m.newline |= word.newline << i;
		m.white |= word.white << i;
	}
	return m;
}

/*
 * Newlines of a block that end a line which is not blank. *blank says whether the line has been
 * blank up to here, and is then set for the next block. A run of white bytes at the start of a line
 * is passed by adding 1 to its first bit: the carry comes out behind it.
 */
static inline uint64_t lines_that_count(struct masks m, uint64_t *blank)
{
	uint64_t starts = m.newline << 1 | *blank, behind;
	bool through = __builtin_add_overflow(m.white, starts & m.white, &behind);
	uint64_t first = (behind & ~m.white) | (starts & ~m.white); /* of the line, not white */

	*blank = through || m.newline >> (BLOCK - 1);
	return m.newline & ~first;
}

/* A last block of less than 64 bytes, with a newline set behind it: one too many ends a blank line.
 */
static inline struct masks cut(struct masks m, size_t n)
{
	uint64_t end = UINT64_C(1) << n;

	return (struct masks){(m.newline & (end - 1)) | end, m.white & (end - 1)};
}

uint64_t frame_count_portable(struct str bytes)
{
	uint64_t count = 0, blank = 1;
	struct masks m;

	for (; bytes.n >= BLOCK; bytes = str_from(bytes, BLOCK)) {
		m = classify_portable(bytes.p);
		count += (uint64_t)__builtin_popcountll(lines_that_count(m, &blank));
	}
	m = cut(classify_portable(bytes.p), bytes.n);
	return count + (uint64_t)__builtin_popcountll(lines_that_count(m, &blank));
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static inline uint64_t mask_of(__m256i lo, __m256i hi)
{
	return (uint32_t)_mm256_movemask_epi8(lo) | (uint64_t)_mm256_movemask_epi8(hi) << 32;
}

/* Bytes that are the one of their low four bits in this table, and spaces, are white. */
__attribute__((target("avx2"))) static inline __m256i white_avx2(__m256i v)
{
	const __m256i table = _mm256_broadcastsi128_si256(
		_mm_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 0, '\t', 0, '\v', '\f', '\r', 0, 0));

	return _mm256_or_si256(_mm256_cmpeq_epi8(_mm256_shuffle_epi8(table, v), v),
	                       _mm256_cmpeq_epi8(v, _mm256_set1_epi8(' ')));
}

__attribute__((target("avx2"))) static inline struct masks classify_avx2(const char *p)
{
	const __m256i newline = _mm256_set1_epi8('\n');
	__m256i lo = _mm256_loadu_si256((const __m256i_u *)p);
	__m256i hi = _mm256_loadu_si256((const __m256i_u *)(p + BLOCK / 2));

	return (struct masks){
		mask_of(_mm256_cmpeq_epi8(lo, newline), _mm256_cmpeq_epi8(hi, newline)),
		mask_of(white_avx2(lo), white_avx2(hi)),
	};
}

__attribute__((target("avx2,popcnt"))) static uint64_t count_avx2(struct str bytes)
{
	uint64_t count = 0, blank = 1;
	struct masks m;

	for (; bytes.n >= BLOCK; bytes = str_from(bytes, BLOCK)) {
		m = classify_avx2(bytes.p);
		count += (uint64_t)__builtin_popcountll(lines_that_count(m, &blank));
	}
	m = cut(classify_avx2(bytes.p), bytes.n);
	return count + (uint64_t)__builtin_popcountll(lines_that_count(m, &blank));
}
#endif

uint64_t frame_count(struct str bytes)
{
	if (bytes.n == 0)
		return 0;
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt"))
		return count_avx2(bytes);
#endif
	return frame_count_portable(bytes);
}

void frame_start(struct frame *f, struct str bytes, struct str literal)
{
	*f = (struct frame){.p = bytes.p, .end = bytes.p + bytes.n};
	if (literal.n)
		f->literal = needle_of(literal);
}

static bool is_white(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r' && c != '\n') || c == '\0';
}

/* A line as a record: empty when it is blank. */
static struct str strip(struct str line)
{
	size_t i = 0;

	while (line.n && line.p[0] == '\0')
		line = str_from(line, 1);
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	while (i < line.n && is_white(line.p[i]))
		i++;
	return i < line.n ? line : (struct str){line.p, 0};
}

/* Takes the next line. */
static struct str next_line(struct frame *f)
{
	const char *start = f->p, *newline = memchr(start, '\n', (size_t)(f->end - start));
	const char *end = newline ? newline : f->end;

	f->p = newline ? newline + 1 : f->end;
	return (struct str){start, (size_t)(end - start)};
}

/* Goes to the start of the line in which the literal comes next, or to the end. Returns the place
 * of the literal and adds the records before its line to *passed. */
static const char *go_to_literal(struct frame *f, uint64_t *passed)
{
	struct str rest = {f->p, (size_t)(f->end - f->p)};
	const char *hit = search(rest, &f->literal), *newline;

	if (hit) {
		newline = memrchr(rest.p, '\n', (size_t)(hit - rest.p));
		rest.n = newline ? (size_t)(newline + 1 - rest.p) : 0;
	}
	f->p += rest.n;
	*passed += frame_count(rest);
	return hit;
}

/* The hit in its line may lie in what was stripped from it, or hold a newline. */
static bool holds(struct str record, struct str literal, const char *hit)
{
	if (hit >= record.p && hit + literal.n <= record.p + record.n)
		return true;
	return str_find(record, literal) < record.n;
}

bool frame_next(struct frame *f, struct str *record, uint64_t *passed)
{
	struct str literal = f->literal.text;
	const char *hit = NULL;

	*passed = 0;
	while (f->p < f->end) {
		if (literal.n)
			hit = go_to_literal(f, passed);
		*record = strip(next_line(f));
		if (record->n == 0)
			continue;
		if (literal.n == 0 || holds(*record, literal, hit))
			return true;
		++*passed;
	}
	return false;
}
