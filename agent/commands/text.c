#include "agent/commands/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void text_size(char out[TEXT_SIZE], int64_t bytes)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
	double value = (double)bytes;
	size_t unit = 0;

	while (value >= 999.5 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		value /= 1000;
		unit++;
	}
	(void)snprintf(out, TEXT_SIZE, value < 9.95 && unit > 0 ? "%.1f %s" : "%.0f %s", value,
	               units[unit]);
}

void text_count(char out[TEXT_COUNT], int64_t n)
{
	char digits[TEXT_COUNT];
	size_t length, to = 0;

	(void)snprintf(digits, sizeof(digits), "%" PRId64, n);
	length = strlen(digits);
	for (size_t i = 0; i < length; i++) {
		out[to++] = digits[i];
		if (digits[i] != '-' && i + 1 < length && (length - i - 1) % 3 == 0)
			out[to++] = ',';
	}
	out[to] = '\0';
}

/* Decimal places that show at least two digits of a sum below a dollar, never fewer than cents. */
static int places(int64_t nano)
{
	int n = 2;

	if (nano == 0)
		return n;
	for (int64_t limit = 10000000; nano < limit * 10 && n < 9; limit /= 10)
		n++;
	return n;
}

static int64_t power(int exponent)
{
	int64_t p = 1;

	while (exponent-- > 0)
		p *= 10;
	return p;
}

void text_cost(char out[TEXT_COST], int64_t nano)
{
	int64_t size = nano < 0 ? -nano : nano;
	int n = places(size);
	int64_t unit = power(9 - n), rest = size % unit, part;
	char dollars[TEXT_COUNT], decimals[9] = "";

	size /= unit;
	if (rest * 2 > unit || (rest * 2 == unit && size % 2))
		size++;
	part = size % power(n);
	for (int i = n; i-- > 0; part /= 10)
		decimals[i] = (char)('0' + part % 10);
	text_count(dollars, size / power(n));
	(void)snprintf(out, TEXT_COST, "%s$%s.%.*s", nano < 0 ? "-" : "", dollars, n, decimals);
}
