/* What a source made of its samples, for programs. */
#include "agent/commands/check_lines.h"
#include "agent/commands/json_put.h"

static void put_counts(struct buf *out, const int64_t records[OUTCOMES])
{
	json_int(out, "records", lines_sum(records));
	json_int(out, "calls", records[OUTCOME_CALL]);
	json_int(out, "duplicates", records[OUTCOME_DUPLICATE]);
	json_int(out, "skipped", records[OUTCOME_SKIPPED]);
	json_int(out, "rejected", records[OUTCOME_REJECTED]);
}

static void put_files(struct buf *out, const struct lines_source *s)
{
	json_begin(out, "files", '[');
	for (size_t i = 0; i < s->files_n; i++) {
		const struct lines_file *file = &s->files[i];

		json_begin(out, NULL, '{');
		json_text(out, "path", str_of(file->path));
		put_counts(out, file->records);
		json_bool(out, "more", file->more);
		json_text(out, "trouble", str_of(file->trouble[0] ? file->trouble : NULL));
		json_end(out, '}');
	}
	json_end(out, ']');
	json_int(out, "files_left", (int64_t)s->files_left);
	json_bool(out, "late", s->late);
}

static void put_example(struct buf *out, const struct lines_example *e)
{
	json_begin(out, NULL, '{');
	json_text(out, "file", str_of(e->path));
	json_int(out, "line", e->line);
	json_text(out, "value", e->value);
	if (e->broken)
		json_text(out, "broken", str_of(e->broken));
	json_text(out, "record", e->record);
	json_end(out, '}');
}

static void put_reasons(struct buf *out, const struct lines_source *s)
{
	json_begin(out, "reasons", '[');
	for (size_t i = 0; i < s->reasons_n; i++) {
		const struct lines_reason *reason = &s->reasons[i];

		if (reason->records == 0)
			continue;
		json_begin(out, NULL, '{');
		json_text(out, "outcome", str_of(outcome_name(reason->outcome)));
		json_text(out, "reason", str_of(reason->reason));
		json_int(out, "records", reason->records);
		json_begin(out, "examples", '[');
		for (size_t k = 0; k < reason->examples_n; k++)
			put_example(out, &reason->examples[k]);
		json_end(out, ']');
		json_end(out, '}');
	}
	json_end(out, ']');
}

static void put_patterns(struct buf *out, const struct lines_source *s)
{
	json_begin(out, "patterns", '[');
	for (size_t i = 0; i < s->config->patterns_n; i++) {
		json_begin(out, NULL, '{');
		json_int(out, "number", (int64_t)i);
		json_text(out, "pattern", str_of(s->config->patterns[i]));
		json_int(out, "matched", s->matched[i]);
		json_end(out, '}');
	}
	json_end(out, ']');
}

static void put_origin(struct buf *out, const struct origin *o, int64_t used)
{
	json_begin(out, NULL, '{');
	json_text(out, "path", str_of(o->path));
	json_int(out, "used", used);
	json_end(out, '}');
}

static void put_rules(struct buf *out, const struct lines_source *s)
{
	json_begin(out, "fields", '[');
	for (size_t i = 0; i < s->config->rules_n; i++) {
		const struct lines_rule *rule = &s->rules[i];

		json_begin(out, NULL, '{');
		json_text(out, "name", str_of(rule->rule->name));
		json_int(out, "values", rule->values);
		json_begin(out, "origins", '[');
		for (size_t k = 0; k < rule->rule->origins_n; k++)
			put_origin(out, &rule->rule->origins[k], rule->used[k]);
		json_end(out, ']');
		json_end(out, '}');
	}
	json_end(out, ']');
}

static void put_models(struct buf *out, const struct lines_source *s)
{
	json_int(out, "unpriced_calls", s->unpriced);
	json_begin(out, "unpriced_models", '[');
	for (size_t i = 0; i < s->models_n; i++) {
		json_begin(out, NULL, '{');
		json_text(out, "model", s->models[i].name);
		json_int(out, "calls", s->models[i].calls);
		json_end(out, '}');
	}
	json_end(out, ']');
}

void lines_json(struct buf *out, const struct lines_source *s)
{
	json_begin(out, NULL, '{');
	json_text(out, "name", str_of(s->config->name));
	json_text(out, "preset", str_of(s->config->preset));
	json_text(out, "format", str_of(s->config->format));
	put_counts(out, s->records);
	put_files(out, s);
	put_reasons(out, s);
	put_patterns(out, s);
	put_rules(out, s);
	put_models(out, s);
	json_end(out, '}');
}
