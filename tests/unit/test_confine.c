#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/commands/confine.h"

struct scene {
	char root[64];
	struct sandbox s;
	struct config *config;
};

static void make(struct scene *c, const char *name, bool folder)
{
	char path[200];
	int fd = -1;

	(void)snprintf(path, sizeof(path), "%s/%s", c->root, name);
	if (folder)
		assert_int_equal(mkdir(path, 0700), 0);
	else
		fd = open(path, O_WRONLY | O_CREAT, 0600);
	if (fd >= 0)
		(void)close(fd);
}

static int set_up(void **state)
{
	static const char *const folders[] = {"etc",  "home",      "home/tokentail",
	                                      "logs", "prices",    "real",
	                                      "db",   "logs/deep", "elsewhere"};
	struct scene *c = calloc(1, sizeof(*c));
	char home[100];

	if (c == NULL)
		return -1;
	strcpy(c->root, "/tmp/tokentail-confine.XXXXXX");
	if (mkdtemp(c->root) == NULL)
		return -1;
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		make(c, folders[i], true);
	make(c, "db/tokentail.db", false);
	make(c, "real/app.log", false);
	(void)snprintf(home, sizeof(home), "%s/home", c->root);
	(void)setenv("XDG_CONFIG_HOME", home, 1);
	*state = c;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *c = *state;
	char command[100];

	(void)snprintf(command, sizeof(command), "rm -rf '%s'", c->root);
	sandbox_free(&c->s);
	config_free(&c->config);
	free(c);
	return system(command);
}

/* `@` in the text is the folder of the test. */
static void configure(struct scene *c, const char *text)
{
	struct buf yaml = {0};
	char name[100];
	struct err err = {0};

	for (; *text; text++)
		buf_bytes(&yaml, *text == '@' ? c->root : text, *text == '@' ? strlen(c->root) : 1);
	(void)snprintf(name, sizeof(name), "%s/etc/tokentail.yaml", c->root);
	config_free(&c->config);
	c->config = config_parse(buf_view(&yaml), name, &err);
	assert_string_equal(err.text, "");
	assert_non_null(c->config);
	buf_free(&yaml);
}

/* Which folders of the test are allowed: "w name" or "r name", in order. */
static const char *allowed(const struct scene *c, char *ret, size_t size)
{
	size_t n = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < c->s.n; i++) {
		const char *path = c->s.paths[i].path;

		if (strncmp(path, c->root, strlen(c->root)) == 0)
			n += (size_t)snprintf(ret + n, size - n, "%s%c %s", n ? ", " : "",
			                      c->s.paths[i].writable ? 'w' : 'r',
			                      path + strlen(c->root));
	}
	return ret;
}

static void test_all_that_a_configuration_names_and_no_more(void **state)
{
	struct scene *c = *state;
	char got[500];

	configure(c, "database: @/db/tokentail.db\n"
	             "prices: {books: [@/prices/own.yaml]}\n"
	             "sources:\n"
	             "  - {name: a, paths: ['@/logs/deep/*.log', '@/logs/x.log'], preset: json}\n");
	confine_to(&c->s, c->config);
	assert_string_equal(allowed(c, got, sizeof(got)), "w /db, r /logs/deep, r /logs, r /etc, "
	                                                  "r /prices, r /home/tokentail");
	assert_null(c->s.absent);
	assert_null(confine_outside(&c->s, c->config));
}

static void test_where_a_link_in_the_middle_leads_is_allowed(void **state)
{
	struct scene *c = *state;
	char got[500], target[100], link[100];

	(void)snprintf(target, sizeof(target), "%s/real", c->root);
	(void)snprintf(link, sizeof(link), "%s/logs/app", c->root);
	assert_int_equal(symlink(target, link), 0);
	configure(c, "database: @/db/tokentail.db\n"
	             "sources: [{name: a, paths: '@/logs/*/app.log', preset: json}]\n");
	confine_to(&c->s, c->config);
	assert_string_equal(allowed(c, got, sizeof(got)),
	                    "w /db, r /logs, r /real, r /etc, r /home/tokentail");
}

static void test_links_that_are_followed_may_lead_anywhere(void **state)
{
	struct scene *c = *state;

	configure(c, "database: @/db/tokentail.db\n"
	             "sources: [{name: a, paths: '@/logs/*.log', preset: json, "
	             "follow_symlinks: true}]\n");
	confine_to(&c->s, c->config);
	assert_true(sandbox_reads(&c->s, "/etc/passwd"));
}

static void test_what_a_new_configuration_adds_may_lie_outside(void **state)
{
	struct scene *c = *state;
	char want[100];

	configure(c, "database: @/db/tokentail.db\n"
	             "sources: [{name: a, paths: '@/logs/*.log', preset: json}]\n");
	confine_to(&c->s, c->config);
	configure(c, "database: @/db/tokentail.db\n"
	             "sources:\n"
	             "  - {name: a, paths: '@/logs/deep/*.log', preset: json}\n"
	             "  - {name: b, paths: '@/elsewhere/*.log', preset: json}\n");
	(void)snprintf(want, sizeof(want), "%s/elsewhere/*.log", c->root);
	assert_string_equal(confine_outside(&c->s, c->config), want);
	configure(c, "sources: [{name: a, paths: '@/logs/*.log', preset: json, "
	             "follow_symlinks: true}]\n");
	(void)snprintf(want, sizeof(want), "%s/logs/*.log", c->root);
	assert_string_equal(confine_outside(&c->s, c->config), want);
	configure(c, "prices: {books: [@/prices/own.yaml]}\n");
	(void)snprintf(want, sizeof(want), "%s/prices/own.yaml", c->root);
	assert_string_equal(confine_outside(&c->s, c->config), want);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_all_that_a_configuration_names_and_no_more),
		TEST(test_where_a_link_in_the_middle_leads_is_allowed),
		TEST(test_links_that_are_followed_may_lead_anywhere),
		TEST(test_what_a_new_configuration_adds_may_lie_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
