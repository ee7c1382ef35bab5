#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/net_tstamp.h>
#include <linux/ptp_clock.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

_Static_assert(sizeof(struct ptp_sys_offset_extended) == 1216, "ptp_sys_offset_extended");
_Static_assert(sizeof(struct ptp_sys_offset_precise) == 64, "ptp_sys_offset_precise");
_Static_assert((int)CLX_CLOCK_READINGS == (int)PTP_MAX_SAMPLES, "ptp_sys_offset");
_Static_assert(sizeof(struct ptp_extts_event) == 32 && sizeof(struct ptp_extts_request) == 16, "ptp_extts");
_Static_assert(PTP_EXTTS_REQUEST2 == 0x40103d0b && PTP_PIN_SETFUNC2 == 0x40603d10, "ptp requests");

/* Asks an interface; `data` is what the request takes. */
static int ask(int socket, const char *interface, unsigned long request, void *data, struct ifreq *answer) {
    struct ifreq own;
    if (!answer) answer = &own;
    memset(answer, 0, sizeof *answer);
    if (strlen(interface) >= sizeof answer->ifr_name) return -ENODEV;
    strcpy(answer->ifr_name, interface);
    if (data) answer->ifr_data = data;
    return ioctl(socket, request, answer) < 0 ? -errno : 0;
}

int clx_card_find(int socket, const char *interface, struct clx_card *card) {
    struct ifreq number;
    int error = ask(socket, interface, SIOCGIFINDEX, NULL, &number);
    if (error) return error;
    struct ethtool_ts_info info = {.cmd = ETHTOOL_GET_TS_INFO};
    error = ask(socket, interface, SIOCETHTOOL, &info, NULL);
    if (error) return error;
    const uint32_t needed = SOF_TIMESTAMPING_TX_HARDWARE | SOF_TIMESTAMPING_RAW_HARDWARE;
    if ((info.so_timestamping & needed) != needed || info.phc_index < 0) return -EOPNOTSUPP;
    *card = (struct clx_card){.interface = (uint32_t)number.ifr_ifindex, .clock = info.phc_index};
    if (info.so_timestamping & SOF_TIMESTAMPING_RX_HARDWARE) card->receive_filters = info.rx_filters;
    return 0;
}

int clx_card_filter(enum clx_card_filter filter) {
    switch (filter) {
    case CLX_FILTER_NONE: return HWTSTAMP_FILTER_NONE;
    case CLX_FILTER_ALL: return HWTSTAMP_FILTER_ALL;
    case CLX_FILTER_NTP: return HWTSTAMP_FILTER_NTP_ALL;
    case CLX_FILTER_PTP_UDP: return HWTSTAMP_FILTER_PTP_V2_L4_EVENT;
    case CLX_FILTER_PTP: return HWTSTAMP_FILTER_PTP_V2_EVENT;
    }
    return HWTSTAMP_FILTER_NONE;
}

int clx_card_stamp(int socket, const char *interface, enum clx_card_filter filter) {
    struct hwtstamp_config wanted = {.tx_type = HWTSTAMP_TX_ON, .rx_filter = clx_card_filter(filter)};
    struct hwtstamp_config config = wanted;
    int error = ask(socket, interface, SIOCSHWTSTAMP, &config, NULL);
    if (!error) return 0;
    /* Without the right to it, what another program has set will do. */
    config = (struct hwtstamp_config){0};
    if (ask(socket, interface, SIOCGHWTSTAMP, &config, NULL) < 0) return error;
    int is_enough = config.tx_type == HWTSTAMP_TX_ON
        && (config.rx_filter == wanted.rx_filter || config.rx_filter == HWTSTAMP_FILTER_ALL);
    return is_enough ? 0 : error;
}

int clx_card_speed(int socket, const char *interface) {
    struct ethtool_cmd command = {.cmd = ETHTOOL_GSET};
    int error = ask(socket, interface, SIOCETHTOOL, &command, NULL);
    if (error) return error;
    uint32_t speed = ethtool_cmd_speed(&command);
    return speed > INT32_MAX ? 0 : (int)speed;
}

/* A card may be set to any time: what does not fit wraps. */
static int64_t nanoseconds(const struct ptp_clock_time *time) {
    return (int64_t)((uint64_t)time->sec * 1000000000 + time->nsec);
}

static int read_precise(int descriptor, struct clx_clock_reading *readings) {
    struct ptp_sys_offset_precise offset;
    memset(&offset, 0, sizeof offset);
    if (ioctl(descriptor, PTP_SYS_OFFSET_PRECISE, &offset) < 0) return -errno;
    int64_t system = nanoseconds(&offset.sys_realtime);
    readings[0] = (struct clx_clock_reading){.card = nanoseconds(&offset.device), .before = system, .after = system};
    return 1;
}

static int read_extended(int descriptor, int count, struct clx_clock_reading *readings) {
    struct ptp_sys_offset_extended offset;
    memset(&offset, 0, sizeof offset);
    offset.n_samples = (unsigned)count;
    if (ioctl(descriptor, PTP_SYS_OFFSET_EXTENDED, &offset) < 0) return -errno;
    for (int index = 0; index < count; index++)
        readings[index] = (struct clx_clock_reading){
            .card = nanoseconds(&offset.ts[index][1]), .before = nanoseconds(&offset.ts[index][0]),
            .after = nanoseconds(&offset.ts[index][2]),
        };
    return count;
}

static int read_plain(int descriptor, int count, struct clx_clock_reading *readings) {
    struct ptp_sys_offset offset;
    memset(&offset, 0, sizeof offset);
    offset.n_samples = (unsigned)count;
    if (ioctl(descriptor, PTP_SYS_OFFSET, &offset) < 0) return -errno;
    /* System, card, system, card, ... system. */
    for (int index = 0; index < count; index++)
        readings[index] = (struct clx_clock_reading){
            .card = nanoseconds(&offset.ts[2 * index + 1]), .before = nanoseconds(&offset.ts[2 * index]),
            .after = nanoseconds(&offset.ts[2 * index + 2]),
        };
    return count;
}

int clx_clock_read(int descriptor, enum clx_clock_method method, int count, struct clx_clock_reading *readings) {
    if (count < 1 || count > CLX_CLOCK_READINGS) return -EINVAL;
    switch (method) {
    case CLX_CLOCK_PRECISE: return read_precise(descriptor, readings);
    case CLX_CLOCK_EXTENDED: return read_extended(descriptor, count, readings);
    case CLX_CLOCK_PLAIN: return read_plain(descriptor, count, readings);
    }
    return -EINVAL;
}

int clx_clock_inputs(int descriptor, int *channels, int *pins) {
    struct ptp_clock_caps capabilities = {0};
    if (ioctl(descriptor, PTP_CLOCK_GETCAPS, &capabilities) < 0) return -errno;
    *channels = capabilities.n_ext_ts;
    *pins = capabilities.n_pins;
    return 0;
}

int clx_clock_assign_pin(int descriptor, unsigned pin, unsigned channel) {
    struct ptp_pin_desc assignment = {.index = pin, .func = PTP_PF_EXTTS, .chan = channel};
    if (ioctl(descriptor, PTP_PIN_SETFUNC2, &assignment) == 0) return 0;
    if (errno != ENOTTY && errno != EINVAL) return -errno;
    /* Before Linux 5.5. */
    return ioctl(descriptor, PTP_PIN_SETFUNC, &assignment) < 0 ? -errno : 0;
}

int clx_clock_stamp_edges(int descriptor, unsigned channel, int is_falling) {
    unsigned wanted = PTP_ENABLE_FEATURE | (is_falling ? PTP_FALLING_EDGE : PTP_RISING_EDGE);
    /* With strict flags a driver says no where it would stamp others than those asked for. */
    const unsigned strict[] = {wanted, PTP_ENABLE_FEATURE | PTP_EXTTS_EDGES};
    for (int index = 0; index < 2; index++) {
        struct ptp_extts_request request = {.index = channel, .flags = strict[index] | PTP_STRICT_FLAGS};
        if (ioctl(descriptor, PTP_EXTTS_REQUEST2, &request) == 0) return 0;
        if (errno != EOPNOTSUPP && errno != EINVAL && errno != ENOTTY) return -errno;
    }
    struct ptp_extts_request request = {.index = channel, .flags = wanted};
    return ioctl(descriptor, PTP_EXTTS_REQUEST, &request) < 0 ? -errno : 0;
}

int clx_clock_stamp_nothing(int descriptor, unsigned channel) {
    struct ptp_extts_request request = {.index = channel};
    return ioctl(descriptor, PTP_EXTTS_REQUEST, &request) < 0 ? -errno : 0;
}

int clx_clock_take_edges(int descriptor, struct clx_clock_edge *edges) {
    /* Before Linux 6.7 a read waits, whatever O_NONBLOCK says. */
    struct pollfd look = {.fd = descriptor, .events = POLLIN};
    if (poll(&look, 1, 0) <= 0) return 0;
    struct ptp_extts_event events[CLX_CLOCK_EDGES];
    memset(events, 0, sizeof events);
    ssize_t length;
    do {
        length = read(descriptor, events, sizeof events);
    } while (length < 0 && errno == EINTR);
    if (length < 0) return errno == EAGAIN ? 0 : -errno;
    /* What is readable and has nothing is not there any more. */
    if (length == 0) return -ENODEV;
    int count = (int)((size_t)length / sizeof *events);
    for (int index = 0; index < count; index++)
        edges[index] = (struct clx_clock_edge){
            .seconds = events[index].t.sec, .nanoseconds = events[index].t.nsec, .channel = events[index].index,
        };
    return count;
}
