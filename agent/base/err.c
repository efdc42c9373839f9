#include "agent/base/err.h"

#include <stdarg.h>
#include <stdio.h>

bool err_set(struct err *err, const char *format, ...)
{
	va_list args;

	if (err->text[0] != '\0')
		return false;
	va_start(args, format);
	(void)vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return false;
}
