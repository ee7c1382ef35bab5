#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>

/* A worker's frames are a few kilobytes; with mlockall(2) the rest would be held for nothing. */
enum { STACK_SIZE = 256 << 10 };

int clx_thread_start(pthread_t *thread, const char *name, void *(*body)(void *), void *context) {
    pthread_attr_t attributes;
    int error = pthread_attr_init(&attributes);
    if (error) return -error;
    error = pthread_attr_setstacksize(&attributes, STACK_SIZE);
    /* The new thread inherits the mask: signals are for the loop's poll(2). */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (!error) error = pthread_create(thread, &attributes, body, context);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (!error) (void)pthread_setname_np(*thread, name);
    return -error;
}

int clx_thread_join(pthread_t thread) { return -pthread_join(thread, NULL); }

int clx_pin(const uint32_t *cores, size_t count) {
    cpu_set_t set;
    CPU_ZERO(&set);
    for (size_t index = 0; index < count; index++) {
        if (cores[index] >= CPU_SETSIZE) return -EINVAL;
        CPU_SET(cores[index], &set);
    }
    return sched_setaffinity(0, sizeof set, &set) < 0 ? -errno : 0;
}

int clx_core_count(void) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) < 0 ? -errno : CPU_COUNT(&set);
}

int clx_core_is_allowed(uint32_t core) {
    cpu_set_t set;
    return core < CPU_SETSIZE && sched_getaffinity(0, sizeof set, &set) == 0 && CPU_ISSET(core, &set);
}

int clx_set_real_time_priority(int priority) {
    struct sched_param parameter = {.sched_priority = priority};
    return sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &parameter) < 0 ? -errno : 0;
}

int clx_lock_memory(void) {
    /* What is mapped later counts against the limit once the right to lock is dropped. */
    struct rlimit all = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    (void)setrlimit(RLIMIT_MEMLOCK, &all);
    /* Pages as they come into use: stacks and tables would be filled up to their ends otherwise. */
    return mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0 ? -errno : 0;
}

int clx_event_open(void) {
    int descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return descriptor < 0 ? -errno : descriptor;
}
