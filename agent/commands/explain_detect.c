#include "agent/commands/explain_detect.h"

#include <time.h>

#include "agent/base/zone.h"
#include "agent/detect/emit.h"
#include "agent/detect/tell.h"

static struct config *config_of(const struct telling *told)
{
	struct err ignored = {0};

	if (told->told > TOLD_PARTLY)
		return NULL;
	return emit_config(told->preset ? told->preset : "detected", buf_view(&told->body),
	                   &ignored);
}

struct config *explain_detect(const struct book *book, const char *file, const char *text)
{
	int64_t now = (int64_t)time(NULL) * TIME_SEC;
	struct err ignored = {0};
	struct teller teller;
	struct telling told;
	struct config *config = NULL;
	struct sample *sample =
		file ? sample_open(file, true, &ignored) : sample_of_text(str_of(text), now);

	if (sample == NULL)
		return NULL;
	if (teller_open(&teller, book, now, &ignored)) {
		tell(&teller, file ? file : "log", sample, &told);
		config = config_of(&told);
		telling_free(&told);
		teller_close(&teller);
	}
	sample_free(&sample);
	return config;
}
