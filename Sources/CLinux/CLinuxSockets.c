#define _GNU_SOURCE
#include "CLinux.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/net_tstamp.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/ip.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

_Static_assert(sizeof(struct clx_sock_sample) == 40, "sock_sample");
#ifdef __LP64__
_Static_assert(sizeof(struct timeval) == 16, "timeval");
#endif

/* Addresses */

int clx_address_parse(struct clx_address *address, const char *text, uint16_t port) {
    memset(address, 0, sizeof *address);
    struct sockaddr_in *four = (struct sockaddr_in *)&address->storage;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&address->storage;
    if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons(port);
        address->length = sizeof *four;
        return 0;
    }
    char numeric[INET6_ADDRSTRLEN];
    const char *zone = strchr(text, '%');
    size_t length = zone ? (size_t)(zone - text) : strlen(text);
    if (length >= sizeof numeric) return -EINVAL;
    memcpy(numeric, text, length);
    numeric[length] = 0;
    if (inet_pton(AF_INET6, numeric, &six->sin6_addr) != 1) return -EINVAL;
    if (zone && !(six->sin6_scope_id = if_nametoindex(zone + 1))) return -ENODEV;
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(port);
    address->length = sizeof *six;
    return 0;
}

static uint64_t word(const uint8_t *bytes) {
    uint64_t value = 0;
    for (int index = 0; index < 8; index++) value = value << 8 | bytes[index];
    return value;
}

void clx_address_words(const struct clx_address *address, uint64_t *high, uint64_t *low) {
    const struct sockaddr_in *four = (const struct sockaddr_in *)&address->storage;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&address->storage;
    *high = *low = 0;
    if (address->storage.ss_family == AF_INET) {
        *low = 0xffff00000000 | ntohl(four->sin_addr.s_addr);
    } else if (address->storage.ss_family == AF_INET6) {
        *high = word(six->sin6_addr.s6_addr);
        *low = word(six->sin6_addr.s6_addr + 8);
    }
}

uint16_t clx_address_port(const struct clx_address *address) {
    if (address->storage.ss_family == AF_INET) return ntohs(((const struct sockaddr_in *)&address->storage)->sin_port);
    if (address->storage.ss_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)&address->storage)->sin6_port);
    return 0;
}

/* UDP */

static int prepare(int descriptor) {
    if (descriptor < 0) return -errno;
    int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0 || fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) < 0) {
        int error = errno;
        close(descriptor);
        return -error;
    }
    /* clknetsim does not know it; a daemon that starts nothing loses nothing. */
    (void)fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    return descriptor;
}

/* A plain type and fcntl, not SOCK_NONBLOCK: clknetsim refuses the flags. */
int clx_udp_open(int family) { return prepare(socket(family, SOCK_DGRAM, 0)); }

static void set(int descriptor, int level, int option, int value) {
    (void)setsockopt(descriptor, level, option, &value, sizeof value);
}

void clx_udp_stamp_arrivals(int descriptor) {
    /* Without the flags that stamp departures: those are asked for with single datagrams. */
    int flags = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE;
    if (setsockopt(descriptor, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof flags) < 0)
        set(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, 1);
}

int clx_udp_stamp_by_hardware(int descriptor) {
    /* TX_SWHW (Linux 4.13): the kernel's stamp of a departure comes too, and proves the card's. CMSG and PKTINFO: by which
     * interface a packet came or left. */
    int flags = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_RAW_HARDWARE
        | SOF_TIMESTAMPING_RX_HARDWARE | SOF_TIMESTAMPING_OPT_CMSG | SOF_TIMESTAMPING_OPT_PKTINFO
        | SOF_TIMESTAMPING_OPT_TX_SWHW;
    return setsockopt(descriptor, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof flags) < 0 ? -errno : 0;
}

static int is_wildcard(const struct clx_address *address) {
    return address->storage.ss_family == AF_INET6
        ? IN6_IS_ADDR_UNSPECIFIED(&((const struct sockaddr_in6 *)&address->storage)->sin6_addr)
        : ((const struct sockaddr_in *)&address->storage)->sin_addr.s_addr == INADDR_ANY;
}

void clx_udp_set_server_options(int descriptor, const struct clx_address *address, int dscp, int wants_interface) {
    clx_udp_stamp_arrivals(descriptor);
    int wants_destination = wants_interface || is_wildcard(address);
    /* How many datagrams the kernel had to drop comes with those that it did not. */
    set(descriptor, SOL_SOCKET, SO_RXQ_OVFL, 1);
    /* Replies are never so long as to be cut: without leave to, the kernel need not number them for it. */
    if (address->storage.ss_family == AF_INET) set(descriptor, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
    if (address->storage.ss_family == AF_INET6) {
        set(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 1);
        set(descriptor, IPPROTO_IPV6, IPV6_TCLASS, dscp << 2);
        if (wants_destination) set(descriptor, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    } else {
        set(descriptor, IPPROTO_IP, IP_TOS, dscp << 2);
        if (wants_destination) set(descriptor, IPPROTO_IP, IP_PKTINFO, 1);
    }
}

int clx_bind(int descriptor, const struct clx_address *address) {
    return bind(descriptor, (const struct sockaddr *)&address->storage, address->length) < 0 ? -errno : 0;
}

int clx_udp_share_port(int descriptor) {
    int on = 1;
    return setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) < 0 ? -errno : 0;
}

/* One word of the source address, masked, mixed into the accumulator's hash, which is kept in X. */
static int mix(struct sock_filter *step, uint32_t offset, uint32_t mask, uint32_t secret) {
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_NET_OFF + offset), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask),
        BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0), BPF_STMT(BPF_ALU | BPF_XOR | BPF_K, secret),
        BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, secret | 1),
        BPF_STMT(BPF_MISC | BPF_TAX, 0),
    };
    memcpy(step, steps, sizeof steps);
    return sizeof steps / sizeof *steps;
}

int clx_udp_steer(int descriptor, int family, unsigned prefix, uint32_t secret, unsigned sockets) {
    struct sock_filter steps[40] = {BPF_STMT(BPF_LDX | BPF_IMM, 0)};
    int count = 1;
    for (unsigned word = 0; word < (family == AF_INET6 ? 4 : 1); word++) {
        unsigned bits = prefix > 32 * word ? prefix - 32 * word : 0;
        uint32_t mask = bits >= 32 ? UINT32_MAX : ~(UINT32_MAX >> bits);
        count += mix(steps + count, (family == AF_INET6 ? 8 : 12) + 4 * word, mask, secret);
    }
    /* Whitened, because the high bits of a product know little of the low bits of its factors; then scaled to 0 ... n-1. */
    struct sock_filter choice[] = {
        BPF_STMT(BPF_MISC | BPF_TXA, 0), BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 16), BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0),
        BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, 0x85ebca6b), BPF_STMT(BPF_MISC | BPF_TAX, 0),
        BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 13), BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0),
        BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, 0xc2b2ae35), BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 16),
        BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, sockets), BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 16),
        BPF_STMT(BPF_RET | BPF_A, 0),
    };
    memcpy(steps + count, choice, sizeof choice);
    struct sock_fprog program = {.len = (unsigned short)(count + sizeof choice / sizeof *choice), .filter = steps};
    int outcome = setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program);
    return outcome < 0 ? -errno : 0;
}

int clx_udp_connect(const char *host, uint16_t port, int family) {
    char service[8];
    snprintf(service, sizeof service, "%u", port);
    struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_DGRAM}, *list;
    int code = getaddrinfo(host, service, &hints, &list);
    if (code) return -10000 - (code < 0 ? -code : code);
    int outcome = -EADDRNOTAVAIL;
    for (struct addrinfo *entry = list; entry && outcome < 0; entry = entry->ai_next) {
        int descriptor = clx_udp_open(entry->ai_family);
        outcome = descriptor;
        if (descriptor >= 0) clx_udp_stamp_arrivals(descriptor);
        if (descriptor >= 0 && connect(descriptor, entry->ai_addr, entry->ai_addrlen) < 0) {
            outcome = -errno;
            close(descriptor);
        }
    }
    freeaddrinfo(list);
    return outcome;
}

/* Unix sockets */

static int unix_address(struct sockaddr_un *address, const char *path) {
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof address->sun_path) return -ENAMETOOLONG;
    strcpy(address->sun_path, path);
    return 0;
}

int clx_unix_connect(int type, const char *path) {
    struct sockaddr_un address;
    int error = unix_address(&address, path);
    if (error) return error;
    int descriptor = prepare(socket(AF_UNIX, type, 0));
    if (descriptor >= 0 && connect(descriptor, (struct sockaddr *)&address, sizeof address) < 0) {
        error = -errno;
        close(descriptor);
        return error;
    }
    return descriptor;
}

/* Whether a path is a socket that nobody serves any more. */
static int is_stale(int type, const char *path) {
    struct stat status;
    if (lstat(path, &status) < 0 || !S_ISSOCK(status.st_mode)) return 0;
    int descriptor = clx_unix_connect(type, path);
    if (descriptor >= 0) close(descriptor);
    return descriptor == -ECONNREFUSED;
}

int clx_unix_bind(int type, const char *path, unsigned permissions) {
    struct sockaddr_un address;
    int error = unix_address(&address, path);
    if (error) return error;
    int descriptor = prepare(socket(AF_UNIX, type, 0));
    if (descriptor < 0) return descriptor;
    if (is_stale(type, path)) unlink(path);
    if (bind(descriptor, (struct sockaddr *)&address, sizeof address) < 0) {
        error = -errno;
    } else if (chmod(path, permissions) < 0) {
        error = -errno;
        unlink(path);
    }
    if (error) close(descriptor);
    return error ? error : descriptor;
}

int clx_stream_connect(const struct clx_address *address) {
    int descriptor = prepare(socket(address->storage.ss_family, SOCK_STREAM, 0));
    if (descriptor < 0 || connect(descriptor, (const struct sockaddr *)&address->storage, address->length) == 0
        || errno == EINPROGRESS || errno == EINTR)
        return descriptor;
    int error = -errno;
    close(descriptor);
    return error;
}

int clx_stream_outcome(int descriptor) {
    struct pollfd entry = {.fd = descriptor, .events = POLLOUT};
    if (poll(&entry, 1, 0) == 0) return -EINPROGRESS;
    int error = 0;
    socklen_t length = sizeof error;
    return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length) < 0 ? -errno : -error;
}

int clx_unix_user(int descriptor, uid_t *user) {
    struct ucred peer;
    socklen_t length = sizeof peer;
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0) return -errno;
    *user = peer.uid;
    return 0;
}

int clx_accept(int descriptor) { return prepare(accept(descriptor, NULL, NULL)); }

ssize_t clx_sock_receive(int descriptor, struct clx_sock_sample *sample) {
    ssize_t length;
    do {
        /* MSG_TRUNC: the true length, also of a datagram that is too long. */
        length = recv(descriptor, sample, sizeof *sample, MSG_DONTWAIT | MSG_TRUNC);
    } while (length < 0 && errno == EINTR);
    return length < 0 ? -errno : length;
}

int clx_sock_send(int descriptor, const struct clx_sock_sample *sample) {
    return send(descriptor, sample, sizeof *sample, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}
