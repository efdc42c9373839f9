/* What `run` may touch, out of its configuration. */
#ifndef COMMANDS_CONFINE_H
#define COMMANDS_CONFINE_H

#include "agent/base/sandbox.h"
#include "agent/config/config.h"

/*
 * Allows to read the folders of all logs, also where links lead that are there now; of the
 * configuration, presets and price books; and to write the folder of the database, which has to be
 * open. A source with follow_symlinks may be led anywhere by its next link: then all may be read.
 */
void confine_to(struct sandbox *s, const struct config *c);

/* The first path of a configuration that was read again which lies outside; NULL: none. */
const char *confine_outside(const struct sandbox *s, const struct config *c);

#endif
