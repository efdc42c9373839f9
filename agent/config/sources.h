/* Reads the list of sources and the presets under them. Private to agent/config. */
#ifndef CONFIG_SOURCES_H
#define CONFIG_SOURCES_H

#include "agent/config/bind.h"

bind_fn sources_bind; /* into a struct config */

/* Into a struct source_config. */
bind_fn sources_unwrap;
bind_fn sources_patterns;
bind_fn sources_estimate;
bind_fn sources_characters;
bind_fn sources_dedupe;
bind_fn sources_join;
bind_fn sources_cumulative;
bind_fn sources_copies;

/* Makes *s a source that reads `paths` with nothing but a preset. */
bool sources_of_preset(struct binder *b, const char *preset, char *const *paths, size_t paths_n,
                       struct source_config *s);

#endif
