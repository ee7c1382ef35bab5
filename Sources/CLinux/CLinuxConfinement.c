#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined __x86_64__
#define NATIVE AUDIT_ARCH_X86_64
#elif defined __aarch64__
#define NATIVE AUDIT_ARCH_AARCH64
#elif defined __arm__
#define NATIVE AUDIT_ARCH_ARM
#endif

#ifdef NATIVE

/* What the daemon, the C library below it and libgps call, those of the way of a request first. Not among them: whatever
 * starts a program, looks into another process, mounts, loads modules or programs into the kernel, or changes a user. */
static const unsigned allowed[] = {
    __NR_recvmsg, __NR_sendmsg, __NR_recvmmsg, __NR_sendmmsg, __NR_ppoll, __NR_futex, __NR_clock_gettime,
    __NR_clock_adjtime, __NR_ioctl, __NR_read, __NR_write,
    /* memory */
    __NR_brk, __NR_munmap, __NR_mremap, __NR_mprotect, __NR_madvise, __NR_mlock, __NR_mlock2, __NR_mlockall, __NR_munlock,
    __NR_munlockall, __NR_membarrier, __NR_shmget, __NR_shmat, __NR_shmdt, __NR_shmctl,
    /* files */
    __NR_openat, __NR_close, __NR_readv, __NR_writev, __NR_pread64, __NR_pwrite64, __NR_lseek, __NR_fstat, __NR_statx,
    __NR_statfs, __NR_fstatfs, __NR_faccessat, __NR_faccessat2, __NR_readlinkat, __NR_getdents64, __NR_getcwd, __NR_fcntl,
    __NR_dup, __NR_dup3, __NR_pipe2, __NR_fsync, __NR_fdatasync, __NR_ftruncate, __NR_fallocate, __NR_renameat2,
    __NR_unlinkat, __NR_flock, __NR_fchmod, __NR_fchmodat, __NR_umask, __NR_eventfd2, __NR_pselect6,
    /* sockets */
    __NR_socket, __NR_bind, __NR_listen, __NR_accept, __NR_accept4, __NR_connect, __NR_shutdown, __NR_getsockname,
    __NR_getpeername, __NR_getsockopt, __NR_setsockopt, __NR_sendto, __NR_recvfrom,
    /* clocks */
    __NR_adjtimex, __NR_clock_settime, __NR_settimeofday, __NR_gettimeofday, __NR_clock_getres, __NR_clock_nanosleep,
    __NR_nanosleep,
    /* threads and signals; clone is looked at more closely */
    __NR_exit, __NR_exit_group, __NR_set_robust_list, __NR_get_robust_list, __NR_rseq, __NR_set_tid_address,
    __NR_sched_yield, __NR_sched_getaffinity, __NR_sched_setaffinity, __NR_sched_getscheduler, __NR_sched_getparam,
    __NR_sched_get_priority_max, __NR_sched_get_priority_min, __NR_prctl, __NR_tgkill, __NR_rt_sigaction,
    __NR_rt_sigprocmask, __NR_rt_sigreturn, __NR_rt_sigpending, __NR_rt_sigtimedwait, __NR_sigaltstack,
    __NR_restart_syscall,
    /* what and where we are */
    __NR_getpid, __NR_getppid, __NR_gettid, __NR_getuid, __NR_geteuid, __NR_getgid, __NR_getegid, __NR_getresuid,
    __NR_getresgid, __NR_getgroups, __NR_capget, __NR_getrusage, __NR_prlimit64, __NR_getpriority, __NR_sysinfo,
    __NR_uname, __NR_getcpu, __NR_getrandom,
#ifdef __NR_open
    /* of older systems */
    __NR_open, __NR_stat, __NR_lstat, __NR_access, __NR_readlink, __NR_dup2, __NR_pipe, __NR_poll, __NR_rename,
    __NR_unlink, __NR_getdents, __NR_chmod, __NR_eventfd,
#endif
#ifdef __NR_mmap
    __NR_mmap,
#endif
#ifdef __NR_newfstatat
    __NR_newfstatat, __NR_fadvise64,
#endif
#ifdef __NR_renameat
    __NR_renameat,
#endif
#ifdef __x86_64__
    __NR_time, __NR_select, __NR_arch_prctl, __NR_getrlimit,
#endif
#ifdef __arm__
    __NR_mmap2, __NR__llseek, __NR_fcntl64, __NR_stat64, __NR_lstat64, __NR_fstat64, __NR_fstatat64, __NR_statfs64,
    __NR_fstatfs64, __NR_ftruncate64, __NR_arm_fadvise64_64, __NR__newselect, __NR_ugetrlimit, __NR_send, __NR_recv,
    __NR_getuid32, __NR_geteuid32, __NR_getgid32, __NR_getegid32, __NR_getresuid32, __NR_getresgid32, __NR_getgroups32,
    __NR_sigreturn, __NR_clock_gettime64, __NR_clock_settime64, __NR_clock_adjtime64, __NR_clock_getres_time64,
    __NR_clock_nanosleep_time64, __NR_futex_time64, __NR_ppoll_time64, __NR_pselect6_time64, __NR_recvmmsg_time64,
    __NR_rt_sigtimedwait_time64, __ARM_NR_cacheflush, __ARM_NR_set_tls,
#endif
};

enum { COUNT = sizeof allowed / sizeof *allowed };

int clx_confine_system_calls(void) {
    struct sock_filter refuse = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_filter load_number = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    struct sock_filter steps[2 * COUNT + 16];
    unsigned short count = 0;
    /* The numbers mean this only to callers of our own kind; those of x32 have a bit of their own, and match none. */
    steps[count++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
    steps[count++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE, 1, 0);
    steps[count++] = refuse;
    steps[count++] = load_number;
    for (unsigned index = 0; index < COUNT; index++) {
        steps[count++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, allowed[index], 0, 1);
        steps[count++] = allow;
    }
    /* A filter cannot see what clone3 is asked for: the C library falls back to clone. */
    steps[count++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_clone3, 0, 1);
    steps[count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
    /* Signals to ourselves, as simulators send them. */
    steps[count++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_kill, 0, 4);
    steps[count++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0]));
    steps[count++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)getpid(), 0, 1);
    steps[count++] = allow;
    steps[count++] = refuse;
    /* Threads, and no processes. */
    steps[count++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_clone, 0, 3);
    steps[count++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0]));
    steps[count++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 0, 1);
    steps[count++] = allow;
    steps[count++] = refuse;
    struct sock_fprog program = {.len = count, .filter = steps};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return -errno;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0 ? -errno : 0;
}

#else

int clx_confine_system_calls(void) { return -ENOSYS; }

#endif
