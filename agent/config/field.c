/*
 * One row for each field, in the order in which the manual lists them. A new field is a row here
 * and a member of an enum in field.h; everything that names fields finds it by this table.
 */
#include "agent/config/field.h"

#include <assert.h>

const struct field fields[] = {
	{"time", FIELD_TIME, 0, "when the call ended, or began if only that is logged"},
	{"provider", FIELD_LABEL, LABEL_PROVIDER, "who served it, by OpenTelemetry's names"},
	{"model", FIELD_LABEL, LABEL_MODEL, "the model that answered"},
	{"feature", FIELD_LABEL, LABEL_FEATURE, "the part of the product it was for"},
	{"user", FIELD_LABEL, LABEL_USER, "the person or customer it was for"},
	{"agent", FIELD_LABEL, LABEL_AGENT, "the agent that made it"},
	{"service", FIELD_LABEL, LABEL_SERVICE, "the program that made it"},
	{"team", FIELD_LABEL, LABEL_TEAM, "the team that pays for it"},
	{"api_key", FIELD_LABEL, LABEL_API_KEY, "the name or hash of the key that was used"},
	{"operation", FIELD_LABEL, LABEL_OPERATION, "chat, embeddings, image, rerank, ..."},
	{"service_tier", FIELD_LABEL, LABEL_TIER, "standard, batch, flex or priority"},
	{"status", FIELD_LABEL, LABEL_STATUS, "ok or error"},
	{"kind", FIELD_LABEL, LABEL_KIND,
         "what a resource is: gpu, storage, ...; of model calls none"},
	{"input_tokens", FIELD_COUNT, COUNT_INPUT, "all prompt tokens, cached ones included"},
	{"cache_read_tokens", FIELD_COUNT, COUNT_CACHE_READ, "input tokens read from a cache"},
	{"cache_write_tokens", FIELD_COUNT, COUNT_CACHE_WRITE, "input tokens written to a cache"},
	{"cache_write_1h_tokens", FIELD_COUNT, COUNT_CACHE_WRITE_1H,
         "the part of cache_write_tokens kept for an hour"},
	{"output_tokens", FIELD_COUNT, COUNT_OUTPUT, "all that was generated"},
	{"reasoning_tokens", FIELD_COUNT, COUNT_REASONING,
         "the part of output_tokens that was reasoning"},
	{"input_audio_tokens", FIELD_COUNT, COUNT_INPUT_AUDIO, "input tokens that were audio"},
	{"output_audio_tokens", FIELD_COUNT, COUNT_OUTPUT_AUDIO, "output tokens that were audio"},
	{"input_image_tokens", FIELD_COUNT, COUNT_INPUT_IMAGE, "input tokens that were images"},
	{"output_image_tokens", FIELD_COUNT, COUNT_OUTPUT_IMAGE, "output tokens that were images"},
	{"input_video_tokens", FIELD_COUNT, COUNT_INPUT_VIDEO, "input tokens that were video"},
	{"output_video_tokens", FIELD_COUNT, COUNT_OUTPUT_VIDEO, "output tokens that were video"},
	{"cache_read_audio_tokens", FIELD_COUNT, COUNT_CACHE_READ_AUDIO,
         "audio read from a cache: part of cache_read_tokens and of input_audio_tokens"},
	{"cache_read_image_tokens", FIELD_COUNT, COUNT_CACHE_READ_IMAGE,
         "images read from a cache: part of cache_read_tokens and of input_image_tokens"},
	{"images", FIELD_COUNT, COUNT_IMAGES, "images made"},
	{"audio_seconds", FIELD_COUNT, COUNT_AUDIO_MS, "seconds of audio, where that is billed"},
	{"video_seconds", FIELD_COUNT, COUNT_VIDEO_MS, "seconds of video, where that is billed"},
	{"pages", FIELD_COUNT, COUNT_PAGES, "pages read, where that is billed"},
	{"characters", FIELD_COUNT, COUNT_CHARACTERS, "characters, where those are billed"},
	{"quantity", FIELD_COUNT, COUNT_QUANTITY,
         "units of a resource that were used: hours, gigabytes, ..."},
	{"web_searches", FIELD_COUNT, COUNT_WEB_SEARCHES, "searches the provider made"},
	{"session", FIELD_DETAIL, DETAIL_SESSION, "the conversation or run it belongs to"},
	{"request_id", FIELD_DETAIL, DETAIL_REQUEST_ID, "names the call, for people"},
	{"requested_model", FIELD_DETAIL, DETAIL_REQUESTED_MODEL,
         "the model that was asked for, where the log tells it apart"},
	{"region", FIELD_DETAIL, DETAIL_REGION, "where it was served, for regional prices"},
	{"error", FIELD_DETAIL, DETAIL_ERROR, "the class of its error"},
	{"latency", FIELD_DURATION, 0, "how long it took"},
	{"ttft", FIELD_DURATION, 1, "time to the first token"},
	{"logged_cost", FIELD_MONEY, 0, "what the log itself says it cost, in USD"},
	{"resource", FIELD_RESOURCE, 0, "what was used where it is no model: one of `resources`"},
	{"prompt", FIELD_PROMPT, 0, "only ever hashed; finds identical prompts"},
	{0},
};

const size_t fields_n = sizeof(fields) / sizeof(fields[0]) - 1;

static_assert(sizeof(fields) / sizeof(fields[0]) - 1 == FIELDS,
              "a row for every label, count and detail");

const struct field *field_find(struct str name)
{
	for (size_t i = 0; i < fields_n; i++)
		if (str_eq(str_of(fields[i].name), name))
			return &fields[i];
	return NULL;
}

static const char *name_of(enum field_kind kind, int index)
{
	for (size_t i = 0; i < fields_n; i++)
		if (fields[i].kind == kind && fields[i].index == index)
			return fields[i].name;
	assert(false); /* the static_assert above: there is a row for each */
	return "";
}

const char *label_name(enum label label)
{
	return name_of(FIELD_LABEL, (int)label);
}

const char *count_name(enum count count)
{
	return name_of(FIELD_COUNT, (int)count);
}

const char *detail_name(enum detail detail)
{
	return name_of(FIELD_DETAIL, (int)detail);
}
