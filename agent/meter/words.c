#include "agent/meter/words.h"

#include <stddef.h>

struct word {
	const char *spelling, *word;
};

static const struct word statuses[] = {
	{"ok", "ok"},           {"success", "ok"},
	{"succeeded", "ok"},    {"successful", "ok"},
	{"true", "ok"},         {"complete", "ok"},
	{"completed", "ok"},    {"done", "ok"},
	{"error", "error"},     {"errored", "error"},
	{"failure", "error"},   {"failed", "error"},
	{"fail", "error"},      {"false", "error"},
	{"timeout", "error"},   {"cancelled", "error"},
	{"canceled", "error"},  {"aborted", "error"},
	{"exception", "error"}, {"rate_limited", "error"},
};

static const struct word tiers[] = {
	{"default", "standard"}, {"standard", "standard"}, {"on_demand", "standard"}, {"auto", ""},
	{"batch", "batch"},      {"flex", "flex"},         {"priority", "priority"},
};

static struct str find(const struct word *words, size_t n, struct str text, struct str otherwise)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq_nocase(str_of(words[i].spelling), text))
			return str_of(words[i].word);
	return otherwise;
}

static bool is_http_status(struct str text)
{
	return text.n == 3 && text.p[0] >= '1' && text.p[0] <= '5' && text.p[1] >= '0' &&
	       text.p[1] <= '9' && text.p[2] >= '0' && text.p[2] <= '9';
}

struct str status_word(struct str text)
{
	if (is_http_status(text))
		return text.p[0] < '4' ? STR("ok") : STR("error");
	return find(statuses, sizeof(statuses) / sizeof(statuses[0]), text, STR(""));
}

struct str tier_word(struct str text)
{
	return find(tiers, sizeof(tiers) / sizeof(tiers[0]), text, text);
}
