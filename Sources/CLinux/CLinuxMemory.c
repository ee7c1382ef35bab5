#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <time.h>

/* The segment of ntpd's driver 28, in the time_t of this machine. */
struct segment {
    int mode;
    int count;
    time_t reference_seconds;
    int reference_microseconds;
    time_t received_seconds;
    int received_microseconds;
    int leap;
    int precision;
    int count_of_samples;
    int valid;
    unsigned reference_nanoseconds;
    unsigned received_nanoseconds;
    int reserved[8];
};

#ifdef __LP64__
_Static_assert(sizeof(struct segment) == 96, "segment");
_Static_assert(offsetof(struct segment, reference_seconds) == 8, "clockTimeStampSec");
_Static_assert(offsetof(struct segment, received_seconds) == 24, "receiveTimeStampSec");
_Static_assert(offsetof(struct segment, leap) == 36 && offsetof(struct segment, valid) == 48, "leap, valid");
_Static_assert(offsetof(struct segment, received_nanoseconds) == 56, "receiveTimeStampNSec");
#endif

/* Mode 0 asks for no permission: the segment stays findable after privileges were dropped. */
int clx_shm_find(int key) {
    int identifier = shmget(key, 0, 0);
    return identifier < 0 ? -errno : identifier;
}

int clx_shm_create(int key, int mode) {
    int identifier = shmget(key, sizeof(struct segment), IPC_CREAT | mode);
    return identifier < 0 ? -errno : identifier;
}

int clx_shm_attach(int identifier, void **segment) {
    void *address = shmat(identifier, NULL, 0);
    if (address == (void *)-1) return -errno;
    *segment = address;
    return 0;
}

int clx_shm_detach(void *segment) { return shmdt(segment) < 0 ? -errno : 0; }

int clx_shm_remove(int identifier) { return shmctl(identifier, IPC_RMID, NULL) < 0 ? -errno : 0; }

enum clx_shm_state clx_shm_read(void *memory, struct clx_shm_sample *sample) {
    volatile struct segment *segment = memory;
    /* Acquire: the fields below are not read before the flag that publishes them. */
    if (!__atomic_load_n(&segment->valid, __ATOMIC_ACQUIRE)) return CLX_SHM_NOT_READY;
    int mode = segment->mode;
    if (mode != 0 && mode != 1) return CLX_SHM_BAD_MODE;
    int count = __atomic_load_n(&segment->count, __ATOMIC_ACQUIRE);
    sample->reference_seconds = segment->reference_seconds;
    sample->reference_microseconds = segment->reference_microseconds;
    sample->reference_nanoseconds = segment->reference_nanoseconds;
    sample->received_seconds = segment->received_seconds;
    sample->received_microseconds = segment->received_microseconds;
    sample->received_nanoseconds = segment->received_nanoseconds;
    sample->leap = segment->leap;
    sample->precision = segment->precision;
    sample->count_of_samples = segment->count_of_samples;
    /* The fields above are read before the count is compared. */
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (mode == 1 && count != __atomic_load_n(&segment->count, __ATOMIC_RELAXED)) return CLX_SHM_CLASH;
    __atomic_store_n(&segment->valid, 0, __ATOMIC_RELEASE);
    return CLX_SHM_SAMPLE;
}

void clx_shm_write(void *memory, int mode, const struct clx_shm_sample *sample) {
    volatile struct segment *segment = memory;
    __atomic_store_n(&segment->valid, 0, __ATOMIC_RELAXED);
    segment->mode = mode;
    __atomic_fetch_add(&segment->count, 1, __ATOMIC_ACQ_REL);
    /* Nobody sees a new field with the old count. */
    __atomic_thread_fence(__ATOMIC_RELEASE);
    segment->reference_seconds = sample->reference_seconds;
    segment->reference_microseconds = sample->reference_microseconds;
    segment->reference_nanoseconds = sample->reference_nanoseconds;
    segment->received_seconds = sample->received_seconds;
    segment->received_microseconds = sample->received_microseconds;
    segment->received_nanoseconds = sample->received_nanoseconds;
    segment->leap = sample->leap;
    segment->precision = sample->precision;
    segment->count_of_samples = sample->count_of_samples;
    __atomic_fetch_add(&segment->count, 1, __ATOMIC_RELEASE);
    /* Release: whoever sees the flag sees the fields. */
    __atomic_store_n(&segment->valid, 1, __ATOMIC_RELEASE);
}
