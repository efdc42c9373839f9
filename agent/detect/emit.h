/*
 * A source of the configuration as text, ready to be saved: what is sure as it is, what is not with
 * a `# TODO` behind it. Whatever names and values of a log stand in it, the text is YAML that reads
 * as meant.
 */
#ifndef DETECT_EMIT_H
#define DETECT_EMIT_H

#include "agent/detect/guess.h"

/* What is a source but for its name and paths: equal for files that can be one source. */
void emit_body(struct buf *out, const struct guess *guess);
/* The last line of a body whose files are links. */
#define EMIT_FOLLOW "    follow_symlinks: true\n"
/* An item of `sources:`. */
void emit_source(struct buf *out, const char *name, const struct str *globs, size_t globs_n,
                 struct str body);
/* A configuration of nothing but a source with this body; NULL and *err as config_parse. */
struct config *emit_config(const char *name, struct str body, struct err *err);
/*
 * A path of a file as a glob that matches it: signs of globs and of the environment have no
 * meaning, a byte that YAML cannot hold is any one. `wild` is not touched and follows it.
 */
void emit_glob(struct buf *out, struct str path, const char *wild);

#endif
