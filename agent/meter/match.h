/*
 * Model names as they are written in logs, and the steps that bring them nearer to the name in a
 * price book. Only text in and out; which book is looked into is book_find.c's matter.
 */
#ifndef METER_MATCH_H
#define METER_MATCH_H

#include "agent/base/str.h"

enum { MODEL_NAME_MAX = 256 }; /* bytes; a longer model name has no price */

/*
 * The name in lower case, and a fine-tuned model of Azure (base.ft-id) in OpenAI's spelling
 * (ft:base). Empty when it is longer than MODEL_NAME_MAX. The view is into `out`.
 */
struct str match_normal(struct str name, char out[MODEL_NAME_MAX]);

/*
 * Bytes of the first prefix of a lower case name that says who serves the model and not which it
 * is: "azure/", "us.", "anthropic.", an ARN up to its tail. 0: there is none. *provider is
 * OpenTelemetry's name of who is meant, empty when the prefix does not tell.
 */
size_t match_prefix(struct str name, struct str *provider);

/*
 * Bytes of the last suffix of a lower case name that does not change the price: a date, a card
 * version of Bedrock (-v1:0), "@default", "-latest", "[1m]", the owner of a fine-tuned model. 0:
 * there is none.
 */
size_t match_suffix(struct str name);

/* Whether a lower case name, its prefixes aside, is no model but what a router or a program puts in
 * its place: "auto", "openrouter/auto", "<synthetic>", "unknown". */
bool match_is_label(struct str name);

/* Whether a name fits a pattern of a book. `*` stands for any text without digits, so that it
 * cannot reach into another version. */
bool match_glob(struct str pattern, struct str name);

/* A point between two digits as a dash: equal spellings of a version become the same text. */
struct str match_spelling(struct str name, char out[MODEL_NAME_MAX]);

#endif
