/* Which public book a text is, by its shape. */
#include "agent/import/import.h"

#include <stdlib.h>

#include "agent/import/json_reader.h"

static const struct import_format *const formats[] = {&format_genai_prices, &format_litellm,
                                                      &format_models_dev, &format_openrouter};

enum { FORMATS = sizeof(formats) / sizeof(formats[0]), SHAPES = 2 };

static bool has_shape(const struct import_shape *shape, struct str text)
{
	struct str path = str_of(shape->path);
	struct arena scratch = {0};
	struct err err = {0};
	struct fault ignored;
	struct value v;
	struct json_paths *paths = shape->path ? json_paths_new(&path, 1, &err) : NULL;
	bool good =
		paths && json_scan(paths, text, &v, &scratch, &ignored) && v.type == shape->type;

	json_paths_free(&paths);
	arena_free(&scratch);
	return good;
}

static const struct import_format *recognise(struct str text)
{
	for (size_t i = 0; i < FORMATS; i++)
		for (size_t k = 0; k < SHAPES; k++)
			if (has_shape(&formats[i]->shapes[k], text))
				return formats[i];
	return NULL;
}

static int line_of(struct str text, size_t at)
{
	int line = 1;

	for (size_t i = 0; i < at && i < text.n; i++)
		line += text.p[i] == '\n';
	return line;
}

/* Whether it is JSON at all, from its first byte to its last. */
static bool is_whole(struct str text, const char *name, struct err *err)
{
	static const struct str whole[] = {{"", 0}};
	struct json_paths *paths = json_paths_new(whole, 1, err);
	struct arena scratch = {0};
	struct fault fault = {0};
	struct value v;
	bool good = json_scan(paths, text, &v, &scratch, &fault);

	if (!good)
		(void)err_set(err, "%s:%d: damaged: not JSON: %s", name, line_of(text, fault.at),
		              fault.what);
	json_paths_free(&paths);
	arena_free(&scratch);
	return good;
}

bool import_read(struct import *im, struct str text, const char *name, struct err *err)
{
	struct err why = {0};

	if (!is_whole(text, name, err))
		return false;
	im->format = recognise(text);
	if (im->format == NULL)
		return err_set(err,
		               "%s: no price book that is known: expected LiteLLM's "
		               "model_prices_and_context_window.json, genai-prices' data.json, "
		               "models.dev's api.json or OpenRouter's /api/v1/models",
		               name);
	if (!im->format->read(im, text, &why))
		return err_set(err, "%s: %s", name, why.text);
	if (im->shelf.models_n == 0)
		return err_set(err, "%s: %s without a single price", name, im->format->title);
	return true;
}

void import_free(struct import *im)
{
	book_free(&im->before);
	book_free(&im->after);
	shelf_free(&im->shelf);
	shelf_free(&im->old);
	free(im->notes);
	free(im->changes);
}
