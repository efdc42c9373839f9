/*
 * A YAML file as a tree of nodes with their lines, read by libyaml under limits. Anchors, aliases,
 * tags and several documents are refused: a configuration has no use for them and they are how
 * small files become large ones.
 */
#ifndef CONFIG_YAML_H
#define CONFIG_YAML_H

#include "agent/base/err.h"
#include "agent/base/str.h"

enum yaml_type { YAML_NULL, YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_node {
	enum yaml_type type;
	bool quoted;     /* a scalar in quotes is text, never a number or a bool */
	int line;        /* from 1 */
	struct str text; /* of a scalar, NUL-ended */
	/* Of a list: items. Of a map: values, with keys[i] for items[i]; no key twice. */
	struct yaml_node *items;
	struct yaml_key *keys;
	size_t n;
};

struct yaml_key {
	struct str text; /* NUL-ended */
	int line;
};

struct yaml;

/* NULL and *err "NAME:LINE: what" when it is not YAML, a key stands twice, or a limit of config.h
 * is passed. Empty text is a YAML_NULL root. `${NAME}` in a scalar becomes the environment's value
 * if `expand`; a name that is not set is an error. */
struct yaml *yaml_parse(struct str text, const char *name, size_t bytes_max, bool expand,
                        struct err *err);
/* Not yaml_free: libyaml has a function of that name and would call ours. */
void yaml_close(struct yaml **y);
const struct yaml_node *yaml_root(const struct yaml *y);
const char *yaml_name(const struct yaml *y);

/* The value of a key of a map, NULL when it is not there (or `map` is no map). */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);

#endif
