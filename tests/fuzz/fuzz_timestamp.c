/* The first line is a format, the rest a time stamp. Whatever is understood lies within 1970..9999
 * and is read back as it was printed. */
#include <assert.h>
#include <stdlib.h>

#include "parsers/number.h"
#include "parsers/timestamp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int64_t time, const struct timestamp_context *context)
{
	char text[TIMESTAMP_TEXT];
	int64_t again;

	assert(time >= 0 && time <= TIME_MAX);
	timestamp_print(time, text);
	assert(timestamp_parse(str_of(text), context, &again) && again == time);
}

static void check_numbers(struct str text)
{
	int64_t value;

	assert(!number_count(text, &value) || (value >= 0 && value <= COUNT_MAX));
	assert(!number_duration(text, 1000000, &value) || value >= 0);
	(void)number_decimal(text, 9, &value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct timestamp_context context = {.near = INT64_C(1773306000) * TIME_SEC};
	struct str all = {(const char *)data, size};
	struct str first = {all.p, str_find(all, STR("\n"))};
	struct str rest = str_from(all, first.n + 1);
	struct err err = {0};
	char *format;
	int64_t time;

	if (context.zone == NULL)
		context.zone = zone_open("Australia/Lord_Howe", &err);
	format = str_dup(first);
	(void)timestamp_format_valid(format);
	if (timestamp_parse(rest, &context, &time))
		check(time, &context);
	if (timestamp_format(rest, format, &context, &time))
		check(time, &context);
	check_numbers(rest);
	free(format);
	return 0;
}
