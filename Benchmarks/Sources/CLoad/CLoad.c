#define _GNU_SOURCE
#include "CLoad.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    /* Source ports, so that a kernel that shares requests out among a server's sockets has something to go by. */
    SOCKETS = 16,
    /* Requests that each of them sends at once: 128 are outstanding, which fit any server's receive buffer. */
    BATCH = 8,
    ECHO_BATCH = 32,
    LONGEST = 1024,
    HEADER = 48,
    ORIGIN = 24,
    RECEIVE = 32,
    TRANSMIT = 40,
    /* After so many nanoseconds without any reply the outstanding requests are taken for lost. */
    PATIENCE = 500000000,
};

static int64_t reading(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static struct sockaddr_in loopback(uint16_t port) {
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static uint64_t word(const uint8_t *bytes) {
    uint64_t value = 0;
    for (int index = 0; index < 8; index++) value = value << 8 | bytes[index];
    return value;
}

/* Echoes */

static int echo_one_by_one(int descriptor) {
    uint8_t bytes[LONGEST];
    for (;;) {
        struct sockaddr_in peer;
        socklen_t size = sizeof peer;
        ssize_t length = recvfrom(descriptor, bytes, sizeof bytes, 0, (struct sockaddr *)&peer, &size);
        if (length < 0 && errno == EINTR) continue;
        if (length < 0) return -errno;
        (void)sendto(descriptor, bytes, length, 0, (struct sockaddr *)&peer, size);
    }
}

static int echo_in_batches(int descriptor, int batch) {
    static uint8_t bytes[ECHO_BATCH][LONGEST];
    static struct sockaddr_in peers[ECHO_BATCH];
    static struct iovec vectors[ECHO_BATCH];
    static struct mmsghdr messages[ECHO_BATCH];
    for (;;) {
        for (int index = 0; index < batch; index++) {
            vectors[index] = (struct iovec){.iov_base = bytes[index], .iov_len = LONGEST};
            messages[index].msg_hdr = (struct msghdr){
                .msg_name = &peers[index], .msg_namelen = sizeof peers[index], .msg_iov = &vectors[index],
                .msg_iovlen = 1};
        }
        int count = recvmmsg(descriptor, messages, batch, MSG_WAITFORONE, NULL);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return -errno;
        for (int index = 0; index < count; index++) vectors[index].iov_len = messages[index].msg_len;
        for (int sent = 0; sent < count;) {
            int more = sendmmsg(descriptor, messages + sent, count - sent, 0);
            sent += more > 0 ? more : 1;
        }
    }
}

int load_echo(uint16_t port, int batch) {
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = loopback(port);
    if (descriptor < 0 || bind(descriptor, (struct sockaddr *)&address, sizeof address) < 0) return -errno;
    if (batch > ECHO_BATCH) batch = ECHO_BATCH;
    return batch > 1 ? echo_in_batches(descriptor, batch) : echo_one_by_one(descriptor);
}

/* The generator */

struct generator {
    const struct load_plan *plan;
    struct load_result *result;
    struct sockaddr_in server;
    int descriptors[SOCKETS];
    int outstanding[SOCKETS];
    /* Common part of all transmit timestamps of the pool. */
    uint64_t base;
    int64_t last_reply;
    /* Of any socket, or when requests were given up. */
    int64_t last_progress;
};

static int open_sockets(struct generator *generator) {
    for (int index = 0; index < SOCKETS; index++) {
        int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        /* Bound to no address: IP_PKTINFO chooses the source of each request, and replies to all of 127/8 come here. */
        struct sockaddr_in any = {.sin_family = AF_INET};
        if (descriptor < 0 || bind(descriptor, (struct sockaddr *)&any, sizeof any) < 0) return -errno;
        generator->descriptors[index] = descriptor;
    }
    return 0;
}

/* Sends one batch, each request from the next source address. */
static int send_batch(struct generator *generator, int socket) {
    const struct load_plan *plan = generator->plan;
    struct iovec vectors[BATCH];
    struct mmsghdr messages[BATCH];
    struct {
        _Alignas(struct cmsghdr) char bytes[CMSG_SPACE(sizeof(struct in_pktinfo))];
    } controls[BATCH];
    memset(controls, 0, sizeof controls);
    for (int index = 0; index < BATCH; index++) {
        uint64_t number = generator->result->sent + index;
        vectors[index] = (struct iovec){
            .iov_base = (void *)(plan->pool + number % plan->pool_count * plan->length), .iov_len = plan->length};
        messages[index].msg_hdr = (struct msghdr){
            .msg_name = &generator->server, .msg_namelen = sizeof generator->server, .msg_iov = &vectors[index],
            .msg_iovlen = 1, .msg_control = controls[index].bytes, .msg_controllen = sizeof controls[index].bytes};
        struct cmsghdr *header = CMSG_FIRSTHDR(&messages[index].msg_hdr);
        header->cmsg_level = IPPROTO_IP;
        header->cmsg_type = IP_PKTINFO;
        header->cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo));
        /* 127.1.0.0 and every 97th address after it: 100 000 of them end below 127.150.0.0. */
        uint32_t source = 0x7f010000 + 97 * (uint32_t)(number % plan->addresses);
        struct in_pktinfo packet = {.ipi_spec_dst.s_addr = htonl(source)};
        memcpy(CMSG_DATA(header), &packet, sizeof packet);
    }
    int sent = sendmmsg(generator->descriptors[socket], messages, BATCH, MSG_DONTWAIT);
    if (sent < 0) return errno == EAGAIN || errno == ENOBUFS || errno == ECONNREFUSED ? 0 : -errno;
    generator->outstanding[socket] += sent;
    generator->result->sent += sent;
    return sent;
}

static int is_right(const struct generator *generator, const uint8_t *reply, uint32_t length) {
    const struct load_plan *plan = generator->plan;
    if (length != plan->length) return 0;
    uint64_t stamp = word(reply + (plan->is_echo ? TRANSMIT : ORIGIN));
    if ((stamp & ~UINT64_C(0xffff)) != generator->base || (stamp & 0xffff) >= plan->pool_count) return 0;
    return plan->is_echo || ((reply[0] & 7) == 4 && reply[1] != 0);
}

/* Takes the replies that have come to one socket. */
static int receive_batch(struct generator *generator, int socket) {
    static uint8_t bytes[BATCH][LONGEST];
    struct iovec vectors[BATCH];
    struct mmsghdr messages[BATCH];
    for (int index = 0; index < BATCH; index++) {
        vectors[index] = (struct iovec){.iov_base = bytes[index], .iov_len = LONGEST};
        messages[index].msg_hdr = (struct msghdr){.msg_iov = &vectors[index], .msg_iovlen = 1};
    }
    int count = recvmmsg(generator->descriptors[socket], messages, BATCH, MSG_DONTWAIT, NULL);
    if (count < 0) return errno == EAGAIN || errno == EINTR || errno == ECONNREFUSED ? 0 : -errno;
    for (int index = 0; index < count; index++) {
        if (is_right(generator, bytes[index], messages[index].msg_len)) generator->result->replies += 1;
        else generator->result->wrong += 1;
    }
    generator->outstanding[socket] -= count;
    /* Some were taken for lost and came late. */
    if (generator->outstanding[socket] < 0) {
        generator->result->lost += generator->outstanding[socket];
        generator->outstanding[socket] = 0;
    }
    return count;
}

/* Waits for a reply, and gives up the outstanding requests where none comes. */
static void wait_for_replies(struct generator *generator) {
    if (!generator->plan->spins) {
        struct pollfd set[SOCKETS];
        for (int index = 0; index < SOCKETS; index++)
            set[index] = (struct pollfd){.fd = generator->descriptors[index], .events = POLLIN};
        (void)poll(set, SOCKETS, PATIENCE / 1000000);
    }
    if (reading(CLOCK_MONOTONIC) - generator->last_progress < PATIENCE) return;
    generator->last_progress = reading(CLOCK_MONOTONIC);
    for (int index = 0; index < SOCKETS; index++) {
        generator->result->lost += generator->outstanding[index];
        generator->outstanding[index] = 0;
    }
}

static int generate(struct generator *generator) {
    int64_t begun = reading(CLOCK_MONOTONIC);
    generator->last_reply = generator->last_progress = begun;
    for (int is_over = 0;;) {
        int outstanding = 0, progress = 0;
        for (int index = 0; index < SOCKETS; index++) {
            if (generator->outstanding[index]) {
                int count = receive_batch(generator, index);
                if (count < 0) return count;
                if (count) generator->last_reply = generator->last_progress = reading(CLOCK_MONOTONIC);
                progress += count;
            }
            is_over = is_over || generator->result->sent >= generator->plan->requests;
            if (!is_over && !generator->outstanding[index]) {
                int count = send_batch(generator, index);
                if (count < 0) return count;
                progress += count;
            }
            outstanding += generator->outstanding[index];
        }
        if (is_over && !outstanding) break;
        if (!progress) wait_for_replies(generator);
        is_over = is_over || reading(CLOCK_MONOTONIC) - begun >= generator->plan->nanoseconds;
    }
    generator->result->nanoseconds = generator->last_reply - begun;
    return 0;
}

int load_run(const struct load_plan *plan, struct load_result *result) {
    struct generator generator = {
        .plan = plan, .result = result, .server = loopback(plan->port),
        .base = word(plan->pool + TRANSMIT) & ~UINT64_C(0xffff)};
    memset(result, 0, sizeof *result);
    for (int index = 0; index < SOCKETS; index++) generator.descriptors[index] = -1;
    int error = open_sockets(&generator);
    if (!error) error = generate(&generator);
    for (int index = 0; index < SOCKETS; index++)
        if (generator.descriptors[index] >= 0) close(generator.descriptors[index]);
    return error;
}

/* One request */

int load_open(uint16_t port) {
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_in server = loopback(port);
    if (descriptor < 0 || connect(descriptor, (struct sockaddr *)&server, sizeof server) < 0) return -errno;
    return descriptor;
}

/* A server's reply, or an echo. */
static int is_reply(const uint8_t *request, const uint8_t *reply) {
    uint64_t stamp = word(request + TRANSMIT);
    return word(reply + ORIGIN) == stamp || word(reply + TRANSMIT) == stamp;
}

int load_ask(int descriptor, const uint8_t *request, uint32_t length, int64_t timeout, uint8_t *reply,
             struct load_answer *answer) {
    int64_t begun = reading(CLOCK_MONOTONIC_RAW);
    if (send(descriptor, request, length, 0) < 0) return -errno;
    for (;;) {
        ssize_t count = recv(descriptor, reply, LONGEST, 0);
        answer->round_trip = reading(CLOCK_MONOTONIC_RAW) - begun;
        if (count >= HEADER && is_reply(request, reply)) {
            answer->receive_timestamp = word(reply + RECEIVE);
            answer->stratum = reply[1];
            answer->length = (uint32_t)count;
            return 0;
        }
        if (count < 0 && errno != EAGAIN && errno != EINTR) return -errno;
        if (answer->round_trip >= timeout) return -ETIMEDOUT;
    }
}

int load_tap_open(int client) {
    struct sockaddr_in local;
    socklen_t size = sizeof local;
    if (getsockname(client, (struct sockaddr *)&local, &size) < 0) return -errno;
    /* Of IPv4 packets without options: the UDP source port, 20 bytes behind the start of the header. */
    struct sock_filter code[] = {
        {BPF_LD | BPF_B | BPF_ABS, 0, 0, 9},
        {BPF_JMP | BPF_JEQ | BPF_K, 0, 3, IPPROTO_UDP},
        {BPF_LD | BPF_H | BPF_ABS, 0, 0, 20},
        {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, ntohs(local.sin_port)},
        {BPF_RET | BPF_K, 0, 0, LONGEST},
        {BPF_RET | BPF_K, 0, 0, 0},
    };
    struct sock_fprog filter = {.len = sizeof code / sizeof code[0], .filter = code};
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_ifindex = (int)if_nametoindex("lo")};
    int on = 1;
    /* Protocol 0: nothing comes before the filter is there. */
    int descriptor = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) return -errno;
    if (setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) < 0
        || setsockopt(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) < 0
        || bind(descriptor, (struct sockaddr *)&address, sizeof address) < 0) {
        int error = errno;
        close(descriptor);
        return -error;
    }
    return descriptor;
}

int64_t load_tap_stamp(int tap) {
    int64_t stamp = -1;
    for (;;) {
        uint8_t bytes[LONGEST];
        _Alignas(struct cmsghdr) char control[128];
        struct iovec vector = {.iov_base = bytes, .iov_len = sizeof bytes};
        struct msghdr message = {
            .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
        if (recvmsg(tap, &message, 0) < 0) return stamp;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_TIMESTAMPNS) continue;
        struct timespec time;
        memcpy(&time, CMSG_DATA(header), sizeof time);
        stamp = time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
    }
}

/* The system */

int64_t load_cpu_time(pid_t process) {
    char path[320];
    snprintf(path, sizeof path, "/proc/%d/task", process);
    DIR *tasks = opendir(path);
    if (!tasks) return -errno;
    int64_t sum = 0;
    for (struct dirent *task = readdir(tasks); task; task = readdir(tasks)) {
        snprintf(path, sizeof path, "/proc/%d/task/%s/schedstat", process, task->d_name);
        FILE *file = task->d_name[0] == '.' ? NULL : fopen(path, "r");
        long long time;
        if (file && fscanf(file, "%lld", &time) == 1) sum += time;
        if (file) fclose(file);
    }
    closedir(tasks);
    return sum;
}

int load_pin(pid_t process, int first, int last) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    for (int core = first; core <= last; core++) CPU_SET(core, &cores);
    return sched_setaffinity(process, sizeof cores, &cores) < 0 ? -errno : 0;
}

int load_raise_loopback(void) {
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int error = descriptor < 0 || ioctl(descriptor, SIOCSIFFLAGS, &request) < 0 ? -errno : 0;
    if (descriptor >= 0) close(descriptor);
    return error;
}
