/*
 * A wrong price is worse than none, so nothing here guesses. A name only ever loses what is known
 * to say nothing about the price, one piece at a time from either end, and what is left must stand
 * in a book letter for letter. That is why claude-opus-4-9 does not become claude-opus-4: "-9" is
 * no date and no card version, so it cannot be dropped.
 */
#include "agent/meter/match.h"

#include <stdint.h>

static const struct prefix {
	const char *text;
	const char *provider; /* "": does not tell */
} prefixes[] = {
	/* Gateways and SDKs. */
	{"openai/", "openai"},
	{"text-completion-openai/", "openai"},
	{"azure/", "azure.ai.openai"},
	{"azure_text/", "azure.ai.openai"},
	{"anthropic/", "anthropic"},
	{"bedrock/", "aws.bedrock"},
	{"bedrock_converse/", "aws.bedrock"},
	{"amazon-bedrock/", "aws.bedrock"},
	{"converse/", ""},
	{"invoke/", ""},
	{"converse_like/", ""},
	{"vertex_ai/", "gcp.vertex_ai"},
	{"vertex_ai_beta/", "gcp.vertex_ai"},
	{"gemini/", "gcp.gemini"},
	{"google/", "gcp.gemini"},
	{"models/", ""},
	{"mistral/", "mistral_ai"},
	{"mistralai/", "mistral_ai"},
	{"codestral/", "mistral_ai"},
	{"deepseek/", "deepseek"},
	{"deepseek-ai/", "deepseek"},
	{"xai/", "x_ai"},
	{"x-ai/", "x_ai"},
	{"cohere/", "cohere"},
	{"cohere_chat/", "cohere"},
	{"groq/", "groq"},
	{"openrouter/", ""},
	{"litellm_proxy/", ""},
	/* Inference profiles of Bedrock, before its vendors. */
	{"global.", "aws.bedrock"},
	{"us-gov.", "aws.bedrock"},
	{"apac.", "aws.bedrock"},
	{"us.", "aws.bedrock"},
	{"eu.", "aws.bedrock"},
	{"au.", "aws.bedrock"},
	{"jp.", "aws.bedrock"},
	{"anthropic.", "aws.bedrock"},
	{"amazon.", "aws.bedrock"},
	{"meta.", "aws.bedrock"},
	{"mistral.", "aws.bedrock"},
	{"cohere.", "aws.bedrock"},
	{"ai21.", "aws.bedrock"},
	{"deepseek.", "aws.bedrock"},
	{"openai.", "aws.bedrock"},
	{"qwen.", "aws.bedrock"},
	{"google.", "aws.bedrock"},
	{"nvidia.", "aws.bedrock"},
	{"writer.", "aws.bedrock"},
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static struct str str_cut(struct str s, size_t n)
{
	return (struct str){s.p, n};
}

struct str match_normal(struct str name, char out[MODEL_NAME_MAX])
{
	static const struct str prefix = {"ft:", 3};
	size_t tuned, n = 0;

	name = str_trim(name);
	if (name.n + prefix.n > MODEL_NAME_MAX)
		return STR("");
	tuned = str_find(name, STR(".ft-"));
	if (tuned < name.n) {
		memcpy(out, prefix.p, prefix.n);
		n = prefix.n;
		name = str_cut(name, tuned);
	}
	for (size_t i = 0; i < name.n; i++) {
		bool capital = name.p[i] >= 'A' && name.p[i] <= 'Z';

		/* A letter of ASCII differs from its capital in this one bit. */
		out[n++] = (char)(capital ? name.p[i] | 0x20 : name.p[i]);
	}
	return (struct str){out, n};
}

/* Bytes up to and with the last `needle`, 0 when there is none. */
static size_t after_last(struct str s, char needle)
{
	size_t n = s.n;

	while (n > 0 && s.p[n - 1] != needle)
		n--;
	return n;
}

/* "us-east-1/" and the like, in the names that gateways give to models of Bedrock. */
static size_t region_prefix(struct str name)
{
	size_t slash = str_find(name, STR("/"));
	size_t dashes = 0;

	if (slash < 9 || slash == name.n || !is_digit(name.p[slash - 1]) ||
	    name.p[slash - 2] != '-')
		return 0;
	for (size_t i = 0; i < slash - 1; i++) {
		if (name.p[i] == '-')
			dashes++;
		else if (name.p[i] < 'a' || name.p[i] > 'z')
			return 0;
	}
	return dashes >= 2 ? slash + 1 : 0;
}

size_t match_prefix(struct str name, struct str *provider)
{
	*provider = STR("");
	if (str_starts(name, STR("arn:aws")) && str_find(name, STR(":bedrock:")) < name.n) {
		*provider = STR("aws.bedrock");
		return after_last(name, '/');
	}
	if ((str_starts(name, STR("projects/")) || str_starts(name, STR("publishers/"))) &&
	    str_find(name, STR("/models/")) < name.n) {
		*provider = STR("gcp.vertex_ai");
		return after_last(name, '/');
	}
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		struct str text = str_of(prefixes[i].text);

		if (name.n > text.n && str_starts(name, text)) {
			*provider = str_of(prefixes[i].provider);
			return text.n;
		}
	}
	return region_prefix(name);
}

/* Digits at the end of `s`. */
static size_t digits_at_end(struct str s)
{
	size_t n = 0;

	while (n < s.n && is_digit(s.p[s.n - 1 - n]))
		n++;
	return n;
}

static int two_digits(const char *p)
{
	return (p[0] - '0') * 10 + (p[1] - '0');
}

/* Year, month and day of this century, as eight digits or as 2025-09-29. */
static bool is_date(const char *p, size_t separator)
{
	int month = two_digits(p + 4 + separator), day = two_digits(p + 6 + 2 * separator);

	return p[0] == '2' && p[1] == '0' && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/* "-20250929", "@20250929", "-2025-09-29". */
static size_t date_suffix(struct str s)
{
	size_t n = digits_at_end(s);
	const char *end = s.p + s.n;

	if (n == 8 && s.n > 9 && (end[-9] == '-' || end[-9] == '@') && is_date(end - 8, 0))
		return 9;
	if (n != 2 || s.n <= 11 || end[-3] != '-' || end[-6] != '-' || end[-11] != '-')
		return 0;
	if (digits_at_end(str_cut(s, s.n - 3)) != 2 || digits_at_end(str_cut(s, s.n - 6)) != 4)
		return 0;
	return is_date(end - 10, 1) ? 11 : 0;
}

/* "-v1:0" and ":0". A bare "-v1" too, but no higher one: that may be the model's own version. */
static size_t card_suffix(struct str s)
{
	size_t minor = digits_at_end(s), major;
	struct str head;

	if (str_ends(s, STR("-v1")))
		return 3;
	if (minor == 0 || minor > 2 || s.n < minor + 2 || s.p[s.n - minor - 1] != ':')
		return 0;
	head = str_cut(s, s.n - minor - 1);
	major = digits_at_end(head);
	if (major && major <= 2 && str_ends(str_cut(head, head.n - major), STR("-v")))
		return minor + 1 + major + 2;
	return str_ends(s, STR(":0")) ? 2 : 0;
}

/* "ft:base:organisation:name:id": all from the second colon on says whose it is. */
static size_t owner_suffix(struct str s)
{
	size_t colon;

	if (!str_starts(s, STR("ft:")))
		return 0;
	colon = 3 + str_find(str_from(s, 3), STR(":"));
	return s.n - colon;
}

size_t match_suffix(struct str name)
{
	static const struct str fixed[] = {{"@default", 8}, {"-latest", 7}, {"[1m]", 4}};
	size_t n;

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (name.n > fixed[i].n && str_ends(name, fixed[i]))
			return fixed[i].n;
	n = owner_suffix(name);
	if (n == 0)
		n = date_suffix(name);
	if (n == 0)
		n = card_suffix(name);
	return n < name.n ? n : 0;
}

bool match_is_label(struct str name)
{
	static const struct str labels[] = {
		{"auto", 4},
		{"default", 7},
		{"unknown", 7},
		{"none", 4},
		{"null", 4},
		{"undefined", 9},
		{"<synthetic>", 11},
		{"<unknown>", 9},
		{"n/a", 3},
		{"auto-router", 11},
		{"auto-model", 10},
		{"model-router", 12},
		{"gemini-default", 14},
		{"router", 6},
	};
	struct str unused;
	size_t n;

	do {
		for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
			if (str_eq(name, labels[i]))
				return true;
		n = match_prefix(name, &unused);
		name = str_from(name, n);
	} while (n);
	return false;
}

bool match_glob(struct str pattern, struct str name)
{
	size_t p = 0, i = 0, star = SIZE_MAX, from = 0;

	/* The last star takes one byte more each time that what follows it does not fit. */
	while (i < name.n) {
		if (p < pattern.n && pattern.p[p] == '*') {
			star = p++;
			from = i;
		} else if (p < pattern.n && pattern.p[p] == name.p[i]) {
			p++;
			i++;
		} else if (star != SIZE_MAX && !is_digit(name.p[from])) {
			p = star + 1;
			i = ++from;
		} else {
			return false;
		}
	}
	while (p < pattern.n && pattern.p[p] == '*')
		p++;
	return p == pattern.n;
}

struct str match_spelling(struct str name, char out[MODEL_NAME_MAX])
{
	memcpy(out, name.p, name.n);
	for (size_t i = 1; i + 1 < name.n; i++)
		if (out[i] == '.' && is_digit(out[i - 1]) && is_digit(out[i + 1]))
			out[i] = '-';
	return (struct str){out, name.n};
}
