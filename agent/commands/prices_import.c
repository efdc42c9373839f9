/*
 * Reads, merges, tells, and writes if all of it was good: the book is replaced as a whole or not
 * touched. What it would change is said first with --dry-run.
 */
#include "agent/commands/prices_import.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "agent/base/zone.h"
#include "agent/commands/import_text.h"
#include "agent/config/files.h"
#include "agent/meter/book_row.h"
#include "parsers/format.h"

/* The bytes of a file and enough behind them for the JSON scanner. */
static bool read_padded(const char *path, struct buf *out, struct str *text, struct err *err)
{
	static const char pad[RECORD_PAD];

	if (files_read_input(path, IMPORT_BYTES_MAX, out, err) != FILES_READ)
		return false;
	buf_bytes(out, pad, sizeof(pad));
	*text = (struct str){out->p, out->n - sizeof(pad)};
	return true;
}

enum { DATE_TEXT = 16 };

static void print_date(int64_t time, char out[DATE_TEXT])
{
	struct civil c = civil_of(time);

	(void)snprintf(out, DATE_TEXT, "%04d-%02d-%02d", (int)c.year, c.month, c.day);
}

static bool set_dates(struct import *im, const char *effective, struct err *err)
{
	int64_t now = (int64_t)time(NULL) * TIME_SEC;

	im->date = now - now % TIME_DAY;
	print_date(im->date, im->today);
	if (effective && (!book_instant(str_of(effective), &im->date) || im->date % TIME_DAY))
		return err_set(err, "--effective: expected a date such as 2026-08-16");
	print_date(im->date, im->date_text);
	return true;
}

/* The book of an earlier import; there may be none. */
static bool read_old(const char *path, struct buf *old, struct err *err)
{
	struct err why = {0};

	if (files_read(path, BOOK_BYTES_MAX, old, &why) == FILES_FAILED)
		return err_set(err, "%s", why.text);
	return true;
}

static void tell(const struct import_request *r, const struct import_result *result)
{
	struct buf out = {0};

	if (r->common->json)
		import_json(&out, result);
	else if (!r->common->quiet)
		import_text(&out, result, r->common->verbose);
	if (out.n)
		(void)fwrite(out.p, 1, out.n, stdout);
	buf_free(&out);
}

static int refuse(const struct import_request *r, const struct buf *why)
{
	struct err err = {0};

	(void)err_set(&err, "%s: %s; nothing was written; look, then --accept", r->file, why->p);
	return fail(EXIT_NO, &err);
}

static int finish(const struct import_request *r, struct import *im, const char *path,
                  struct str old, struct str text)
{
	struct import_result result = {.import = im, .path = path, .changed = !str_eq(old, text)};
	struct buf why = {0};
	struct err err = {0};
	bool odd = import_is_odd(im, &why) && !r->accept;
	bool write = result.changed && !r->dry && !odd;
	int status = EXIT_GOOD;

	if (write && !files_replace(path, text, &err))
		return fail(EXIT_FAILED, &err);
	result.written = write;
	tell(r, &result);
	if (odd)
		status = refuse(r, &why);
	buf_free(&why);
	return status;
}

static int merge(const struct import_request *r, struct import *im, const struct config *config)
{
	struct buf path = {0}, old = {0}, text = {0};
	struct err err = {0};
	int status = EXIT_FAILED;

	imported_path(config, im->format->name, &path);
	if (read_old(path.p, &old, &err) && import_merge(im, buf_view(&old), path.p, &text, &err))
		status = finish(r, im, path.p, buf_view(&old), buf_view(&text));
	else
		(void)fail(status, &err);
	buf_free(&path);
	buf_free(&old);
	buf_free(&text);
	return status;
}

static int read_and_merge(const struct import_request *r, struct import *im,
                          const struct config *config)
{
	const char *name = strcmp(r->file, "-") == 0 ? "standard input" : r->file;
	struct buf bytes = {0};
	struct err err = {0};
	struct str text;
	int status;

	if (!read_padded(r->file, &bytes, &text, &err) || !import_read(im, text, name, &err)) {
		status = fail(EXIT_FAILED, &err);
	} else if (r->effective && im->format->dated) {
		(void)err_set(&err, "--effective: %s has dates of its own", im->format->title);
		status = fail(EXIT_USAGE, &err);
	} else {
		status = merge(r, im, config);
	}
	buf_free(&bytes);
	return status;
}

int prices_import(const struct import_request *r)
{
	struct config *config = common_config(r->common);
	struct import im = {0};
	struct err err = {0};
	int status;

	if (config == NULL)
		return EXIT_USAGE;
	if (set_dates(&im, r->effective, &err))
		status = read_and_merge(r, &im, config);
	else
		status = fail(EXIT_USAGE, &err);
	import_free(&im);
	config_free(&config);
	return status;
}
