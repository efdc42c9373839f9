/*
 * The table is stepped over in the order it lies on disk. The labels of a call are those of its
 * combination, which neighbours share: what was looked up is remembered, up to a bound.
 */
#include "agent/ledger/kept.h"

#include "agent/base/hash.h"
#include "agent/ledger/call_id.h"
#include "agent/ledger/dim.h"
#include "agent/ledger/query_scan.h"

static const char CALLS[] =
	"SELECT c.id, combination, input, cache_read, cache_write, cache_write_1h, output, "
	"reasoning, input_audio_tokens, output_audio_tokens, input_image_tokens, "
	"output_image_tokens, images, audio_ms, web_searches, cache_read_audio_tokens, "
	"cache_read_image_tokens, input_video_tokens, output_video_tokens, video_ms, pages, "
	"characters, quantity, cost, p.text, flags, latency, ttft, session, request_id, m.text, "
	"g.text, e.text, logged_cost, prompt_hash, dedupe_key, f.path, c.offset "
	"FROM call_rows c LEFT JOIN call_rare ON call = c.id LEFT JOIN labels p ON p.id = price "
	"LEFT JOIN labels m ON m.id = requested_model LEFT JOIN labels g ON g.id = region "
	"LEFT JOIN labels e ON e.id = error LEFT JOIN files f ON f.id = c.file WHERE c.id > ? AND "
	"c.id < ? ORDER BY c.id";
static const char NAMES[] =
	"SELECT source, provider, model, feature, user, agent, service, team, api_key, operation, "
	"service_tier, status, nullif(kind, '" KIND_MODEL "') FROM combination_names WHERE id = ?";

enum column {
	KEPT_ID,
	KEPT_COMBINATION,
	KEPT_COUNTS,
	KEPT_COST = KEPT_COUNTS + COUNTS,
	KEPT_PRICE,
	KEPT_FLAGS,
	KEPT_LATENCY,
	KEPT_TTFT,
	KEPT_DETAILS,
	KEPT_LOGGED_COST = KEPT_DETAILS + DETAILS,
	KEPT_PROMPT_HASH,
	KEPT_DEDUPE_KEY,
	KEPT_PATH,
	KEPT_OFFSET,
};

enum { NAMED_MAX = 16 << 10 }; /* combinations remembered; more: begins anew */

/* A combination by its texts. */
struct named {
	int64_t id;
	struct str source, label[LABELS];
};

struct kept_reader {
	struct sql *sql;
	struct grouping *grouping;
	const struct scan *totals; /* kept_as_totals; NULL: no */
	int64_t last, until;       /* ids; calls between them are still to come */
	sqlite3_stmt *rows;        /* NULL: let go of */
	struct table index;        /* over `named` */
	struct named *named;
	size_t named_room;
	struct arena text;
};

struct kept_reader *kept_open(struct sql *sql, struct grouping *grouping, int64_t since,
                              int64_t until)
{
	struct kept_reader *r = xcalloc(1, sizeof(*r));

	r->sql = sql;
	r->grouping = grouping;
	r->last = scan_first_id(since) - 1;
	r->until = scan_first_id(until);
	return r;
}

void kept_as_totals(struct kept_reader *r, const struct scan *scan)
{
	r->totals = scan;
}

void kept_only(struct kept_reader *r, int64_t id)
{
	r->last = id - 1;
	r->until = id + 1;
}

void kept_pause(struct kept_reader *r)
{
	if (r->rows)
		(void)sqlite3_reset(r->rows);
	r->rows = NULL;
}

void kept_close(struct kept_reader **rp)
{
	struct kept_reader *r = *rp;

	*rp = NULL;
	if (r == NULL)
		return;
	kept_pause(r);
	table_free(&r->index);
	free(r->named);
	arena_free(&r->text);
	free(r);
}

static bool same_id(const void *items, uint32_t position, const void *key)
{
	return ((const struct named *)items)[position].id == *(const int64_t *)key;
}

static bool read_names(struct kept_reader *r, struct named *ret, struct err *err)
{
	sqlite3_stmt *st = sql_statement(r->sql, NAMES, err);
	bool row;

	if (st == NULL)
		return false;
	(void)sqlite3_bind_int64(st, 1, ret->id);
	if (!sql_next(r->sql, st, &row, err))
		return false;
	if (!row)
		return err_set(err, "%s is damaged: combination %lld is not there", r->sql->path,
		               (long long)ret->id);
	ret->source = query_keep(&r->text, sql_column_text(st, 0));
	for (int i = 0; i < LABELS; i++)
		ret->label[i] = query_keep(&r->text, sql_column_text(st, i + 1));
	(void)sqlite3_reset(st);
	return true;
}

/* The texts of a combination; they live until so many others were asked for. NULL and *err. */
static const struct named *name(struct kept_reader *r, int64_t id, struct err *err)
{
	uint32_t at;
	bool is_new;

	if (r->index.n == NAMED_MAX) {
		table_clear(&r->index);
		arena_reset(&r->text, SIZE_MAX);
	}
	at = table_position(&r->index, hash_mix((uint64_t)id, 0), same_id, r->named, &id, &is_new);
	if (!is_new)
		return &r->named[at];
	r->named = array_room(r->named, at, &r->named_room, sizeof(*r->named));
	r->named[at] = (struct named){.id = id};
	return read_names(r, &r->named[at], err) ? &r->named[at] : NULL;
}

static int64_t number(sqlite3_stmt *st, int column)
{
	return sqlite3_column_type(st, column) == SQLITE_NULL ? ABSENT
	                                                      : sqlite3_column_int64(st, column);
}

static void read_call(sqlite3_stmt *st, const struct named *names, struct call *ret)
{
	*ret = (struct call){
		.time = call_id_ms(sqlite3_column_int64(st, KEPT_ID)) * TIME_MS,
		.latency = number(st, KEPT_LATENCY),
		.ttft = number(st, KEPT_TTFT),
		.has_logged_cost = sqlite3_column_type(st, KEPT_LOGGED_COST) != SQLITE_NULL,
		.logged_cost = sqlite3_column_int64(st, KEPT_LOGGED_COST),
		.prompt_hash = (uint64_t)sqlite3_column_int64(st, KEPT_PROMPT_HASH),
		.dedupe_key = (uint64_t)sqlite3_column_int64(st, KEPT_DEDUPE_KEY),
		.flags = (unsigned)sqlite3_column_int(st, KEPT_FLAGS),
		.cost = sqlite3_column_int64(st, KEPT_COST),
		.price = sql_column_text(st, KEPT_PRICE),
	};
	memcpy(ret->label, names->label, sizeof(ret->label));
	for (int i = 0; i < COUNTS; i++)
		ret->count[i] = number(st, KEPT_COUNTS + i);
	for (int i = 0; i < DETAILS; i++)
		ret->detail[i] = sql_column_text(st, KEPT_DETAILS + i);
}

/* The group of the row's call; *group stays GROUP_NONE when it is not asked for. */
static bool find_group(struct kept_reader *r, int64_t combination, uint32_t *group, struct err *err)
{
	struct grouping *g = r->grouping;
	int64_t quarter = scan_quarter(r->last);
	uint32_t times =
		grouping_times(g, r->totals ? scan_total_time(r->totals, quarter) : quarter);
	uint32_t session =
		grouping_session(g, sql_column_text(r->rows, KEPT_DETAILS + DETAIL_SESSION));
	uint32_t labels;
	bool is_error;

	if (!grouping_combination(g, combination, &labels, &is_error, err))
		return false;
	if (labels != GROUP_NONE && times != GROUP_NONE && session != GROUP_NONE)
		*group = grouping_number(g, labels, times, session);
	return true;
}

/* Whether the call of the row is one that is asked for. */
static bool take(struct kept_reader *r, struct kept_call *ret, bool *taken, struct err *err)
{
	const struct named *names;

	ret->id = r->last = sqlite3_column_int64(r->rows, KEPT_ID);
	ret->combination = sqlite3_column_int64(r->rows, KEPT_COMBINATION);
	ret->group = GROUP_NONE;
	if (r->grouping && !find_group(r, ret->combination, &ret->group, err))
		return false;
	*taken = r->grouping == NULL || ret->group != GROUP_NONE;
	if (!*taken)
		return true;
	names = name(r, ret->combination, err);
	if (names == NULL)
		return false;
	ret->source = names->source;
	ret->file = sql_column_text(r->rows, KEPT_PATH);
	ret->offset = sqlite3_column_int64(r->rows, KEPT_OFFSET);
	read_call(r->rows, names, &ret->call);
	return true;
}

static bool start(struct kept_reader *r, struct err *err)
{
	if (r->rows)
		return true;
	r->rows = sql_statement(r->sql, CALLS, err);
	if (r->rows)
		sql_bind_ints(r->rows, 1, (const int64_t[]){r->last, r->until}, 2);
	return r->rows != NULL;
}

bool kept_next(struct kept_reader *r, struct kept_call *ret, bool *more, struct err *err)
{
	bool taken = false;

	if (!start(r, err))
		return false;
	do {
		if (!sql_next(r->sql, r->rows, more, err))
			return false;
		if (*more && !take(r, ret, &taken, err))
			return false;
	} while (*more && !taken);
	if (!*more)
		r->rows = NULL;
	return true;
}
