/*
 * ask [-i MILLISECONDS] [-n COUNT]: asks the NTP server on 127.0.0.1, and compares what it serves with the hidden truth.
 * A line for each request:
 *
 *   1 seconds    true time, since the rig was loaded (as /dev/truth counts them; -1 before)
 *   2 leap       3 where nothing is known; "none" without a reply
 *   3 stratum    0 where nothing is known
 *   4 id         reference identifier, in text or in hexadecimal
 *   5 error      ns, served minus true in the middle of the exchange
 *   6 bound      ns, root dispersion and half the root delay, and half the exchange, by which column 5 may be off
 *   7 clock      ns, the kernel's clock minus true time
 *   8 status     of the kernel's clock (STA_*, hexadecimal)
 *   9 state      of the kernel's clock (TIME_OK 0, TIME_INS 1, TIME_DEL 2, TIME_OOP 3, TIME_WAIT 4, TIME_ERROR 5)
 *  10 TAI        minus UTC by the kernel, s
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#define BILLION 1000000000LL

struct truth { long long real, truth, error; };

/* False while there is no rig. */
static int read_truth(struct truth *t)
{
	char text[200];
	long long raw;
	int file = open("/dev/truthnow", O_RDONLY);
	ssize_t length;

	if (file < 0)
		return 0;
	length = read(file, text, sizeof text - 1);
	close(file);
	text[length > 0 ? length : 0] = 0;
	return sscanf(text, "%lld %lld %lld %lld", &raw, &t->real, &t->truth, &t->error) == 4;
}

/* The first true second after loading, in which the rig's log begins; -1 until then. */
static long long first_second(void)
{
	/* The rig gives whole lines, and none where less than 120 bytes are left. */
	char text[256];
	int file = open("/dev/truth", O_RDONLY);
	ssize_t length;

	if (file < 0)
		return -1;
	length = read(file, text, sizeof text - 1);
	close(file);
	if (length <= 0)
		return -1;
	text[length] = 0;
	return atoll(text);
}

static uint32_t word(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

/* An NTP timestamp as nanoseconds since 1970; those before 1968 are of the era that begins in 2036. */
static long long timestamp(const uint8_t *p)
{
	long long seconds = word(p);

	if (!(seconds & 0x80000000))
		seconds += 1LL << 32;
	return (seconds - 2208988800LL) * BILLION + (long long)(((__int128)word(p + 4) * BILLION) >> 32);
}

static void print_id(const uint8_t *p)
{
	int text = 1;

	for (int i = 0; i < 4; i++)
		if (!isgraph(p[i]) && p[i])
			text = 0;
	if (text && p[0])
		printf(" %.4s", (const char *)p);
	else
		printf(" %08x", word(p));
}

int main(int count, char **arguments)
{
	long interval = 1000, requests = -1;
	struct sockaddr_in server = { .sin_family = AF_INET, .sin_port = htons(123), .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct timeval patience = { .tv_usec = 200000 };
	long long first = -1;
	struct timespec next;
	int option;

	while ((option = getopt(count, arguments, "i:n:")) != -1) {
		if (option == 'i')
			interval = atol(optarg);
		else if (option == 'n')
			requests = atol(optarg);
		else
			return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	clock_gettime(CLOCK_MONOTONIC, &next);
	while (requests < 0 || requests-- > 0) {
		uint8_t request[48] = { 0x23 }, reply[1024];
		struct truth before, after;
		struct timex kernel = { 0 };
		int known = read_truth(&before), state;
		int endpoint = socket(AF_INET, SOCK_DGRAM, 0);
		ssize_t length;

		if (first < 0)
			first = first_second();
		setsockopt(endpoint, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
		connect(endpoint, (void *)&server, sizeof server);
		memcpy(request + 40, &next, 8);
		send(endpoint, request, sizeof request, 0);
		length = recv(endpoint, reply, sizeof reply, 0);
		close(endpoint);
		known = known && read_truth(&after);
		state = adjtimex(&kernel);
		if (known && first >= 0)
			printf("%.3f", (double)(after.truth - first * BILLION) / 1e9);
		else
			printf("-1");
		if (length >= 48 && !memcmp(reply + 24, request + 40, 8)) {
			/* True time without leap seconds counted, as the kernel's clock should have it. */
			long long middle = known ? (before.real - before.error + after.real - after.error) / 2 : 0;
			long long served = timestamp(reply + 32) / 2 + timestamp(reply + 40) / 2;
			long long bound = ((word(reply + 4) / 2 + (long long)word(reply + 8)) * BILLION) >> 16;

			bound += known ? (after.truth - before.truth) / 2 : 0;

			printf(" %d %d", reply[0] >> 6, reply[1]);
			print_id(reply + 12);
			printf(" %lld %lld", known && reply[1] ? served - middle : 0, bound);
		} else {
			printf(" none none none 0 0");
		}
		printf(" %lld %x %d %d\n", known ? after.error : 0, (unsigned)kernel.status, state, kernel.tai);

		next.tv_sec += interval / 1000;
		next.tv_nsec += interval % 1000 * 1000000;
		if (next.tv_nsec >= BILLION) {
			next.tv_sec++;
			next.tv_nsec -= BILLION;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
	return 0;
}
