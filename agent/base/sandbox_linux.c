/*
 * Entering, and Landlock (since Linux 5.13). Its interface has versions, each of which knows more
 * rights; a right that the kernel does not know is an error, so what is asked for is cut to what
 * the version has. What is "handled" is forbidden everywhere but where a rule allows it.
 *
 * The constants of later versions are written out, because the headers of a distribution are older
 * than the kernels that run on it.
 */
#include "agent/base/sandbox_inner.h"

#ifdef __linux__

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Rights by the version that brought them. */
enum {
	ABI_REFER = 2,
	ABI_TRUNCATE = 3,
	ABI_NETWORK = 4,
	ABI_IOCTL = 5,
	ABI_SCOPE = 6,
};

#define FS_TRUNCATE  (UINT64_C(1) << 14)
#define FS_IOCTL_DEV (UINT64_C(1) << 15)
#define FS_FIRST     ((UINT64_C(1) << 13) - 1) /* all of version 1 */

#define FS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FS_WRITE                                                                                \
	(FS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |             \
	 LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REFER | \
	 FS_TRUNCATE)
/* What can be said of a file that is no folder. */
#define FS_OF_FILE                                                   \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | \
	 LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE | FS_IOCTL_DEV)

#define NET_BIND_CONNECT                   UINT64_C(3)
#define SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS UINT64_C(3)

/* As landlock_ruleset_attr of version 6. An older kernel takes it when what it lacks is 0. */
struct handled {
	uint64_t fs, net, scoped;
};

/* What the C library and SQLite read on their own account. */
static const char *const always[] = {
	"/usr/share/zoneinfo",
	"/usr/lib/zoneinfo",
	"/usr/share/lib/zoneinfo",
	"/etc/zoneinfo",
	"/etc/localtime",
	"/dev/null",
	"/dev/urandom",
	"/proc/self",
	"/sys/devices/system/cpu", /* how many there are */
};

/* What it takes to find the address of a name and to trust a certificate. */
static const char *const for_sockets[] = {
	"/etc/resolv.conf",
	"/etc/hosts",
	"/etc/host.conf",
	"/etc/nsswitch.conf",
	"/etc/gai.conf",
	"/etc/services",
	"/etc/protocols",
	"/etc/ld.so.cache",
	"/etc/ssl",
	"/etc/pki",
	"/etc/ca-certificates",
	"/usr/share/ca-certificates",
	"/usr/local/share/ca-certificates",
	"/run/systemd/resolve",
	"/run/resolvconf",
	"/run/NetworkManager",
	"/lib",
	"/lib64",
	"/usr/lib",
	"/usr/lib64", /* what nsswitch.conf names is loaded when it is needed */
};

static uint64_t handled_fs(int abi)
{
	uint64_t fs = FS_FIRST;

	if (abi >= ABI_REFER)
		fs |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= ABI_TRUNCATE)
		fs |= FS_TRUNCATE;
	if (abi >= ABI_IOCTL)
		fs |= FS_IOCTL_DEV;
	return fs;
}

/* False: it cannot be allowed, errno says why. */
static bool allow(int ruleset, const char *path, uint64_t rights)
{
	struct landlock_path_beneath_attr rule = {.allowed_access = rights};
	struct stat st;
	bool ok;
	int saved;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return false;
	ok = fstat(rule.parent_fd, &st) == 0;
	if (ok && !S_ISDIR(st.st_mode))
		rule.allowed_access &= FS_OF_FILE;
	ok = ok &&
	     syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
	saved = errno;
	(void)close(rule.parent_fd);
	errno = saved;
	return ok;
}

static void allow_system(int ruleset, const char *const *paths, size_t n)
{
	for (size_t i = 0; i < n; i++)
		(void)allow(ruleset, paths[i], FS_READ); /* not every system has each */
}

/* What could be opened at another moment: without it the agent would be shut out for good. */
static bool is_of_the_moment(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM;
}

/* False: the rules are not whole, errno says why. */
static bool allow_all(int ruleset, const struct sandbox *s, uint64_t known, struct err *err)
{
	allow_system(ruleset, always, sizeof(always) / sizeof(*always));
	if (s->sockets)
		allow_system(ruleset, for_sockets, sizeof(for_sockets) / sizeof(*for_sockets));
	for (size_t i = 0; i < s->n; i++) {
		uint64_t rights = (s->paths[i].writable ? FS_WRITE : FS_READ) & known;

		if (allow(ruleset, s->paths[i].path, rights))
			continue;
		if (is_of_the_moment(errno))
			return false;
		sandbox_lacks(err, "%s cannot be used any more: %s", s->paths[i].path,
		              strerror(errno));
	}
	return true;
}

/* A thread that is there already keeps the rights it has. */
static void look_for_threads(struct err *err)
{
	struct stat st;

	if (stat("/proc/self/task", &st) == 0 && st.st_nlink > 3) /* ., .. and this one */
		sandbox_lacks(err, "threads that were there before are not locked in");
}

int landlock_version(struct err *err)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	if (abi > 0)
		return (int)abi;
	sandbox_lacks(err, "folders are not locked: %s",
	              errno == ENOSYS       ? "this kernel has no Landlock"
	              : errno == EOPNOTSUPP ? "Landlock is switched off on this system"
	                                    : strerror(errno));
	return 0;
}

bool landlock_enter(const struct sandbox *s, int abi, struct err *err)
{
	struct handled handled = {
		.fs = handled_fs(abi),
		.net = abi >= ABI_NETWORK && !s->sockets ? NET_BIND_CONNECT : 0,
		.scoped = abi >= ABI_SCOPE ? SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS : 0,
	};
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof(handled), 0);
	bool ok = ruleset >= 0;

	ok = ok && allow_all(ruleset, s, handled.fs, err) &&
	     syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
	if (!ok)
		sandbox_lacks(err, "folders are not locked: %s", strerror(errno));
	if (ruleset >= 0)
		(void)close(ruleset);
	return ok;
}

bool sandbox_enter(const struct sandbox *s, struct sandbox_state *ret, struct err *err)
{
	int abi;

	*ret = (struct sandbox_state){0};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
		sandbox_lacks(err, "there is no sandbox: %s", strerror(errno));
		return false;
	}
	if (s->absent)
		sandbox_lacks(err, "%s is not there: what it gets can be read after a restart",
		              s->absent);
	look_for_threads(err);
	abi = landlock_version(err);
	if (abi > 0 && landlock_enter(s, abi, err))
		ret->landlock = abi;
	ret->seccomp = seccomp_enter(s->sockets, err);
	return err->text[0] == '\0';
}

#endif
