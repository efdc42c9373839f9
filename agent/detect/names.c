/*
 * The table of names. A rule is a sentence: one of these words in the last part of the name, one of
 * those anywhere, and none of a third set; the longer a rule's list of what must not be there, the
 * more often somebody named a thing like another. The best rule of a field decides.
 */
#include "agent/detect/names.h"

/* Words that say that a number counts tokens. */
#define TOKEN "token tokens tok toks tkn tkns usage"

/* What is about money, limits, sizes or durations counts no tokens of a call. */
#define NO_COUNT                                                                                 \
	"max min limit limits budget remaining left cost costs price usd spend rate per text "   \
	"chars characters length len size bytes ms seconds time latency duration quota details " \
	"audio image images video hash preview content message messages"
#define INPUT   "input inputs prompt prompts in sent"
#define OUTPUT  "output outputs completion completions out generated received"
#define CACHED  "cache cached caching"
#define WRITE   "write writes written creation created create creating"
#define SUM     "total totals session overall"
#define THOUGHT "reasoning thinking thoughts thought"
/* Spans of time are no points in time, nor the other way round. */
#define SPAN                                                                             \
	"elapsed latency duration took response first zone token tokens per wait queue " \
	"wall cpu ttft out timeout"
#define NO_SPAN "first ttft token tokens per wait queue timeout max budget uptime zone"
#define NO_MODEL                                                                            \
	"provider type version family temperature latency time ms cost price tokens token " \
	"path dir file hash config settings group vendor load max size url context window"

struct name_rule {
	const char *field;
	int score;
	const char *head; /* one of these in the last part; or in the part before it, when the last
	                     part is nothing but words such as count, id, name */
	const char *with; /* and one of these anywhere; NULL: no need */
	const char *beside; /* and one of these in the last two parts; NULL: no need */
	const char *never;  /* and none of these in the last part; NULL: no matter */
	const char *far;    /* nor of these in the last two */
	bool deep;          /* the head may stand in either of the last two */
};

/* clang-format off */
static const struct name_rule rules[] = {
	{"time", 100, .head = "timestamp ts time asctime eventtime",
	 .never = SPAN " ms s us ns start started begin end request total real user process"},
	{"time", 95, .head = "timestamp ts epoch", .never = SPAN " start started begin"},
	{"time", 85, .head = "end ended finished completed endtime", .with = "time at ts timestamp endtime",
	 .never = SPAN " start"},
	{"time", 75, .head = "t datetime date at when logged",
	 .never = SPAN " expires expiry due birth start started update updated time"},
	{"time", 70, .head = "created", .never = SPAN " by"},
	{"time", 60, .head = "start started begin received starttime",
	 .with = "time at ts timestamp date starttime", .never = SPAN " response"},
	{"time", 50, .head = "time", .never = SPAN " start total request process"},

	{"model", 100, .head = "model", .with = "response served answered actual", .never = NO_MODEL},
	{"model", 90, .head = "model models modelname modelid", .never = NO_MODEL},
	{"model", 50, .head = "llm engine deployment", .never = NO_MODEL " base call calls key region"},
	{"requested_model", 95, .head = "model", .beside = "requested request req asked alias",
	 .never = NO_MODEL},
	{"provider", 90, .head = "provider vendor", .never = "id url key time"},
	{"operation", 60, .head = "operation", .never = "id time"},
	{"service_tier", 100, .head = "tier", .beside = "service"},
	{"region", 80, .head = "region", .never = "time"},

	{"input_tokens", 95, .head = "input inputs prompt prompts in sent query prefill", .with = TOKEN,
	 .never = NO_COUNT " " OUTPUT " answer", .far = CACHED " " THOUGHT " audio"},
	{"input_tokens", 60, .head = "request req context", .with = TOKEN,
	 .never = NO_COUNT " " OUTPUT " window response id", .far = CACHED " " THOUGHT},
	{"output_tokens", 95, .head = OUTPUT " recv candidates answer reply", .with = TOKEN,
	 .never = NO_COUNT " " INPUT, .far = CACHED " " THOUGHT " audio"},
	{"output_tokens", 70, .head = "response resp gen generation decode", .with = TOKEN,
	 .never = NO_COUNT " " INPUT " id", .far = CACHED " " THOUGHT},
	{"cache_read_tokens", 90, .head = CACHED " read hit hits", .with = TOKEN, .beside = CACHED,
	 .never = NO_COUNT, .far = WRITE " miss misses ttl 1h 5m control", .deep = true},
	{"cache_write_tokens", 90, .head = WRITE, .with = TOKEN, .beside = CACHED,
	 .never = NO_COUNT, .far = "read 1h 5m", .deep = true},
	{"cache_write_tokens", 60, .head = "5m", .with = TOKEN, .beside = CACHED " ephemeral",
	 .never = NO_COUNT},
	{"cache_write_1h_tokens", 95, .head = "1h", .with = TOKEN, .beside = CACHED " ephemeral",
	 .never = NO_COUNT " read"},
	{"reasoning_tokens", 95, .head = THOUGHT, .with = TOKEN, .never = NO_COUNT " effort level mode"},

	{"latency", 90, .head = "latency duration elapsed took runtime",
	 .never = NO_SPAN " start end", .far = "first"},
	{"latency", 70, .head = "time", .with = "response request total process processing exec execution "
	 "call ms llm", .never = NO_SPAN " start end stamp"},
	{"latency", 60, .head = "ms msec millis milliseconds secs seconds sec",
	 .never = NO_SPAN " start end time timestamp ts unix epoch audio"},
	{"ttft", 100, .head = "ttft"},
	{"ttft", 85, .head = "first", .beside = TOKEN " byte chunk", .never = "id text content"},
	{"logged_cost", 90, .head = "cost costs usd spend spent price dollars cents charge charged",
	 .never = "token tokens per rate limit budget center centre currency saved cache cached ms "
	 "remaining left id unit " INPUT " " OUTPUT},

	{"user", 90, .head = "user username userid enduser uid",
	 .never = "agent type role ip prompt message content input tokens count time tier team"},
	{"user", 70, .head = "customer tenant account email member subscriber client",
	 .never = "type ip ts time count url service version port host addr address"},
	{"feature", 95, .head = "feature usecase workflow", .never = "id flag flags version time enabled"},
	{"feature", 95, .head = "case", .beside = "use", .never = "id"},
	{"feature", 70, .head = "task purpose scenario", .never = "id time count"},
	{"feature", 70, .head = "name", .beside = "prompt template", .never = "file user model"},
	{"feature", 50, .head = "endpoint route", .never = "id time rule url"},
	{"agent", 80, .head = "agent", .never = "user id version type count time http"},
	{"service", 80, .head = "service app application component svc",
	 .never = "tier id version time account url host port"},
	{"team", 90, .head = "team department dept squad", .never = "time count"},
	{"team", 90, .head = "center centre", .beside = "cost"},
	{"api_key", 80, .head = "key", .beside = "api virtual", .never = "count"},
	{"session", 80, .head = "session conversation thread", .never = "time count cost tokens name"},
	{"session", 60, .head = "trace run chat", .beside = "id", .never = "tokens parent span"},
	{"request_id", 85, .head = "id requestid reqid",
	 .beside = "request req requestid reqid call completion response correlation generation",
	 .never = "model user time tokens name"},
	{"status", 85, .head = "status outcome success ok",
	 .never = "message text reason line time id url"},
	{"status", 85, .head = "code", .beside = "status http"},
	{"error", 90, .head = "type class code kind name", .beside = "error err exception",
	 .never = "message text stack count"},
};
/* clang-format on */

/* With nothing but these in a part, what it is about is named by the part before it. */
static const char GENERAL[] =
	TOKEN " count counts counter total totals num number n value nr name id";

/* ---- words ---- */

static bool among(struct str word, const char *words)
{
	struct str rest = str_of(words);

	while (rest.n) {
		size_t n = str_find(rest, STR(" "));

		if (str_eq((struct str){rest.p, n}, word))
			return true;
		rest = str_from(rest, n + 1);
	}
	return false;
}

static bool has_in(const struct name *name, size_t from, size_t to, const char *words)
{
	for (size_t i = from; i < to; i++)
		if (among(name->words[i], words))
			return true;
	return false;
}

bool name_has(const struct name *name, const char *words)
{
	return has_in(name, 0, name->n, words);
}

/* inputtokens and tokensin, as some write them, are two words. */
static size_t glued(struct str word)
{
	static const char *const halves[] = {"token", "tokens"};

	for (size_t i = 2; i-- > 0;) {
		struct str half = str_of(halves[i]);

		if (word.n > half.n && str_ends(word, half))
			return word.n - half.n;
		if (word.n > half.n + 1 && str_starts(word, half))
			return half.n;
	}
	return 0;
}

static void drop_first(struct name *name)
{
	memmove(name->words, name->words + 1, (name->n - 1) * sizeof(name->words[0]));
	name->n--;
	name->last -= name->last > 0;
	name->near -= name->near > 0;
}

static void put_word(struct name *name, struct str word)
{
	size_t cut = glued(word);

	if (word.n == 0)
		return;
	if (cut) {
		put_word(name, (struct str){word.p, cut});
		word = str_from(word, cut);
	}
	if (name->n == NAME_WORDS)
		drop_first(name);
	name->words[name->n++] = word;
}

static bool is_capital(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_word(char c)
{
	return is_capital(c) || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       (unsigned char)c >= 0x80;
}

/* Whether a word begins at text.p[i]: in promptTokens and in HTTPStatus. */
static bool begins_word(struct str text, size_t i)
{
	if (i == 0 || !is_capital(text.p[i]))
		return false;
	return !is_capital(text.p[i - 1]) ||
	       (i + 1 < text.n && text.p[i + 1] >= 'a' && text.p[i + 1] <= 'z');
}

static size_t bytes_used(const struct name *name)
{
	const struct str *last = name->n ? &name->words[name->n - 1] : NULL;

	return last ? (size_t)(last->p - name->bytes) + last->n : 0;
}

/* Cuts one part of a name, which has no dots. */
static void put_part(struct name *name, struct str part)
{
	size_t used = bytes_used(name);
	struct str word = {name->bytes + used, 0};
	size_t words = name->n;

	name->near = name->last;
	name->last = name->n;
	for (size_t i = 0; i < part.n && used < NAME_BYTES; i++) {
		char c = part.p[i];

		if (!is_word(c) || begins_word(part, i)) {
			put_word(name, word);
			word = (struct str){name->bytes + used, 0};
		}
		if (!is_word(c))
			continue;
		name->bytes[used++] = (char)(is_capital(c) ? c - 'A' + 'a' : c);
		word.n++;
	}
	put_word(name, word);
	if (name->n == words && words > 0) /* nothing in it: as if it were not there */
		name->last = name->near;
}

static bool parts_name(char c)
{
	return c == '.' || c == '/' || c == '[' || c == ']';
}

void name_add(struct name *name, struct str text)
{
	size_t from = 0;

	for (size_t i = 0; i <= text.n; i++) {
		if (i < text.n && !parts_name(text.p[i]))
			continue;
		if (i > from)
			put_part(name, (struct str){text.p + from, i - from});
		from = i + 1;
	}
}

void name_split(struct str text, struct name *name)
{
	name->n = name->last = name->near = 0;
	name_add(name, text);
}

/* ---- scores ---- */

static bool is_general(const struct name *name)
{
	for (size_t i = name->last; i < name->n; i++)
		if (!among(name->words[i], GENERAL))
			return false;
	return true;
}

static bool has_head(const struct name *name, const struct name_rule *rule)
{
	if (has_in(name, name->last, name->n, rule->head))
		return true;
	return (rule->deep || is_general(name)) && has_in(name, name->near, name->last, rule->head);
}

static bool agrees(const struct name *name, const struct name_rule *rule)
{
	if (!has_head(name, rule) || (rule->with && !name_has(name, rule->with)))
		return false;
	if (rule->beside && !has_in(name, name->near, name->n, rule->beside))
		return false;
	if (rule->never && has_in(name, name->last, name->n, rule->never))
		return false;
	return rule->far == NULL || !has_in(name, name->near, name->n, rule->far);
}

int name_score(const struct name *name, const struct field *field)
{
	struct str wanted = str_of(field->name);
	int best = 0;

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].score > best && str_eq(str_of(rules[i].field), wanted) &&
		    agrees(name, &rules[i]))
			best = rules[i].score;
	if (field->kind == FIELD_COUNT && best && name_is_cumulative(name))
		return best > 30 ? 30 : best;
	/* of two numbers that one call and its session have, the session's may be named so */
	if (field->kind == FIELD_COUNT && best > 20 && has_in(name, name->near, name->n, SUM))
		return best - 20;
	return best;
}

bool name_is_cumulative(const struct name *name)
{
	return name_has(name, "cumulative cum running accumulated aggregate lifetime");
}

bool name_is_total(const struct name *name)
{
	return is_general(name) && has_in(name, name->near, name->n, TOKEN) &&
	       !has_in(name, name->near, name->last,
	               INPUT " " OUTPUT " " CACHED " " THOUGHT " audio text");
}

int64_t name_unit(const struct name *name)
{
	static const struct {
		const char *words;
		int64_t ns;
	} units[] = {
		{"ms msec millis milliseconds", 1000000},
		{"s sec secs second seconds", 1000000000},
		{"us usec micros microseconds", 1000},
		{"ns nsec nanos nanoseconds nano", 1},
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (has_in(name, name->last, name->n, units[i].words))
			return units[i].ns;
	return 0;
}

const char *name_scale(const struct name *name)
{
	if (has_in(name, name->last, name->n, "cents cent"))
		return "0.01";
	if (has_in(name, name->last, name->n, "micros micro microdollars microusd microcents"))
		return has_in(name, name->last, name->n, "microcents") ? "0.00000001" : "0.000001";
	if (has_in(name, name->last, name->n, "nanos nano nanodollars nanousd"))
		return "0.000000001";
	return NULL;
}
