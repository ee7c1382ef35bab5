#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <link.h>
#include <linux/capability.h>
#include <pwd.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Signals */

static volatile int raised;

static void raise_flag(int signal) {
    /* Relaxed: the flag carries no other data. */
    __atomic_fetch_or(&raised, signal == SIGHUP ? CLX_SIGNAL_RELOAD : CLX_SIGNAL_TERMINATE, __ATOMIC_RELAXED);
}

static volatile int current_work;

static const char *const works[] = {
    "<3>timeballd: aborted while waiting\n",
    "<3>timeballd: aborted while answering requests\n",
    "<3>timeballd: aborted while reading devices\n",
    "<3>timeballd: aborted in the tick of the discipline\n",
};

void clx_note_work(enum clx_work work) { current_work = work; }

/* The watchdog's signal: one line to standard error, with the priority as journald reads it, and then as ever. */
static void tell_work(int signal) {
    const char *line = works[current_work];
    ssize_t length = write(STDERR_FILENO, line, strlen(line));
    (void)length;
    raise(signal);
}

int clx_signals_install(void) {
    /* No SA_RESTART: poll(2) has to return. */
    struct sigaction action = {.sa_handler = raise_flag};
    sigemptyset(&action.sa_mask);
    struct sigaction ignored = {.sa_handler = SIG_IGN};
    sigemptyset(&ignored.sa_mask);
    if (sigaction(SIGTERM, &action, NULL) < 0 || sigaction(SIGINT, &action, NULL) < 0) return -errno;
    struct sigaction last = {.sa_handler = tell_work, .sa_flags = SA_RESETHAND};
    sigemptyset(&last.sa_mask);
    if (sigaction(SIGABRT, &last, NULL) < 0) return -errno;
    if (sigaction(SIGHUP, &action, NULL) < 0 || sigaction(SIGPIPE, &ignored, NULL) < 0) return -errno;
    return 0;
}

int clx_signals_take(void) { return __atomic_exchange_n(&raised, 0, __ATOMIC_RELAXED); }

/* Privileges */

/* The C library exports these without declaring them; syscall(2) would abort under clknetsim. */
extern int capget(cap_user_header_t header, cap_user_data_t data);
extern int capset(cap_user_header_t header, const cap_user_data_t data);

uint64_t clx_capability_sys_time(void) { return UINT64_C(1) << CAP_SYS_TIME; }

uint64_t clx_capability_lock_memory(void) { return UINT64_C(1) << CAP_IPC_LOCK; }

uint64_t clx_capability_net_bind_service(void) { return UINT64_C(1) << CAP_NET_BIND_SERVICE; }

static int effective_capabilities(uint64_t *effective) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};
    if (capget(&header, data) < 0) return -errno;
    *effective = (uint64_t)data[1].effective << 32 | data[0].effective;
    return 0;
}

static int keep_capabilities(uint64_t kept) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};
    for (int index = 0; index < _LINUX_CAPABILITY_U32S_3; index++)
        data[index].effective = data[index].permitted = (uint32_t)(kept >> (32 * index));
    return capset(&header, data) < 0 ? -errno : 0;
}

int clx_become(uid_t user, gid_t group, const char *name, uint64_t kept) {
    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0) return -errno;
    if (initgroups(name, group) < 0) return -errno;
    if (setresgid(group, group, group) < 0 || setresuid(user, user, user) < 0) return -errno;
    int error = keep_capabilities(kept);
    if (error) return error;
    if (prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) < 0) return -errno;
    uid_t real, effective, saved;
    uint64_t capabilities;
    if (getresuid(&real, &effective, &saved) < 0) return -errno;
    error = effective_capabilities(&capabilities);
    if (error) return error;
    int is_complete = real == user && effective == user && saved == user && capabilities == kept;
    /* The way back must be shut. */
    return is_complete && (user == 0 || setuid(0) < 0) ? 0 : -EPERM;
}

int clx_user_find(const char *name, uid_t *user, gid_t *group) {
    char buffer[4096];
    struct passwd entry, *found;
    int error = getpwnam_r(name, &entry, buffer, sizeof buffer, &found);
    if (error) return -error;
    if (!found) return -ENOENT;
    *user = entry.pw_uid;
    *group = entry.pw_gid;
    return 0;
}

/* The background */

/* Ends as the child does, or with 0 once it is told that all is well. */
static void await_child(pid_t child, int descriptor) {
    char word;
    ssize_t length;
    do {
        length = read(descriptor, &word, 1);
    } while (length < 0 && errno == EINTR);
    if (length == 1) _exit(0);
    int status;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

int clx_daemonise(void) {
    int ends[2];
    if (pipe(ends) < 0) return -errno;
    pid_t child = fork();
    if (child < 0) return -errno;
    if (child > 0) {
        close(ends[1]);
        await_child(child, ends[0]);
    }
    close(ends[0]);
    (void)fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    /* The folder stays, because relative paths of the configuration are relative to it. */
    return setsid() < 0 ? -errno : ends[1];
}

int clx_daemonise_end(int descriptor) {
    int null = open("/dev/null", O_RDWR);
    if (null < 0) return -errno;
    for (int number = 0; number <= 2; number++)
        if (dup2(null, number) < 0) return -errno;
    if (null > 2) close(null);
    ssize_t length = write(descriptor, "", 1);
    close(descriptor);
    return length == 1 ? 0 : -EPIPE;
}

/* Memory */

static int release_text(struct dl_phdr_info *object, size_t size, void *unused) {
    (void)size, (void)unused;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (int index = 0; index < object->dlpi_phnum; index++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[index];
        /* Only segments that nobody writes: relocated data would come back as the file has it. */
        if (segment->p_type != PT_LOAD || segment->p_flags & PF_W) continue;
        uintptr_t start = (object->dlpi_addr + segment->p_vaddr) & ~(page - 1);
        uintptr_t end = object->dlpi_addr + segment->p_vaddr + segment->p_memsz;
        madvise((void *)start, end - start, MADV_DONTNEED);
    }
    return 0;
}

void clx_release_text(void) { dl_iterate_phdr(release_text, NULL); }
