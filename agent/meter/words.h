/* The few words that a call's status and service tier are brought to. */
#ifndef METER_WORDS_H
#define METER_WORDS_H

#include "agent/base/str.h"

/* "ok" or "error" from a word or an HTTP status; empty when it says neither. */
struct str status_word(struct str text);
/* "standard", "batch", "flex", "priority" from the providers' spellings; others stay. */
struct str tier_word(struct str text);

#endif
