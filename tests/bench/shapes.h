/*
 * What the generated logs look like: the models, features and words they draw from, and the shape
 * of each line. In a shape @x stands for a value of the call; generate.c has a table of the
 * letters.
 */
#ifndef BENCH_SHAPES_H
#define BENCH_SHAPES_H

/* All have prices in the shipped book. */
static const struct {
	const char *name, *provider;
} models[] = {
	{"gpt-4o", "openai"},
	{"gpt-4o-mini", "openai"},
	{"gpt-4.1", "openai"},
	{"gpt-4.1-mini", "openai"},
	{"gpt-4.1-nano", "openai"},
	{"gpt-5", "openai"},
	{"gpt-5-mini", "openai"},
	{"gpt-5-nano", "openai"},
	{"o3", "openai"},
	{"o4-mini", "openai"},
	{"claude-3-5-haiku-20241022", "anthropic"},
	{"claude-haiku-4-5", "anthropic"},
	{"claude-sonnet-4-5", "anthropic"},
	{"claude-opus-4-5", "anthropic"},
	{"gemini-1.5-flash", "gemini"},
	{"gemini-2.5-flash", "gemini"},
	{"gemini-2.5-pro", "gemini"},
	{"mistral-large-2411", "mistral"},
	{"deepseek-chat", "deepseek"},
	{"command-r", "cohere"},
};

static const char *const features[] = {
	"search",  "support-chat", "summaries",  "translate",   "onboarding",
	"pricing", "code-review",  "extraction", "moderation",  "email-draft",
	"reports", "voice-notes",  "tagging",    "doc-answers", "planning",
};

/* Words of prompts and answers, and what stands after a run of them; escaped as JSON has them. */
/* clang-format off */
static const char *const words[] = {
	"order", "parcel", "depot", "invoice", "customer", "answer", "model", "limit", "gateway",
	"certificate", "settings", "member", "key", "warranty", "water", "damage", "table",
	"column", "row", "export", "ledger", "report", "summary", "season", "harvest", "engine",
	"valve", "pressure", "temperature", "humidity", "sensor", "minute", "hour", "Monday",
	"Tuesday", "weekend", "morning", "evening", "garden", "kitchen", "window", "bridge",
	"river", "station", "platform", "ticket", "train", "delay", "refund", "voucher", "account",
	"balance", "payment", "transfer", "receipt", "contract", "clause", "notice", "tenant",
	"landlord", "repair", "schedule", "meeting", "agenda", "minutes", "vote", "the", "a", "of",
	"to", "and", "in", "that", "it", "is", "was", "for", "on", "with", "as", "at", "by",
	"from", "this", "not", "are", "be", "or", "have", "which", "one", "all", "would", "there",
	"their", "will", "when", "who", "more", "if", "out", "so", "up", "about", "into", "than",
	"them", "can", "only", "other", "new", "some", "could", "time", "these", "two", "may",
	"then", "do", "first", "any", "my", "now", "such", "like", "our", "over", "man", "me",
	"even", "most", "made", "after", "also", "did", "many", "before", "must", "through",
	"back", "years", "where", "much", "your", "way", "well", "down", "should", "because",
	"each", "just", "those", "people", "how", "too", "little", "state", "good", "very", "make",
	"world", "still", "own", "see", "men", "work", "long", "get", "here", "between", "both",
	"life", "being", "under", "never", "day", "same", "another", "know", "while", "last",
	"might", "us", "great", "old", "year", "off", "come", "since", "against", "go", "came",
	"right", "used", "take", "three", "small", "large", "find", "give", "different", "again",
	"quickly", "carefully", "exactly", "roughly", "nearly", "almost", "translate", "compare",
	"explain", "describe", "list", "count", "name", "sort", "remove", "replace", "check",
	"confirm", "cancel", "renew", "restart", "open", "close", "Porto", "Lyon", "Krakow",
	"Leeds", "Bergen", "Turin", "Graz", "Ghent", "Malm\\u00f6", "caf\\u00e9", "na\\u00efve",
	"r\\u00e9sum\\u00e9", "\\u20ac12", "42", "1999", "3.14", "0.5", "7000", "(see", "[1]",
	"{x}", "50%", "#12",
};
static const char *const endings[] = {
	". ", ". ", "? ", ",\\n", ":\\n\\n", ". \\\"Really?\\\" ", "\\n\\t- ", " \\ud83d\\ude42 ",
	"; C:\\\\tmp\\\\", " | ",
};
/* clang-format on */

static const char wide[] =
	"{\"id\": \"chatcmpl-@h@h\", \"trace_id\": \"@h\", \"session_id\": \"@S\", \"call_type\": "
	"\"acompletion\", \"stream\": true, \"cache_hit\": null, \"status\": \"success\", "
	"\"custom_llm_provider\": \"@p\", \"saved_cache_cost\": 0.0, \"startTime\": @B, "
	"\"endTime\": @E, \"completionStartTime\": @E, \"response_time\": @s, \"model\": \"@m\", "
	"\"metadata\": {\"user_api_key_hash\": \"@h@h@h@h\", \"user_api_key_alias\": \"@f-live\", "
	"\"user_api_key_team_id\": null, \"user_api_key_user_id\": \"@u\", "
	"\"user_api_key_user_email\": \"@u@@example.com\", \"requester_ip_address\": \"@a\", "
	"\"applied_guardrails\": [], \"usage_object\": {\"prompt_tokens\": @i, "
	"\"completion_tokens\": @o, \"total_tokens\": @T, \"prompt_tokens_details\": "
	"{\"cached_tokens\": @c, \"audio_tokens\": null}, \"completion_tokens_details\": null}}, "
	"\"cache_key\": null, \"response_cost\": 0.00@r, \"total_tokens\": @T, \"prompt_tokens\": "
	"@i, "
	"\"completion_tokens\": @o, \"request_tags\": [\"@f\", \"live\"], \"end_user\": \"\", "
	"\"api_base\": \"https://llm.example.com/@p/v1\", \"model_group\": \"@m\", "
	"\"messages\": [{\"role\": \"system\", \"content\": \"@w@w\"}, "
	"{\"role\": \"user\", \"content\": \"@w@w@w@w\"}], \"response\": {\"id\": "
	"\"chatcmpl-@h\", \"object\": \"chat.completion\", \"model\": \"@m\", \"choices\": "
	"[{\"finish_reason\": \"stop\", \"index\": 0, \"message\": {\"content\": "
	"\"@w@w@w@w@w\", \"role\": \"assistant\", \"tool_calls\": null}}], "
	"\"usage\": {\"completion_tokens\": @o, \"prompt_tokens\": @i, "
	"\"total_tokens\": @T}}, \"model_parameters\": {\"temperature\": 0.2}, "
	"\"hidden_params\": {\"cache_key\": null, \"litellm_overhead_time_ms\": 1.5}, "
	"\"error_str\": null}\n";

static const char slim[] =
	"{\"ts\":\"@t\",\"level\":\"info\",\"event\":\"chat\",\"request_id\":\"req_@h\","
	"\"model\":\"@m\",\"provider\":\"@p\",\"user\":\"@u\",\"feature\":\"@f\",\"status\":200,"
	"\"latency_ms\":@l,\"stream\":true,\"attempt\":1,"
	"\"usage\":{\"prompt_tokens\":@i,\"completion_tokens\":@o,\"cached_tokens\":@c},"
	"\"cache\":\"miss\",\"region\":\"eu-1\",\"bytes\":@r}\n";

static const char text[] =
	"time=@t level=info msg=\"llm call\" model=@m user=@u feature=@f prompt_tokens=@i "
	"completion_tokens=@o cached_tokens=@c latency_ms=@l request_id=req_@h\n";

static const char *const noise[] = {
	"@a - - [@n] \"GET /api/items/@r?page=2 HTTP/1.1\" 200 @l "
	"\"https://shop.example.com/items\" "
	"\"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
	"Safari/537.36\"\n",
	"@a - @u [@n] \"POST /api/carts/@h/items HTTP/1.1\" 201 @r \"-\" \"shop-ios/5.2.1 (iPhone; "
	"iOS "
	"17.4)\" rt=0.0@r host=shop.example.com upstream=10.0.3.14:8080\n",
	"time=@t level=info msg=\"request done\" method=GET path=/api/items status=200 user=@u "
	"latency_ms=@l bytes=@r request_id=req_@h session=@S cache=miss shard=eu-1\n",
	"time=@t level=debug msg=\"query\" table=orders rows=@r took_ms=@l pool=main idle=7 "
	"sql=\"SELECT id, state, total FROM orders WHERE user_id = $1 ORDER BY id DESC LIMIT "
	"50\"\n",
	"time=@t level=warn msg=\"slow template\" name=checkout/summary.html took_ms=@l user=@u "
	"feature=@f request_id=req_@h\n",
};

#endif
