#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/pps.h>
#include <linux/serial.h>
#include <linux/tty.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <syslog.h>
#include <unistd.h>

static int result(int value) { return value < 0 ? -errno : value; }

/* Serial ports and pseudo-terminals */

int clx_tty_set_exclusive(int descriptor, int is_exclusive) {
    return result(ioctl(descriptor, is_exclusive ? TIOCEXCL : TIOCNXCL));
}

int clx_tty_set_low_latency(int descriptor) {
    struct serial_struct serial;
    if (ioctl(descriptor, TIOCGSERIAL, &serial) < 0) return -errno;
    serial.flags |= ASYNC_LOW_LATENCY;
    return result(ioctl(descriptor, TIOCSSERIAL, &serial));
}

int clx_tty_attach_pulse_discipline(int descriptor) {
    int discipline = N_PPS;
    return result(ioctl(descriptor, TIOCSETD, &discipline));
}

int clx_pty_open(char *name, size_t capacity) {
    int descriptor = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (descriptor < 0) return -errno;
    int error = grantpt(descriptor) < 0 || unlockpt(descriptor) < 0 ? errno : 0;
    if (!error) error = ptsname_r(descriptor, name, capacity);
    if (error) {
        close(descriptor);
        return -error;
    }
    return descriptor;
}

/* Kernel PPS */

_Static_assert(sizeof(struct pps_ktime) == 16, "pps_ktime");
_Static_assert(sizeof(struct pps_kinfo) == 48 && offsetof(struct pps_kinfo, clear_tu) == 24, "pps_kinfo");
_Static_assert(sizeof(struct pps_kparams) == 40 && offsetof(struct pps_kparams, mode) == 4, "pps_kparams");
_Static_assert(sizeof(struct pps_fdata) == 64 && offsetof(struct pps_fdata, timeout) == 48, "pps_fdata");
#ifdef __LP64__
/* The numbers encode the size of a pointer, not of the structure. */
_Static_assert(PPS_GETPARAMS == 0x800870a1 && PPS_SETPARAMS == 0x400870a2, "PPS parameters");
_Static_assert(PPS_GETCAP == 0x800870a3 && PPS_FETCH == 0xc00870a4, "PPS fetch");
#endif

int clx_pps_capabilities(int descriptor, int *modes) { return result(ioctl(descriptor, PPS_GETCAP, modes)); }

int clx_pps_mode(int descriptor, int *mode) {
    struct pps_kparams parameters = {0};
    if (ioctl(descriptor, PPS_GETPARAMS, &parameters) < 0) return -errno;
    *mode = parameters.mode;
    return 0;
}

int clx_pps_capture(int descriptor, int clear_edge) {
    /* Exactly these bits: clknetsim takes no others. */
    return clx_pps_set_mode(descriptor, clear_edge ? PPS_CAPTURECLEAR : PPS_CAPTUREASSERT);
}

int clx_pps_set_mode(int descriptor, int mode) {
    struct pps_kparams parameters = {.api_version = PPS_API_VERS, .mode = mode | PPS_TSFMT_TSPEC};
    return result(ioctl(descriptor, PPS_SETPARAMS, &parameters));
}

int clx_pps_fetch(int descriptor, int clear_edge, struct clx_pulse *pulse) {
    struct pps_fdata data;
    memset(&data, 0, sizeof data);
    if (ioctl(descriptor, PPS_FETCH, &data) < 0) return -errno;
    const struct pps_ktime *edge = clear_edge ? &data.info.clear_tu : &data.info.assert_tu;
    pulse->sequence = clear_edge ? data.info.clear_sequence : data.info.assert_sequence;
    pulse->seconds = edge->sec;
    pulse->nanoseconds = edge->nsec;
    return 0;
}

/* Odds and ends */

int clx_lock(int descriptor) { return result(flock(descriptor, LOCK_EX | LOCK_NB)); }

int clx_random(uint64_t *bits) {
    ssize_t length;
    do {
        length = getrandom(bits, sizeof *bits, 0);
    } while (length < 0 && errno == EINTR);
    if (length < 0) return -errno;
    return length == sizeof *bits ? 0 : -EIO;
}

void clx_syslog(int priority, const char *line) { syslog(LOG_DAEMON | priority, "%s", line); }
