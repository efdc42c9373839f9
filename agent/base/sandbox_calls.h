/*
 * The system calls by what becomes of them, for sandbox_seccomp.c alone. What an #ifdef asks for is
 * not in the headers of every system, or not a call of every machine.
 */
#ifndef BASE_SANDBOX_CALLS_H
#define BASE_SANDBOX_CALLS_H

#include <sys/syscall.h>

/* clang-format off */

static const int allowed[] = {
	/* files */
	SYS_read, SYS_pread64, SYS_readv, SYS_preadv, SYS_preadv2, SYS_write, SYS_pwrite64,
	SYS_writev, SYS_pwritev, SYS_pwritev2, SYS_openat, SYS_close, SYS_close_range, SYS_lseek,
	SYS_fstat, SYS_newfstatat, SYS_statx, SYS_statfs, SYS_fstatfs, SYS_faccessat,
	SYS_readlinkat, SYS_getdents64, SYS_getcwd, SYS_fcntl, SYS_flock, SYS_fsync,
	SYS_fdatasync, SYS_ftruncate, SYS_truncate, SYS_fallocate, SYS_fadvise64, SYS_readahead,
	SYS_sync_file_range, SYS_dup, SYS_dup3, SYS_pipe2, SYS_mkdirat, SYS_unlinkat,
	SYS_renameat, SYS_renameat2, SYS_fchmod, SYS_fchown, SYS_umask, SYS_utimensat,
#ifdef SYS_openat2
	SYS_openat2,
#endif
#ifdef SYS_faccessat2
	SYS_faccessat2,
#endif
#ifdef SYS_open /* x86-64 has older calls too */
	SYS_open, SYS_stat, SYS_lstat, SYS_access, SYS_readlink, SYS_dup2, SYS_pipe, SYS_mkdir,
	SYS_unlink, SYS_rmdir, SYS_rename, SYS_getdents,
#endif
	/* memory: PROT_EXEC as well, for patterns are compiled to machine code */
	SYS_mmap, SYS_munmap, SYS_mprotect, SYS_mremap, SYS_madvise, SYS_brk, SYS_mincore,
	SYS_msync, SYS_mlock, SYS_munlock,
	/* threads (clone has a rule of its own) */
	SYS_futex, SYS_set_robust_list, SYS_get_robust_list, SYS_rseq, SYS_set_tid_address,
	SYS_sched_yield, SYS_sched_getaffinity, SYS_sched_setaffinity, SYS_membarrier,
	SYS_gettid, SYS_getpid, SYS_getppid, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid,
	SYS_getgroups, SYS_getrusage, SYS_getcpu, SYS_uname, SYS_sysinfo, SYS_getrandom,
	SYS_times,
	/* time and signals */
	SYS_clock_gettime, SYS_clock_getres, SYS_clock_nanosleep, SYS_nanosleep,
	SYS_gettimeofday, SYS_timerfd_create, SYS_timerfd_settime, SYS_timerfd_gettime,
	SYS_setitimer, SYS_getitimer, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn,
	SYS_rt_sigpending, SYS_rt_sigtimedwait, SYS_rt_sigsuspend, SYS_sigaltstack,
	SYS_signalfd4, SYS_restart_syscall, SYS_exit, SYS_exit_group,
#ifdef SYS_time
	SYS_time, SYS_alarm, SYS_pause, SYS_signalfd, SYS_getrlimit,
#endif
	/* waiting */
	SYS_ppoll, SYS_pselect6, SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_pwait, SYS_eventfd2,
	SYS_inotify_init1, SYS_inotify_add_watch, SYS_inotify_rm_watch,
#ifdef SYS_epoll_pwait2
	SYS_epoll_pwait2,
#endif
#ifdef SYS_poll
	SYS_poll, SYS_select, SYS_epoll_create, SYS_epoll_wait, SYS_eventfd, SYS_inotify_init,
#endif
	/* sockets that are there: the service manager's, the journal's, the one that it listens at */
	SYS_sendto, SYS_sendmsg, SYS_accept4,
	/* answered by the other filter */
	SYS_clone3,
};

/* When sockets were asked for. */
static const int allowed_sockets[] = {
	SYS_connect, SYS_bind, SYS_listen, SYS_accept, SYS_shutdown, SYS_recvfrom,
	SYS_recvmsg, SYS_recvmmsg, SYS_sendmmsg, SYS_sendfile, SYS_setsockopt, SYS_getsockopt,
	SYS_getsockname, SYS_getpeername,
};

/* Honest mistakes in ordinary words: "operation not permitted". */
static const int refused[] = {
	SYS_socket, SYS_socketpair, SYS_connect, SYS_bind, SYS_listen, SYS_accept,
	SYS_recvfrom, SYS_recvmsg, SYS_linkat, SYS_symlinkat, SYS_mknodat, SYS_fchmodat,
	SYS_fchownat, SYS_setxattr, SYS_fsetxattr,
#ifdef SYS_chmod
	SYS_chmod, SYS_chown, SYS_lchown, SYS_link, SYS_symlink, SYS_mknod,
#endif
};

/* Nobody asks for these but one who has taken the process over. */
static const int deadly[] = {
	SYS_execve, SYS_execveat, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev,
	SYS_kcmp, SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_mount, SYS_umount2,
	SYS_pivot_root, SYS_chroot, SYS_unshare, SYS_setns, SYS_open_by_handle_at,
	SYS_fanotify_init, SYS_kexec_load, SYS_init_module, SYS_finit_module, SYS_delete_module,
	SYS_reboot, SYS_swapon, SYS_swapoff, SYS_acct, SYS_quotactl, SYS_syslog, SYS_add_key,
	SYS_request_key, SYS_keyctl, SYS_personality, SYS_setuid, SYS_setgid, SYS_setreuid,
	SYS_setregid, SYS_setresuid, SYS_setresgid, SYS_setgroups, SYS_setfsuid, SYS_setfsgid,
	SYS_capset, SYS_settimeofday, SYS_clock_settime, SYS_clock_adjtime, SYS_adjtimex,
	SYS_sethostname, SYS_setdomainname,
#ifdef SYS_kexec_file_load
	SYS_kexec_file_load,
#endif
#ifdef SYS_move_mount
	SYS_move_mount, SYS_open_tree, SYS_fsopen, SYS_fsmount, SYS_fspick, SYS_fsconfig,
#endif
#ifdef SYS_pidfd_getfd
	SYS_pidfd_getfd,
#endif
#ifdef SYS_fork
	SYS_fork, SYS_vfork, SYS_iopl, SYS_ioperm, SYS_modify_ldt,
#endif
};

/* clang-format on */

#endif
