/*
 * The locale is asked without being set: the process stays in the C locale, so that no number it
 * reads or writes depends on where it runs.
 */
#include "agent/commands/look.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool locale_is_utf8(void)
{
	locale_t users = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	bool utf8 = false;

	if (users != (locale_t)0) {
		utf8 = strcmp(nl_langinfo_l(CODESET, users), "UTF-8") == 0;
		freelocale(users);
	}
	return utf8;
}

static bool wants_colour(void)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return (no_color == NULL || no_color[0] == '\0') && term && strcmp(term, "dumb") != 0;
}

struct look look_of(FILE *out)
{
	struct look look = {.width = LOOK_WIDTH, .utf8 = locale_is_utf8()};
	struct winsize size;
	int fd = fileno(out);

	if (fd < 0 || !isatty(fd))
		return look;
	look.colour = wants_colour();
	if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		look.width = size.ws_col;
	return look;
}
