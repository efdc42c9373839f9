/*
 * The configuration as read: plain values with the line each came from. Nothing here is compiled;
 * meter/source.h turns a source into something that reads records, meter/book.h reads prices.
 * All strings are owned by the config and live as long as it; `database` alone is a heap string of
 * its own, which a command may replace.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdint.h>

#include "agent/base/buf.h"
#include "agent/base/err.h"
#include "agent/base/log.h"
#include "agent/base/str.h"
#include "agent/config/field.h"
#include "agent/config/yaml.h"
#include "agent/follow/watch.h"
#include "parsers/envelope.h"

/* Limits of what a configuration may hold. Each gives an error that names it. */
enum {
	CONFIG_BYTES_MAX = 1 << 20,
	CONFIG_SOURCES_MAX = 256,
	CONFIG_LIST_MAX = 256,    /* entries of a list of values */
	CONFIG_MAP_MAX = 4096,    /* entries of any list or map of a YAML file */
	CONFIG_STRING_MAX = 4096, /* bytes of any value */
	CONFIG_DEPTH_MAX = 16,    /* nesting of the YAML */
};

/* Where a value stands, for errors: "tokentail.yaml:12". */
struct place {
	const char *file; /* NULL: the value is a default */
	int line;
};

struct pair {
	char *key;
	char *value;
	struct place place;
};

/* One way to get a field. Exactly one of path, sum, received and value-less default says where
 * from.
 */
struct origin {
	char *path; /* in the language of the source's format; NULL: none given */
	char **sum; /* paths whose numbers are added up; NULL: none given */
	size_t sum_n;
	bool received;    /* time: {from: received}: the clock when the record was read */
	char *pattern;    /* regex with one group on the value; NULL: none */
	struct pair *map; /* value -> value */
	size_t map_n;
	int64_t unit_ns; /* of a bare number for durations and epoch times; 0: not given */
	char *scale;     /* decimal factor as text; NULL: none */
	char *format;    /* strptime-like, for time; NULL: none */
	char *fallback;  /* `default:`; NULL: none */
	bool hash;       /* keep only a hash */
	struct place place;
};

/* A field (or a name of the user's own that begins with _) and its origins, first present wins. */
struct rule {
	const struct field *field; /* NULL: a name of the user's own */
	char *name;
	struct origin *origins;
	size_t origins_n;
	struct place place;
};

enum test_kind { TEST_PATTERN, TEST_EQUALS, TEST_PATH_PATTERN, TEST_EXISTS };

/* A test of `only:`. */
struct test {
	enum test_kind kind;
	bool negate;
	char *path;    /* not for TEST_PATTERN; a path, or a name that begins with _ */
	char *operand; /* the regex or the value; NULL for TEST_EXISTS */
	bool exists;   /* for TEST_EXISTS: what is wanted */
	struct place place;
};

enum frame_rule {
	FRAME_LINES, /* a record a line */
	FRAME_JSON,  /* a record a JSON value, whatever the white space */
};

enum keep_rule { KEEP_LARGEST, KEEP_LAST, KEEP_FIRST };
enum cost_rule { COST_COMPUTED, COST_LOGGED, COST_LOGGED_ELSE_COMPUTED };

/* Of what a resource's cost is. */
enum resource_per { PER_HOUR, PER_DAY, PER_MONTH, PER_UNIT };

/* What costs beside the tokens. By time: `quantity` of it, from a day on. By the unit: the records
 * of a source say how many. */
struct resource_config {
	char *name; /* in the place of a model */
	char *kind;
	char *cost; /* USD, as written */
	int64_t cost_nano;
	enum resource_per per;
	bool per_given;
	int64_t quantity;    /* millionths */
	int64_t period_nano; /* cost times quantity */
	char *from, *until;  /* dates or instants; NULL: not given */
	struct pair *set;    /* label -> value */
	size_t set_n;
	struct place place;
};

struct source_config {
	char *name;
	struct place place;
	char **paths;
	size_t paths_n;
	char *about;  /* what this log is, in words; NULL: nobody says */
	char *preset; /* NULL: none */
	enum frame_rule frame;
	bool unwrap_auto;                 /* the log's own look decides */
	enum envelope unwrap[UNWRAP_MAX]; /* outermost first */
	size_t unwrap_n;
	char *format;        /* "json", "logfmt", "text" */
	struct test *detect; /* what a typical record passes; for the command of that name alone */
	size_t detect_n;
	struct test *only;
	size_t only_n;
	char **patterns;
	struct place *pattern_places;
	size_t patterns_n;
	char *each; /* NULL: the record itself */
	struct rule *rules;
	size_t rules_n;
	bool input_includes_cache, output_includes_reasoning;
	char **estimate_input, **estimate_output; /* paths of texts, or of their lengths */
	size_t estimate_input_n, estimate_output_n;
	int64_t estimate_characters; /* per token, in millionths */
	char **dedupe_by;            /* field names, names with _, or paths */
	size_t dedupe_by_n;
	enum keep_rule dedupe_keep;
	int64_t dedupe_within; /* microseconds */
	char **join_by;        /* as dedupe_by; none: records are not joined */
	size_t join_by_n;
	char **join_until; /* field names */
	size_t join_until_n;
	int64_t join_within;  /* microseconds */
	char **cumulative_by; /* as dedupe_by; none: counters do not grow from record to record */
	size_t cumulative_by_n;
	char **cumulative_fields;
	size_t cumulative_fields_n;
	char **carry; /* field names, names with _ */
	size_t carry_n;
	bool rewritten;
	struct pair *set; /* field name -> constant */
	size_t set_n;
	enum cost_rule cost;
	bool copies_count; /* copies: count */
	bool follow_symlinks;
	int64_t start;  /* calls before it do not count, microseconds; START_END; INT64_MIN: all do
	                 */
	char *timezone; /* "local" by default */
};

/* What else calls would have cost. */
struct baseline_config {
	char *name;
	char **books; /* files, or one of the words below; none: our own cost */
	size_t books_n;
	int64_t discount_ppm; /* off that; 0: none */
};

#define BASELINE_SHIPPED "shipped" /* the book that is part of the program */
#define BASELINE_LOGGED  "logged"  /* what the logs themselves say */

/* From a date on, one USD is so much of a currency. */
struct currency_rate {
	char *from;    /* as written */
	int64_t order; /* as an instant, if days began in UTC */
	int64_t rate;  /* billionths */
};

#define CURRENCY_RATE_MAX INT64_C(1000000000000000) /* a million of it is one USD */

struct currency_config {
	char *code;                  /* "EUR"; NULL: reports are in USD */
	struct currency_rate *rates; /* in the order of their dates */
	size_t rates_n;
};

/* Times in microseconds. */
struct follow_config {
	enum watch_mode watch; /* how changes of files are learned of */
	int64_t poll;          /* between two looks at files that nobody tells of */
	int64_t rescan;        /* between two searches for files */
	int64_t commit;        /* between two commits, while there is something to commit */
	int64_t finish_after;  /* quiet for so long, a file that was rotated away is finished */
};

/* sources[].start: from when the source was first read on. */
#define START_END INT64_MAX

/* keep.calls */
#define KEEP_FOREVER INT64_MAX
#define KEEP_NONE    INT64_C(0)

struct config {
	char *file; /* that was read; NULL: none, all defaults */
	char *database;
	char *timezone;
	struct source_config *sources;
	size_t sources_n;
	char **books; /* extra price book files, before the shipped ones */
	size_t books_n;
	const struct yaml_node
		*own_prices;  /* the list `prices.own`, read by meter/book.h; NULL: none */
	struct pair *aliases; /* model as logged -> model in the book */
	size_t aliases_n;
	char *imported; /* the folder of imported price books, beside the database that the
	                   file names; NULL: there is none */
	char *price_as; /* unknown_model: {price_as: NAME}; NULL: stays unpriced */
	struct resource_config *resources;
	size_t resources_n;
	struct baseline_config baseline;
	struct currency_config currency;
	int64_t keep_calls;   /* microseconds, KEEP_NONE or KEEP_FOREVER */
	int64_t keep_hourly;  /* of totals; the same, never KEEP_NONE */
	int64_t keep_archive; /* the same */
	struct follow_config follow;
	enum log_format log_format;
	enum log_level log_level;
	bool sandbox; /* the agent gives up what it does not need */
};

/*
 * Finds and reads the configuration. `file` NULL searches ./tokentail.yaml,
 * $XDG_CONFIG_HOME/tokentail/tokentail.yaml (~/.config without the variable), then
 * /etc/tokentail/tokentail.yaml; none there gives the defaults and no sources. NULL and *err on any
 * mistake: "FILE:LINE: KEY: what was expected".
 */
struct config *config_load(const char *file, struct err *err);
/* The same from text; `name` stands for the file in messages. What fuzzers and tests call. */
struct config *config_parse(struct str text, const char *name, struct err *err);
void config_free(struct config **c);
/* A configuration without a file: one source that reads `paths` with `preset`. */
struct config *config_for_preset(const char *preset, char *const *paths, size_t paths_n,
                                 struct err *err);
/* NULL: no source of that name. */
const struct source_config *config_source(const struct config *c, struct str name);

/* ---- the table of keys, for `help keys` and the tests that hold the documents against it ---- */
struct key_doc {
	const char *path;     /* "sources[].dedupe.keep" */
	const char *type;     /* "largest | last | first" */
	const char *fallback; /* the default as text; "" when required or none */
	const char *meaning;
};
/* Calls `row` for every key in the order of the table. */
void config_keys(void (*row)(void *arg, const struct key_doc *doc), void *arg);

/* ---- presets ---- */
/*
 * Appends the text of preset NAME: $XDG_CONFIG_HOME/tokentail/presets/NAME.yaml, then
 * /etc/tokentail/presets/NAME.yaml, then the shipped one. *from names where it came from, for
 * messages, and is on the heap. False: no such preset, or it cannot be read.
 */
bool preset_text(const char *name, struct buf *text, char **from, struct err *err);
/* Calls `each` for every preset there is, the user's own first, each name once. `shipped`: its text
 * is part of the program. A folder that cannot be read has none. */
void preset_names(void (*each)(void *arg, const char *name, bool shipped), void *arg);

#endif
