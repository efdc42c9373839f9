/* Reads `fields`, `set` and `only` of a source. Private to agent/config. */
#ifndef CONFIG_RULES_H
#define CONFIG_RULES_H

#include "agent/config/bind.h"

/* The keys of one test as they stand, before it is decided what kind of test they make. */
struct test_parts {
	char *path, *pattern, *equals;
	bool exists, exists_given;
	const struct yaml_node *inner; /* of `not` */
};

/* Into a struct source_config. */
bind_fn rules_fields; /* a field that has a rule already gets the new one */
bind_fn rules_set;
bind_fn rules_tests; /* struct test * and size_t: one test or a list of them */

/* Into a struct origin. */
bind_fn rules_from;
bind_fn rules_unit;
bind_fn rules_scale;

/* Into a struct test_parts. */
bind_fn rules_exists;
bind_fn rules_not;

#endif
