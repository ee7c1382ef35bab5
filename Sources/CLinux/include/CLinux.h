/*
 * What Swift's Glibc module cannot see: adjtimex, kernel PPS, control messages, line disciplines, shared memory.
 *
 * Functions return a count or 0, or the negative errno. _GNU_SOURCE is defined in CLinux.c only: in a header it would
 * change types of the Glibc module for every target that imports this one.
 */
#ifndef CLINUX_H
#define CLINUX_H

#include <netinet/in.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/timex.h>
#include <sys/types.h>

/* Serial ports and pseudo-terminals */

/* Refuses further opens of a terminal (TIOCEXCL), or allows them again. */
int clx_tty_set_exclusive(int descriptor, int is_exclusive);
/* Asks a serial driver to pass bytes on without gathering them (ASYNC_LOW_LATENCY). */
int clx_tty_set_low_latency(int descriptor);
/* Attaches the line discipline that time-stamps the carrier detect line (N_PPS, 18). */
int clx_tty_attach_pulse_discipline(int descriptor);
/* Opens a pseudo-terminal; writes the name of its other end. Returns the descriptor. */
int clx_pty_open(char *name, size_t capacity);

/* Kernel PPS (linux/pps.h) */

/* One edge as the kernel stamped it, CLOCK_REALTIME. */
struct clx_pulse {
    int64_t seconds;
    int32_t nanoseconds;
    /* Counts the edges of its kind; 0: none yet. Wraps. */
    uint32_t sequence;
};

/* Bits of PPS_GETCAP: PPS_CAPTUREASSERT 1, PPS_CAPTURECLEAR 2, ... */
int clx_pps_capabilities(int descriptor, int *modes);
/* The mode in force (PPS_GETPARAMS). */
int clx_pps_mode(int descriptor, int *mode);
/* Captures one edge, time stamps as timespec; offsets are reset (PPS_SETPARAMS). */
int clx_pps_capture(int descriptor, int clear_edge);
/* Sets what is captured, time stamps as timespec; offsets are reset (PPS_SETPARAMS). */
int clx_pps_set_mode(int descriptor, int mode);
/* The last edge, at once (PPS_FETCH with a zero time-out). */
int clx_pps_fetch(int descriptor, int clear_edge, struct clx_pulse *pulse);

/* Shared memory of ntpd's driver 28 */

/* Fields of a segment that a reader or writer exchanges. */
struct clx_shm_sample {
    int64_t reference_seconds, received_seconds;
    int32_t reference_microseconds, received_microseconds;
    uint32_t reference_nanoseconds, received_nanoseconds;
    int32_t leap, precision, count_of_samples;
};

enum clx_shm_state { CLX_SHM_NOT_READY, CLX_SHM_CLASH, CLX_SHM_BAD_MODE, CLX_SHM_SAMPLE };

/* The identifier of a unit's segment as it stands now, not created. */
int clx_shm_find(int key);
/* The identifier of a unit's segment, created where missing. */
int clx_shm_create(int key, int mode);
/* Maps a segment into memory. */
int clx_shm_attach(int identifier, void **segment);
int clx_shm_detach(void *segment);
/* Marks a segment for removal. */
int clx_shm_remove(int identifier);
/* Takes a sample and clears the segment's valid flag. */
enum clx_shm_state clx_shm_read(void *segment, struct clx_shm_sample *sample);
/* Puts a sample, mode 0 or 1. */
void clx_shm_write(void *segment, int mode, const struct clx_shm_sample *sample);

/* Sockets */

struct clx_address {
    struct sockaddr_storage storage;
    socklen_t length;
};

/* What comes with a datagram beside its bytes. */
struct clx_datagram_info {
    struct clx_address peer;
    /* The address that an answer leaves from; family 0 where the kernel does not tell. */
    struct in6_addr local6;
    struct in_addr local4;
    uint32_t local_interface;
    int32_t local_family;
    /* The interface it came in by; 0 where the kernel does not tell. */
    uint32_t arrival_interface;
    /* Receive stamps, ns since 1970: the kernel's, CLOCK_REALTIME, and the interface's, on its own clock; 0 = none. */
    int64_t received, hardware_received;
    /* The interface that stamped it, and the frame's bytes without the checksum; 0 where the kernel does not tell. */
    uint32_t stamp_interface, frame_length;
    /* Whether it was sent to a broadcast or multicast address, and to which, as clx_address_words has it. */
    int32_t is_group;
    uint64_t group_high, group_low;
    /* How many datagrams the socket has had to drop so far, where it has any; else 0. */
    uint32_t dropped;
    /* Whether bytes were cut off. */
    int32_t is_truncated;
};

enum { CLX_DATAGRAM_SIZE = 2048 };

/* A datagram, and the answer that takes its place. */
struct clx_datagram {
    struct clx_datagram_info info;
    uint32_t length;
    /* Bytes of the answer; 0: none. */
    uint32_t reply_length;
    /* Whether stamps of the answer's departure are wanted. */
    uint32_t wants_stamp;
    /* CLX_DATAGRAM_SIZE of them. */
    uint8_t *bytes;
};

/* Datagrams received and answered together. */
struct clx_batch;

/* When a datagram left, ns since 1970: the kernel's stamp and the interface's; 0 = none. And by which interface. */
struct clx_departure {
    int64_t sent, hardware_sent;
    uint32_t interface;
};

/* One datagram of chrony's SOCK driver (refclock_sock.c), 40 bytes. */
struct clx_sock_sample {
    int64_t seconds, microseconds;
    double offset;
    int32_t pulse, leap, padding, magic;
};

/* Reads a numeric address; IPv6 may carry %interface. Returns -EINVAL for anything else. */
int clx_address_parse(struct clx_address *address, const char *text, uint16_t port);
/* The address as 16 bytes in two words, first on the wire highest; IPv4 mapped to ::ffff:0:0/96. */
void clx_address_words(const struct clx_address *address, uint64_t *high, uint64_t *low);
uint16_t clx_address_port(const struct clx_address *address);
/* A non-blocking UDP socket, closed on exec. */
int clx_udp_open(int family);
/* Asks for the kernel's receive stamps. */
void clx_udp_stamp_arrivals(int descriptor);
/* Asks for the interfaces' stamps beside the kernel's, of packets received and sent. */
int clx_udp_stamp_by_hardware(int descriptor);
/* Receive stamps, counts of what was dropped, DSCP and, where it will be bound to every address or is told the interfaces,
 * destination addresses for a server's socket; each is optional. */
void clx_udp_set_server_options(int descriptor, const struct clx_address *address, int dscp, int wants_interface);
/* Lets sockets of this user share their address and port. */
int clx_udp_share_port(int descriptor);
/* Makes the source address, as far as its prefix, choose among the sockets that share a port, in the order in which they
 * were bound. Who does not know the secret cannot tell which. */
int clx_udp_steer(int descriptor, int family, unsigned prefix, uint32_t secret, unsigned sockets);
int clx_bind(int descriptor, const struct clx_address *address);
/* Receives one datagram without waiting. Returns the length. */
ssize_t clx_receive(int descriptor, void *bytes, size_t capacity, struct clx_datagram_info *info);
/* Room for datagrams; NULL where there is no memory. With a capacity of 1 they are received and sent singly. */
struct clx_batch *clx_batch_create(int capacity);
void clx_batch_destroy(struct clx_batch *batch);
/* The datagrams of a batch, as many as its capacity. */
struct clx_datagram *clx_batch_datagrams(struct clx_batch *batch);
/* Receives what is there, without waiting. Returns the count. */
int clx_batch_receive(struct clx_batch *batch, int descriptor);
/* Sends the answers among some datagrams, from the addresses that were asked; `stamps` is what clx_departure_stamps
 * answers. Where that fails reply_length becomes 0. */
void clx_batch_send(struct clx_batch *batch, int descriptor, int first, int count, uint32_t stamps);
/* Stamps of departures to be asked for: the kernel's, and the interface's with it. */
uint32_t clx_departure_stamps(int by_hardware);
/* Takes a datagram that has left, with its headers, and when. Returns its length. */
int clx_take_departure(int descriptor, uint8_t *bytes, size_t capacity, struct clx_departure *departure);
/* Sends to a broadcast or multicast address; an interface of 0 leaves the choice to the system. */
int clx_send_group(int descriptor, const struct clx_address *destination, uint32_t interface, int hops,
                   const void *bytes, size_t length, uint32_t stamps);
/* Hears what is sent to a multicast group, by one interface, or by the one of the route where that is 0. */
int clx_join_group(int descriptor, const struct clx_address *group, uint32_t interface);
/* The number of an interface. */
int clx_interface_index(const char *name, uint32_t *index);
/* A connected UDP socket to the first address of a name that takes one. Returns EAI_ codes as -(10000 + |code|). */
int clx_udp_connect(const char *host, uint16_t port, int family);

/* Network cards that stamp packets, and their clocks (linux/net_tstamp.h, linux/ptp_clock.h) */

/* Which received packets a card stamps. */
enum clx_card_filter { CLX_FILTER_NONE, CLX_FILTER_ALL, CLX_FILTER_NTP, CLX_FILTER_PTP_UDP, CLX_FILTER_PTP };

struct clx_card {
    /* The interface's number. */
    uint32_t interface;
    /* n of /dev/ptpn. */
    int32_t clock;
    /* Bit clx_card_filter(f): f can be had. */
    uint32_t receive_filters;
};

/* What a card can do; `socket` is any. -EOPNOTSUPP where it stamps no departures or has no clock. */
int clx_card_find(int socket, const char *interface, struct clx_card *card);
/* The kernel's number of a filter. */
int clx_card_filter(enum clx_card_filter filter);
/* Has a card stamp what is sent, and what is received and passes a filter; or finds that it does so already. */
int clx_card_stamp(int socket, const char *interface, enum clx_card_filter filter);
/* The speed of its link, Mbit/s; 0 where it is not known. */
int clx_card_speed(int socket, const char *interface);

enum { CLX_CLOCK_READINGS = 25 };
enum clx_clock_method { CLX_CLOCK_PRECISE, CLX_CLOCK_EXTENDED, CLX_CLOCK_PLAIN };

/* A card's clock, and CLOCK_REALTIME before and after it, ns. */
struct clx_clock_reading {
    int64_t card, before, after;
};

/* Reads a card's clock so many times in a row, CLX_CLOCK_READINGS at most; once where both clocks are latched together.
   Returns how many readings were put. */
int clx_clock_read(int descriptor, enum clx_clock_method method, int count, struct clx_clock_reading *readings);

enum { CLX_CLOCK_EDGES = 30 };

/* An edge of a signal from outside, as a card's clock has stamped it. */
struct clx_clock_edge {
    int64_t seconds;
    uint32_t nanoseconds;
    uint32_t channel;
};

/* How many channels a clock has that stamp edges, and how many pins that can be given to them. */
int clx_clock_inputs(int descriptor, int *channels, int *pins);
/* Gives a pin to a channel that stamps edges (PTP_PIN_SETFUNC2). */
int clx_clock_assign_pin(int descriptor, unsigned pin, unsigned channel);
/* Has a channel stamp one edge, or both where the driver cannot tell them apart (PTP_EXTTS_REQUEST2). */
int clx_clock_stamp_edges(int descriptor, unsigned channel, int is_falling);
int clx_clock_stamp_nothing(int descriptor, unsigned channel);
/* The edges stamped since the last call, without waiting. Returns how many were put, CLX_CLOCK_EDGES at most. */
int clx_clock_take_edges(int descriptor, struct clx_clock_edge *edges);

/* A Unix socket bound at a path; a socket left behind by a dead process is replaced. */
int clx_unix_bind(int type, const char *path, unsigned permissions);
/* A Unix socket connected to a path. */
int clx_unix_connect(int type, const char *path);
/* Accepts a connection, non-blocking, closed on exec. */
/* A non-blocking TCP socket that is connecting, closed on exec. */
int clx_stream_connect(const struct clx_address *address);
/* 0 when a socket has connected, -EINPROGRESS as long as it is connecting, else why it has not. */
int clx_stream_outcome(int descriptor);
int clx_accept(int descriptor);
/* The user at the other end of a connected Unix socket. */
int clx_unix_user(int descriptor, uid_t *user);
ssize_t clx_sock_receive(int descriptor, struct clx_sock_sample *sample);
int clx_sock_send(int descriptor, const struct clx_sock_sample *sample);

/* The machine's real-time clock (linux/rtc.h) */

struct clx_civil_time {
    int32_t year, month, day, hour, minute, second;
};

enum clx_rtc_request { CLX_RTC_READ, CLX_RTC_SET, CLX_RTC_UPDATES_ON, CLX_RTC_UPDATES_OFF };

/* Reads or sets it, or has it interrupt at the beginning of each second; the time is for the first two. */
int clx_rtc(int descriptor, enum clx_rtc_request request, struct clx_civil_time *time);

/* Processes */

enum { CLX_SIGNAL_TERMINATE = 1, CLX_SIGNAL_RELOAD = 2 };

/* What the loop is doing, for whoever has to find out why it has been killed. */
enum clx_work { CLX_WORK_WAIT, CLX_WORK_ANSWER, CLX_WORK_DEVICES, CLX_WORK_TICK };
void clx_note_work(enum clx_work work);

/* SIGTERM, SIGINT and SIGHUP raise flags and interrupt poll(2); SIGPIPE is ignored; SIGABRT tells the work in progress. */
int clx_signals_install(void);
/* The flags raised since the last call. */
int clx_signals_take(void);

/* Becomes a user for good and keeps only the capabilities given. */
int clx_become(uid_t user, gid_t group, const char *name, uint64_t kept);
/* The numbers of a user by name; -ENOENT where there is none. */
int clx_user_find(const char *name, uid_t *user, gid_t *group);
/* CAP_SYS_TIME, CAP_NET_BIND_SERVICE and CAP_IPC_LOCK as bits. */
uint64_t clx_capability_sys_time(void);
uint64_t clx_capability_net_bind_service(void);
uint64_t clx_capability_lock_memory(void);

/* From now on this thread, and those it starts, can do what a time server does, and for good: everything else, starting a
 * program above all, is refused with EPERM (seccomp). */
int clx_confine_system_calls(void);

/* Says something to the service manager at its socket, a path or, with @ before it, an abstract name; never waits. */
int clx_notify(const char *socket_name, const char *text);

/* Threads and scheduling */

/* Starts a thread that no signal interrupts. */
int clx_thread_start(pthread_t *thread, const char *name, void *(*body)(void *), void *context);
int clx_thread_join(pthread_t thread);
/* Keeps the calling thread on some cores. */
int clx_pin(const uint32_t *cores, size_t count);
/* Whether this process may run on a core. */
int clx_core_is_allowed(uint32_t core);
/* How many cores this process may run on. */
int clx_core_count(void);
/* Makes the calling thread run before all ordinary ones (SCHED_FIFO), and not the threads it starts. */
int clx_set_real_time_priority(int priority);
/* Keeps in memory what is there and what comes. */
int clx_lock_memory(void);
/* A counter of events that poll(2) waits for, not blocking. */
int clx_event_open(void);

/* Goes to the background: returns in the child only, with a descriptor that the parent waits at. */
int clx_daemonise(void);
/* Tells the parent of clx_daemonise that all is well, and lets go of the terminal. */
int clx_daemonise_end(int descriptor);

/* Locks a file for us alone (flock), or answers -EWOULDBLOCK at once. */
int clx_lock(int descriptor);
/* Unmaps the resident pages of program text; what is still needed comes back from the page cache. */
void clx_release_text(void);
/* 64 random bits. */
int clx_random(uint64_t *bits);
/* A line to syslog(3), facility daemon. */
void clx_syslog(int priority, const char *line);

#endif
