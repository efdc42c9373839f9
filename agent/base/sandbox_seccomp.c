/*
 * The system calls that are left, as a BPF program.
 *
 * What is not on a list is answered "there is no such call" (ENOSYS) and logged by the kernel where
 * it keeps an audit log: a newer C library that tries a newer call then falls back to an older one,
 * and following goes on after a system was upgraded. What only somebody else's code would ask for
 * (another program, a trace, a mount, a module, other rights) ends the process on the spot, with a
 * line in the kernel's log: the ledger has all that was committed, and the service manager starts
 * it again.
 *
 * A filter sees numbers and registers, no memory behind pointers. So clone3, whose flags lie in
 * memory, is answered "no such call": the C library then uses clone, whose flags can be seen. It
 * asks so for each thread, which is nothing to log, so that is a filter of its own without the log.
 */
#include "agent/base/sandbox_inner.h"

#ifdef __linux__

#include <assert.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#if defined(__x86_64__) && !defined(__ILP32__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

/* A sanitizer's checks at the end need calls that nothing else here does. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
	__has_feature(memory_sanitizer)
#define SANITIZED
#endif
#endif

#if defined(ARCHITECTURE) && !defined(SANITIZED)

#include "agent/base/sandbox_calls.h"

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41 /* names memory; the C library does */
#endif

enum {
	PROGRAM_MAX = 1024,
	X32_BIT = 0x40000000, /* numbers of the other calling convention of x86-64 */
};
#define TCGETS2_IOCTL 0x802c542a /* isatty of newer C libraries */
#define INODE_IOCTL   0x80087601 /* FS_IOC_GETVERSION: its generation */

/* A call that is allowed when its argument number `arg` has one of these values. */
struct choice {
	int call, arg, n;
	uint32_t values[6];
};

static const struct choice choices[] = {
	{SYS_ioctl, 1, 6, {TCGETS, TCGETS2_IOCTL, TIOCGWINSZ, FIONREAD, FIONBIO, INODE_IOCTL}},
	{SYS_prctl, 0, 4, {PR_SET_NAME, PR_GET_NAME, PR_SET_VMA, PR_SET_NO_NEW_PRIVS}},
	{SYS_prlimit64, 0, 1, {0}}, /* its own limits */
};

static const struct choice socket_kinds = {
	SYS_socket, 0, 4, {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK}};

/* A new thread, and nothing that is a process or a name space of its own. */
static const uint32_t clone_looked_at = CLONE_THREAD | CLONE_NEWNS | CLONE_NEWCGROUP |
                                        CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |
                                        CLONE_NEWNET;

struct program {
	struct sock_filter code[PROGRAM_MAX];
	unsigned short n;
};

static void put(struct program *p, struct sock_filter instruction)
{
	assert(p->n < PROGRAM_MAX);
	p->code[p->n++] = instruction;
}

static void load(struct program *p, size_t offset)
{
	put(p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static void end(struct program *p, uint32_t action)
{
	put(p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

/* Skips `n` instructions unless what was loaded is `value`. */
static void unless(struct program *p, uint32_t value, size_t n)
{
	put(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, (uint8_t)n));
}

static void end_for(struct program *p, const int *calls, size_t n, uint32_t action)
{
	for (size_t i = 0; i < n; i++) {
		unless(p, (uint32_t)calls[i], 1);
		end(p, action);
	}
}

#define END_FOR(p, calls, action) end_for(p, calls, sizeof(calls) / sizeof(*(calls)), action)

/* Both machines are little-endian: the lower half comes first, and the kernel looks at no more. */
static void load_argument(struct program *p, int arg)
{
	load(p, offsetof(struct seccomp_data, args) + (size_t)arg * sizeof(uint64_t));
}

static void put_choice(struct program *p, const struct choice *c)
{
	unless(p, (uint32_t)c->call, 2 * (size_t)c->n + 2);
	load_argument(p, c->arg);
	for (int i = 0; i < c->n; i++) {
		unless(p, c->values[i], 1);
		end(p, SECCOMP_RET_ALLOW);
	}
	end(p, SECCOMP_RET_ERRNO | EPERM);
}

/* Signals for itself alone: raise and abort. */
static void put_own_signals(struct program *p)
{
	const int own[] = {SYS_kill, SYS_tgkill};

	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		put_choice(p, &(struct choice){own[i], 0, 1, {(uint32_t)getpid()}});
}

static void put_clone(struct program *p)
{
	unless(p, SYS_clone, 5);
	load_argument(p, 0);
	put(p, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, clone_looked_at));
	unless(p, CLONE_THREAD, 1);
	end(p, SECCOMP_RET_ALLOW);
	end(p, SECCOMP_RET_KILL_PROCESS);
}

/* Numbers mean something for one machine only. */
static void begin(struct program *p)
{
	load(p, offsetof(struct seccomp_data, arch));
	put(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0));
	end(p, SECCOMP_RET_KILL_PROCESS);
	load(p, offsetof(struct seccomp_data, nr));
#ifdef __x86_64__
	put(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1));
	end(p, SECCOMP_RET_KILL_PROCESS);
#endif
}

static void write_quiet(struct program *p)
{
	begin(p);
	unless(p, SYS_clone3, 1);
	end(p, SECCOMP_RET_ERRNO | ENOSYS);
	end(p, SECCOMP_RET_ALLOW);
}

static void write_rules(struct program *p, bool sockets)
{
	begin(p);
	END_FOR(p, allowed, SECCOMP_RET_ALLOW);
	put_clone(p);
	put_own_signals(p);
	for (size_t i = 0; i < sizeof(choices) / sizeof(*choices); i++)
		put_choice(p, &choices[i]);
	if (sockets) {
		END_FOR(p, allowed_sockets, SECCOMP_RET_ALLOW);
		put_choice(p, &socket_kinds);
	}
	END_FOR(p, refused, SECCOMP_RET_ERRNO | EPERM);
	END_FOR(p, deadly, SECCOMP_RET_KILL_PROCESS);
	end(p, SECCOMP_RET_ERRNO | ENOSYS);
}

/* Without SPEC_ALLOW some kernels slow the whole process down against leaks to code within it, of
 * which there is none. A kernel or emulation that knows no flags is asked without. */
static bool install(struct program *p, unsigned long flags)
{
	struct sock_fprog program = {.len = p->n, .filter = p->code};

	flags |= SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program) == 0 ||
	       (errno == EINVAL && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0);
}

bool seccomp_enter(bool sockets, struct err *err)
{
	struct program quiet = {.n = 0}, rules = {.n = 0};

	write_quiet(&quiet);
	write_rules(&rules, sockets);
	/* In this order: the second one forbids the call that installs it. */
	if (install(&quiet, 0) && install(&rules, SECCOMP_FILTER_FLAG_LOG))
		return true;
	sandbox_lacks(err, "system calls are not filtered: %s",
	              errno == ENOSYS || errno == EINVAL ? "this kernel has no seccomp"
	                                                 : strerror(errno));
	return false;
}

#else

bool seccomp_enter(bool sockets, struct err *err)
{
	(void)sockets;
#ifdef SANITIZED
	sandbox_lacks(err, "system calls are not filtered: built with a sanitizer");
#else
	sandbox_lacks(err, "system calls are not filtered: not for this kind of machine");
#endif
	return false;
}

#endif
#endif
