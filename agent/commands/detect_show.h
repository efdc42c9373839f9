/* What a detection found, for people and for programs. Used by `detect` and `backfill`. */
#ifndef COMMANDS_DETECT_SHOW_H
#define COMMANDS_DETECT_SHOW_H

#include "agent/detect/detect.h"

/* Everything that was found, each line after `prefix`. */
void detect_text(struct buf *out, const struct detection *d, const char *prefix);
/* A group on one line, as backfill says it: "litellm: preset litellm, sure (100 %)". */
void detect_line(struct buf *out, const struct detection *d, size_t group);
/* Why a file could not be told and what to do, on one line. */
void detect_why(struct buf *out, const struct detected_file *f);
/* One JSON object with the configuration as text in it. */
void detect_json(struct buf *out, const struct detection *d, struct str configuration);

#endif
