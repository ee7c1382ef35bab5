#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Room for every message asked for, twice: clknetsim aborts where it is short. */
enum { CONTROL_RECEIVED = 256 };
/* A source address and a wish for a stamp. */
enum { CONTROL_SENT = CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(uint32_t)) };

struct received {
    struct iovec vector;
    _Alignas(struct cmsghdr) char control[CONTROL_RECEIVED];
};

struct sent {
    /* Which datagram it answers. */
    int index;
    struct iovec vector;
    _Alignas(struct cmsghdr) char control[CONTROL_SENT];
};

struct clx_batch {
    int capacity;
    /* How many of the headers the last receipt has changed. */
    int used;
    struct clx_datagram *datagrams;
    uint8_t *bytes;
    struct mmsghdr *receipts, *replies;
    struct received *received;
    struct sent *sent;
};

static void prepare_receipt(struct clx_batch *batch, int index) {
    struct msghdr *header = &batch->receipts[index].msg_hdr;
    header->msg_name = &batch->datagrams[index].info.peer.storage;
    header->msg_namelen = sizeof batch->datagrams[index].info.peer.storage;
    header->msg_iov = &batch->received[index].vector;
    header->msg_iovlen = 1;
    header->msg_control = batch->received[index].control;
    header->msg_controllen = sizeof batch->received[index].control;
    batch->received[index].vector =
        (struct iovec){.iov_base = batch->datagrams[index].bytes, .iov_len = CLX_DATAGRAM_SIZE};
}

void clx_batch_destroy(struct clx_batch *batch) {
    if (!batch) return;
    free(batch->datagrams);
    free(batch->bytes);
    free(batch->receipts);
    free(batch->replies);
    free(batch->received);
    free(batch->sent);
    free(batch);
}

struct clx_batch *clx_batch_create(int capacity) {
    struct clx_batch *batch = calloc(1, sizeof *batch);
    if (!batch) return NULL;
    batch->capacity = capacity;
    batch->datagrams = calloc((size_t)capacity, sizeof *batch->datagrams);
    batch->bytes = calloc((size_t)capacity, CLX_DATAGRAM_SIZE);
    batch->receipts = calloc((size_t)capacity, sizeof *batch->receipts);
    batch->replies = calloc((size_t)capacity, sizeof *batch->replies);
    batch->received = calloc((size_t)capacity, sizeof *batch->received);
    batch->sent = calloc((size_t)capacity, sizeof *batch->sent);
    if (!batch->datagrams || !batch->bytes || !batch->receipts || !batch->replies || !batch->received || !batch->sent) {
        clx_batch_destroy(batch);
        return NULL;
    }
    for (int index = 0; index < capacity; index++)
        batch->datagrams[index].bytes = batch->bytes + (size_t)index * CLX_DATAGRAM_SIZE;
    batch->used = capacity;
    return batch;
}

struct clx_datagram *clx_batch_datagrams(struct clx_batch *batch) { return batch->datagrams; }

static uint64_t word(const uint8_t *bytes) {
    uint64_t value = 0;
    for (int index = 0; index < 8; index++) value = value << 8 | bytes[index];
    return value;
}

static int64_t nanoseconds(const struct timespec *stamp) {
    return (int64_t)stamp->tv_sec * 1000000000 + stamp->tv_nsec;
}

static void read_control(struct msghdr *message, struct clx_datagram_info *info) {
    info->local_family = 0;
    info->local_interface = 0;
    info->received = 0;
    info->hardware_received = 0;
    info->stamp_interface = 0;
    info->frame_length = 0;
    info->arrival_interface = 0;
    info->is_group = 0;
    info->dropped = 0;
    info->is_truncated = (message->msg_flags & MSG_TRUNC) != 0;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_TIMESTAMPING) {
            struct timespec stamps[3];
            memcpy(stamps, CMSG_DATA(header), sizeof stamps);
            info->received = nanoseconds(&stamps[0]);
            info->hardware_received = nanoseconds(&stamps[2]);
        } else if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_TIMESTAMPING_PKTINFO) {
            struct scm_ts_pktinfo frame;
            memcpy(&frame, CMSG_DATA(header), sizeof frame);
            info->stamp_interface = frame.if_index;
            info->frame_length = frame.pkt_length;
        } else if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SO_RXQ_OVFL) {
            memcpy(&info->dropped, CMSG_DATA(header), sizeof info->dropped);
        } else if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec stamp;
            memcpy(&stamp, CMSG_DATA(header), sizeof stamp);
            info->received = nanoseconds(&stamp);
        } else if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo packet;
            memcpy(&packet, CMSG_DATA(header), sizeof packet);
            info->local_family = AF_INET;
            info->local4 = packet.ipi_spec_dst;
            info->arrival_interface = (uint32_t)packet.ipi_ifindex;
            info->is_group = packet.ipi_addr.s_addr != packet.ipi_spec_dst.s_addr;
            info->group_high = 0;
            info->group_low = 0xffff00000000 | ntohl(packet.ipi_addr.s_addr);
        } else if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo packet;
            memcpy(&packet, CMSG_DATA(header), sizeof packet);
            info->arrival_interface = packet.ipi6_ifindex;
            info->is_group = IN6_IS_ADDR_MULTICAST(&packet.ipi6_addr);
            info->group_high = word(packet.ipi6_addr.s6_addr);
            info->group_low = word(packet.ipi6_addr.s6_addr + 8);
            if (info->is_group) continue;
            info->local_family = AF_INET6;
            info->local6 = packet.ipi6_addr;
            info->local_interface = IN6_IS_ADDR_LINKLOCAL(&packet.ipi6_addr) ? packet.ipi6_ifindex : 0;
        }
    }
}

ssize_t clx_receive(int descriptor, void *bytes, size_t capacity, struct clx_datagram_info *info) {
    _Alignas(struct cmsghdr) char control[CONTROL_RECEIVED];
    struct iovec vector = {.iov_base = bytes, .iov_len = capacity};
    struct msghdr message = {
        .msg_name = &info->peer.storage, .msg_namelen = sizeof info->peer.storage, .msg_iov = &vector,
        .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control,
    };
    ssize_t length;
    do {
        length = recvmsg(descriptor, &message, MSG_DONTWAIT);
    } while (length < 0 && errno == EINTR);
    if (length < 0) return -errno;
    info->peer.length = message.msg_namelen;
    read_control(&message, info);
    return length;
}

static int receive_one(struct clx_datagram *datagram, int descriptor) {
    ssize_t length = clx_receive(descriptor, datagram->bytes, CLX_DATAGRAM_SIZE, &datagram->info);
    if (length < 0) return (int)length;
    datagram->length = (uint32_t)length;
    datagram->reply_length = 0;
    datagram->wants_stamp = 0;
    return 1;
}

int clx_batch_receive(struct clx_batch *batch, int descriptor) {
    if (batch->capacity == 1) return receive_one(batch->datagrams, descriptor);
    for (int index = 0; index < batch->used; index++) prepare_receipt(batch, index);
    int count;
    do {
        count = recvmmsg(descriptor, batch->receipts, (unsigned)batch->capacity, MSG_DONTWAIT, NULL);
    } while (count < 0 && errno == EINTR);
    /* A refused receipt may have changed the first header. */
    batch->used = count < 0 ? 1 : count;
    if (count < 0) return -errno;
    for (int index = 0; index < count; index++) {
        struct clx_datagram *datagram = &batch->datagrams[index];
        struct msghdr *header = &batch->receipts[index].msg_hdr;
        datagram->length = batch->receipts[index].msg_len;
        datagram->reply_length = 0;
        datagram->wants_stamp = 0;
        datagram->info.peer.length = header->msg_namelen;
        read_control(header, &datagram->info);
    }
    return count;
}

/* Writes a control message and returns how many bytes it takes. */
static size_t put_control(char *place, int level, int type, const void *content, size_t size) {
    struct cmsghdr *header = (struct cmsghdr *)place;
    header->cmsg_level = level;
    header->cmsg_type = type;
    header->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(header), content, size);
    return CMSG_SPACE(size);
}

static size_t put_source(char *place, const struct clx_datagram_info *info) {
    if (info->local_family == AF_INET) {
        struct in_pktinfo packet = {.ipi_spec_dst = info->local4};
        return put_control(place, IPPROTO_IP, IP_PKTINFO, &packet, sizeof packet);
    }
    if (info->local_family == AF_INET6) {
        struct in6_pktinfo packet = {.ipi6_addr = info->local6, .ipi6_ifindex = info->local_interface};
        return put_control(place, IPPROTO_IPV6, IPV6_PKTINFO, &packet, sizeof packet);
    }
    return 0;
}

static void prepare_reply(
    struct msghdr *header, struct sent *sent, struct clx_datagram *datagram, uint32_t stamps) {
    size_t length = put_source(sent->control, &datagram->info);
    if (datagram->wants_stamp)
        length += put_control(sent->control + length, SOL_SOCKET, SO_TIMESTAMPING, &stamps, sizeof stamps);
    sent->vector = (struct iovec){.iov_base = datagram->bytes, .iov_len = datagram->reply_length};
    *header = (struct msghdr){
        .msg_name = &datagram->info.peer.storage, .msg_namelen = datagram->info.peer.length,
        .msg_iov = &sent->vector, .msg_iovlen = 1, .msg_control = length ? sent->control : NULL,
        .msg_controllen = length,
    };
}

void clx_batch_send(struct clx_batch *batch, int descriptor, int first, int count, uint32_t stamps) {
    int ready = 0;
    for (int index = first; index < first + count; index++) {
        if (!batch->datagrams[index].reply_length) continue;
        prepare_reply(&batch->replies[ready].msg_hdr, &batch->sent[ready], &batch->datagrams[index], stamps);
        batch->sent[ready++].index = index;
    }
    for (int done = 0; done < ready;) {
        int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
        int sent = batch->capacity > 1 ? sendmmsg(descriptor, batch->replies + done, (unsigned)(ready - done), flags)
            : sendmsg(descriptor, &batch->replies[done].msg_hdr, flags) < 0 ? -1 : 1;
        if (sent > 0) {
            done += sent;
        } else if (errno != EINTR) {
            /* A reply that cannot be sent holds up none of the others. */
            batch->datagrams[batch->sent[done++].index].reply_length = 0;
        }
    }
}

int clx_take_departure(int descriptor, uint8_t *bytes, size_t capacity, struct clx_departure *departure) {
    _Alignas(struct cmsghdr) char control[512];
    struct iovec vector = {.iov_base = bytes, .iov_len = capacity};
    struct msghdr message = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control,
    };
    ssize_t length = recvmsg(descriptor, &message, MSG_ERRQUEUE | MSG_DONTWAIT);
    if (length < 0) return -errno;
    *departure = (struct clx_departure){0};
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_TIMESTAMPING) {
            struct timespec stamps[3];
            memcpy(stamps, CMSG_DATA(header), sizeof stamps);
            departure->sent = nanoseconds(&stamps[0]);
            departure->hardware_sent = nanoseconds(&stamps[2]);
        } else if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo packet;
            memcpy(&packet, CMSG_DATA(header), sizeof packet);
            departure->interface = (uint32_t)packet.ipi_ifindex;
        } else if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo packet;
            memcpy(&packet, CMSG_DATA(header), sizeof packet);
            departure->interface = packet.ipi6_ifindex;
        }
    }
    return (int)length;
}

int clx_join_group(int descriptor, const struct clx_address *group, uint32_t interface) {
    struct group_req request = {.gr_interface = interface, .gr_group = group->storage};
    int level = group->storage.ss_family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;
    return setsockopt(descriptor, level, MCAST_JOIN_GROUP, &request, sizeof request) < 0 ? -errno : 0;
}

int clx_interface_index(const char *name, uint32_t *index) {
    *index = if_nametoindex(name);
    return *index ? 0 : -errno;
}

uint32_t clx_departure_stamps(int by_hardware) {
    return SOF_TIMESTAMPING_TX_SOFTWARE | (by_hardware ? SOF_TIMESTAMPING_TX_HARDWARE : 0);
}

int clx_send_group(int descriptor, const struct clx_address *destination, uint32_t interface, int hops,
                   const void *bytes, size_t length, uint32_t stamps) {
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct in6_pktinfo)) + 2 * CMSG_SPACE(sizeof(int))] = {0};
    int is_ipv6 = destination->storage.ss_family == AF_INET6;
    size_t used = put_control(control, SOL_SOCKET, SO_TIMESTAMPING, &stamps, sizeof stamps);
    used += put_control(
        control + used, is_ipv6 ? IPPROTO_IPV6 : IPPROTO_IP, is_ipv6 ? IPV6_HOPLIMIT : IP_TTL, &hops, sizeof hops);
    if (interface) {
        struct in_pktinfo four = {.ipi_ifindex = (int)interface};
        struct in6_pktinfo six = {.ipi6_ifindex = interface};
        used += is_ipv6 ? put_control(control + used, IPPROTO_IPV6, IPV6_PKTINFO, &six, sizeof six)
            : put_control(control + used, IPPROTO_IP, IP_PKTINFO, &four, sizeof four);
    }
    struct iovec vector = {.iov_base = (void *)bytes, .iov_len = length};
    struct msghdr message = {
        .msg_name = (void *)&destination->storage, .msg_namelen = destination->length, .msg_iov = &vector,
        .msg_iovlen = 1, .msg_control = control, .msg_controllen = used,
    };
    /* Only now: a reply to a forged request must not become a broadcast. */
    int on = 1, off = 0;
    (void)setsockopt(descriptor, SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
    int outcome = sendmsg(descriptor, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
    (void)setsockopt(descriptor, SOL_SOCKET, SO_BROADCAST, &off, sizeof off);
    return outcome;
}
