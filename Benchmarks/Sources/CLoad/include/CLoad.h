/*
 * What a benchmark of NTP servers needs and Swift is too slow or too far from: bare echoes, a generator of requests,
 * one request with stamps around it, CPU time and affinity.
 *
 * Functions return 0 or a count, or the negative errno. Times are nanoseconds. Everything stays on 127.0.0.0/8.
 */
#ifndef CLOAD_H
#define CLOAD_H

#include <stdint.h>
#include <sys/types.h>

/* Sends back what comes to 127.0.0.1, until it is ended: recvfrom and sendto where `batch` is 1, else recvmmsg and
 * sendmmsg of up to so many, 32 at most. */
int load_echo(uint16_t port, int batch);

struct load_plan {
    uint16_t port;
    /* Whether replies must be the request itself, and not a server's reply to it. */
    uint16_t is_echo;
    /* Whether to look for replies again and again, for a generator with a core of its own, or to sleep. */
    uint32_t spins;
    /* Source addresses, 1 ... 100000. */
    uint32_t addresses;
    /* Ends at the first of both. */
    uint64_t requests;
    int64_t nanoseconds;
    /* `pool_count` requests of `length` bytes in a row, whose transmit timestamps end in their number, 16 bits. */
    const uint8_t *pool;
    uint32_t pool_count, length;
};

struct load_result {
    uint64_t sent, replies;
    /* Replies of another length, mode, origin timestamp or of stratum 0, none of which `replies` counts. */
    uint64_t wrong;
    /* Requests without a reply in 500 ms. */
    uint64_t lost;
    /* From the first request to the last reply. */
    int64_t nanoseconds;
};

/* Asks the server at 127.0.0.1 as fast as it answers, with 128 requests outstanding. */
int load_run(const struct load_plan *plan, struct load_result *result);

/* One request. */
struct load_answer {
    /* CLOCK_MONOTONIC_RAW from before sending to the reply. */
    int64_t round_trip;
    /* Wire format of RFC 5905. */
    uint64_t receive_timestamp;
    uint32_t stratum, length;
};

/* A socket to ask a server at 127.0.0.1 with. */
int load_open(uint16_t port);
/* Asks and waits without sleeping; `reply` has room for 1024 bytes. -ETIMEDOUT where no reply comes. */
int load_ask(int descriptor, const uint8_t *request, uint32_t length, int64_t timeout, uint8_t *reply,
             struct load_answer *answer);

/* A packet socket on loopback that takes the requests of a client alone, with the stamps that their receiver gets. */
int load_tap_open(int client);
/* CLOCK_REALTIME of the last request since the last call; -1 where there was none. */
int64_t load_tap_stamp(int tap);

/* User and system time of a process and its threads so far, as the scheduler counts it. */
int64_t load_cpu_time(pid_t process);
/* Lets a process (0: this thread) run on the cores from `first` to `last` alone. */
int load_pin(pid_t process, int first, int last);
/* Brings up the loopback interface of a fresh network namespace. */
int load_raise_loopback(void);

#endif
