/*
 * Logs name providers in many ways: the gateway's word, the SDK's, the cloud's. OpenTelemetry's
 * names are what totals and price books are kept under, so this table brings the usual spellings
 * to them. A name that is not here stays as it is: a gateway's route is nobody's alias.
 */
#include <stdlib.h>
#include <strings.h>

#include "agent/meter/book.h"

enum { SPELLING_MAX = 64 }; /* longer is no spelling of ours */

/* Sorted by spelling, lower case, for a binary search. */
static const struct spelling {
	const char *spelling, *name;
} spellings[] = {
	{"amazon-bedrock", "aws.bedrock"},
	{"amazon.bedrock", "aws.bedrock"},
	{"amazon_bedrock", "aws.bedrock"},
	{"anthropic", "anthropic"},
	{"anthropic_text", "anthropic"},
	{"aws", "aws.bedrock"},
	{"aws-bedrock", "aws.bedrock"},
	{"aws.bedrock", "aws.bedrock"},
	{"aws_bedrock", "aws.bedrock"},
	{"az.ai.inference", "azure.ai.inference"},
	{"az.ai.openai", "azure.ai.openai"},
	{"azure", "azure.ai.openai"},
	{"azure-openai", "azure.ai.openai"},
	{"azure.ai.inference", "azure.ai.inference"},
	{"azure.ai.openai", "azure.ai.openai"},
	{"azure_ai", "azure.ai.inference"},
	{"azure_openai", "azure.ai.openai"},
	{"azure_text", "azure.ai.openai"},
	{"azureopenai", "azure.ai.openai"},
	{"bedrock", "aws.bedrock"},
	{"bedrock_converse", "aws.bedrock"},
	{"claude", "anthropic"},
	{"codestral", "mistral_ai"},
	{"cohere", "cohere"},
	{"cohere_chat", "cohere"},
	{"deepseek", "deepseek"},
	{"deepseek-ai", "deepseek"},
	{"gcp.gemini", "gcp.gemini"},
	{"gcp.gen_ai", "gcp.gen_ai"},
	{"gcp.vertex_ai", "gcp.vertex_ai"},
	{"gemini", "gcp.gemini"},
	{"google", "gcp.gemini"},
	{"google-ai-studio", "gcp.gemini"},
	{"google-vertex", "gcp.vertex_ai"},
	{"google_ai_studio", "gcp.gemini"},
	{"google_genai", "gcp.gemini"},
	{"google_vertex", "gcp.vertex_ai"},
	{"google_vertexai", "gcp.vertex_ai"},
	{"googleai", "gcp.gemini"},
	{"grok", "x_ai"},
	{"groq", "groq"},
	{"ibm.watsonx.ai", "ibm.watsonx.ai"},
	{"mistral", "mistral_ai"},
	{"mistral-ai", "mistral_ai"},
	{"mistral_ai", "mistral_ai"},
	{"mistralai", "mistral_ai"},
	{"open-ai", "openai"},
	{"open_ai", "openai"},
	{"openai", "openai"},
	{"perplexity", "perplexity"},
	{"text-completion-openai", "openai"},
	{"vertex", "gcp.vertex_ai"},
	{"vertex-ai", "gcp.vertex_ai"},
	{"vertex_ai", "gcp.vertex_ai"},
	{"vertex_ai-anthropic_models", "gcp.vertex_ai"},
	{"vertex_ai-language-models", "gcp.vertex_ai"},
	{"vertex_ai_beta", "gcp.vertex_ai"},
	{"vertexai", "gcp.vertex_ai"},
	{"watsonx", "ibm.watsonx.ai"},
	{"x-ai", "x_ai"},
	{"x_ai", "x_ai"},
	{"xai", "x_ai"},
};

static int by_spelling(const void *key, const void *item)
{
	return strcasecmp(key, ((const struct spelling *)item)->spelling);
}

struct str provider_name(struct str spelling)
{
	char key[SPELLING_MAX];
	const struct spelling *found;

	if (spelling.n == 0 || spelling.n >= sizeof(key) || memchr(spelling.p, 0, spelling.n))
		return spelling;
	memcpy(key, spelling.p, spelling.n);
	key[spelling.n] = '\0';
	found = bsearch(key, spellings, sizeof(spellings) / sizeof(spellings[0]),
	                sizeof(spellings[0]), by_spelling);
	return found ? str_of(found->name) : spelling;
}
