#include "agent/detect/presets.h"

#include <stdio.h>
#include <stdlib.h>

#include "agent/base/buf.h"
#include "agent/base/mem.h"

struct opening {
	struct presets *presets;
	const struct book *book;
};

static bool compile(struct preset *preset, const struct book *book, struct err *err)
{
	struct buf yaml = {0};

	if (preset->values) {
		buf_printf(&yaml, "sources: [{name: log, paths: x, preset: %s, frame: json}]\n",
		           preset->name);
		preset->config = config_parse(buf_view(&yaml), "preset", err);
		buf_free(&yaml);
	} else {
		preset->config = config_for_preset(preset->name, NULL, 0, err);
	}
	if (preset->config)
		preset->source = source_new(&preset->config->sources[0], book, err);
	return preset->source != NULL;
}

static struct preset *add(struct presets *p, const char *name, bool values, const struct book *book)
{
	struct preset preset = {.name = xstrdup(name), .values = values};
	struct err err = {0};

	if (!compile(&preset, book, &err)) {
		if (p->trouble[0] == '\0')
			(void)snprintf(p->trouble, sizeof(p->trouble), "%.150s", err.text);
		config_free(&preset.config);
		free(preset.name);
		return NULL;
	}
	p->v = array_room(p->v, p->n, &p->capacity, sizeof(*p->v));
	p->v[p->n++] = preset;
	return &p->v[p->n - 1];
}

static void open_one(void *arg, const char *name, bool shipped)
{
	struct opening *o = arg;
	struct preset *preset = add(o->presets, name, false, o->book);
	const struct source_config *c;

	if (preset == NULL)
		return;
	c = &preset->config->sources[0];
	preset->kind = c->detect_n ? PRESET_MARKS : shipped ? PRESET_COMMON : PRESET_OWN;
	if (preset->kind != PRESET_COMMON || strcmp(c->format, "json") != 0 ||
	    c->frame != FRAME_LINES)
		return;
	preset = add(o->presets, name, true, o->book);
	if (preset)
		preset->kind = PRESET_COMMON;
}

void presets_open(struct presets *p, const struct book *book)
{
	struct opening o = {p, book};

	*p = (struct presets){0};
	preset_names(open_one, &o);
}

void presets_close(struct presets *p)
{
	for (size_t i = 0; i < p->n; i++) {
		source_free(&p->v[i].source);
		config_free(&p->v[i].config);
		free(p->v[i].name);
	}
	free(p->v);
	*p = (struct presets){0};
}
