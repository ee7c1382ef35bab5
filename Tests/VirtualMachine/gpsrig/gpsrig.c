// SPDX-License-Identifier: MIT OR GPL-2.0
/*
 * gpsrig: a GPS receiver with PPS, and the hidden true time behind it, for a
 * test guest.  The guest's oscillator is CLOCK_MONOTONIC_RAW; the true time is
 * a scripted function of it.  From the true time this module makes
 *   /dev/ppsN    pulses at true seconds (direct source)
 *   /dev/ttyGPS0 NMEA in step with the pulses, and a DCD line for pps_ldisc
 *   /dev/ptpN    a free-running PHC with EXTTS channel 0 on the pulse (phc=1)
 *   /dev/truth   the answer: text log of realtime minus true time, commands
 *   /dev/gpsfeed the far end of ttyGPS0, for a receiver simulated in userspace
 *   /dev/hostout bytes written here go to the VM's isa-debugcon port
 */
#include <linux/module.h>
#include <linux/miscdevice.h>
#include <linux/fs.h>
#include <linux/uaccess.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/hrtimer.h>
#include <linux/timekeeping.h>
#include <linux/pps_kernel.h>
#include <linux/ptp_clock_kernel.h>
#include <linux/tty.h>
#include <linux/tty_driver.h>
#include <linux/tty_flip.h>
#include <linux/tty_ldisc.h>
#include <linux/serial.h>
#include <linux/kfifo.h>
#include <linux/poll.h>
#include <linux/math64.h>
#include <linux/fixp-arith.h>
#include <linux/io.h>
#include <linux/delay.h>
#include <linux/workqueue.h>
#include <linux/version.h>

#define S_NS 1000000000LL
#define E12 1000000000000LL

/* ------------------------------------------------------------ parameters */
#define P(type, name, val, doc) \
	static type name = val; module_param(name, type, 0644); MODULE_PARM_DESC(name, doc)

P(ulong, seed, 1, "seed of every random draw");
P(long, epoch, 0, "true UTC second at load; 0: realtime at load");
P(long, start_off, 0, "ns added to the true time at load");
P(long, freq_ppb, 0, "oscillator frequency error at load (+: fast)");
P(long, rw_e15, 0, "random-walk FM per sqrt(s), 1e-15");
P(long, aging_e15, 0, "frequency drift per s, 1e-15");
P(long, temp_ppb, 0, "amplitude of the temperature sinusoid");
P(long, temp_period, 3600, "its period, s");
P(int, mode, 0, "0 exact timestamps, 1 busy-wait interrupt, 2 plain interrupt");
P(int, pps, 1, "register a direct PPS source");
P(int, dcd, 1, "drive DCD of ttyGPS0");
P(int, phc, 0, "register a PHC");
P(long, phc_ppb, 0, "PHC frequency error");
P(int, phc_both, 0, "stamp both edges of the pulse, as igb and igc do, and refuse to be asked for one");
P(int, phc_gran_ns, 1, "what the PHC's stamps and readings are rounded down to");
P(int, phc_pins, 0, "pins of the PHC");
P(long, phc_off_s, 0, "seconds that the PHC is ahead at load");
P(int, phc_poll_ms, 0, "the driver looks for stamps this often, and reading the PHC wipes out what waits, as bcm-phy-ptp; 0: at once");
P(int, phc_read_us, 1700, "with phc_poll_ms: how long a reading takes");
P(int, phc_bracket_us, 105, "with phc_poll_ms: how long of that is between the readings of the system's clock; the PHC's is at the end");
P(bool, phc_stuck, false, "with phc_poll_ms: the last stamp is delivered with each look, as without a network cable");
P(int, pps_width_ms, 100, "pulse width");
P(long, pps_lat_ns, 0, "constant delay of the pulse");
P(long, pps_jit_ns, 0, "gaussian jitter of the pulse, sigma");
P(long, pps_exp_ns, 0, "exponential latency of the timestamp, mean");
P(long, pps_saw_ns, 0, "receiver clock granularity (sawtooth peak to peak)");
P(long, pps_saw_ppm, 37, "fraction of a sawtooth tooth per s, 1e-3");
P(long, outlier_ppm, 0, "share of pulses that are outliers, 1e-6");
P(long, outlier_ns, 500000, "outliers lie within +-this");
P(long, miss_ppm, 0, "share of pulses missing, 1e-6");
P(long, extra_ppm, 0, "share of seconds with a spurious extra pulse, 1e-6");
P(int, nmea, 1, "emit NMEA on ttyGPS0");
P(long, nmea_delay_us, 120000, "first byte after the true second");
P(long, nmea_jit_us, 15000, "gaussian jitter of that, sigma");
P(long, nmea_baud, 9600, "line rate");
P(int, nmea_chunk, 0, "bytes per delivery; 0: a sentence");
P(int, nmea_set, 0x1f, "1 RMC 2 GGA 4 GSA 8 ZDA 16 GSV");
P(long, nmea_off_s, 0, "time label shift (week rollover, off by one)");
P(long, nmea_corrupt_ppm, 0, "share of sentences with a flipped bit, 1e-6");
P(int, nsat, 9, "satellites used");
P(int, log_n, 90000, "log capacity in s");
P(int, leap, 0, "+1 or -1: leap second at leap_at");
P(long, leap_at, 0, "the POSIX midnight of the leap");

/* windows in true seconds since load: "a-b,c-d" ; with value "a-b:v" */
static char loss[256], ppsloss[256], nmealoss[256], ppsoff[256], fstep[256];
module_param_string(loss, loss, sizeof(loss), 0644);
module_param_string(ppsloss, ppsloss, sizeof(ppsloss), 0644);
module_param_string(nmealoss, nmealoss, sizeof(nmealoss), 0644);
module_param_string(ppsoff, ppsoff, sizeof(ppsoff), 0644);
module_param_string(fstep, fstep, sizeof(fstep), 0644);

static bool in_window(const char *s, long t, long *val)
{
	long a, b, v;
	int n;

	while (*s) {
		v = 0; n = 0;
		if (sscanf(s, "%ld-%ld%n", &a, &b, &n) < 2)
			break;
		s += n;
		if (*s == ':') {
			if (sscanf(s, ":%ld%n", &v, &n) < 1)
				break;
			s += n;
		}
		if (t >= a && t < b) {
			if (val)
				*val = v;
			return true;
		}
		if (*s == ',')
			s++;
	}
	return false;
}

/* ---------------------------------------------------------------- random */
static u64 mix(u64 x)
{
	x += 0x9e3779b97f4a7c15ULL;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

static u64 draw(u64 n, u64 what)
{
	return mix(mix(mix(seed) + n) + what);
}

/* sigma * gaussian, from 12 uniforms of 16 bits */
static s64 gauss(u64 n, u64 what, s64 sigma)
{
	s64 s = 0;
	int i;

	if (!sigma)
		return 0;
	for (i = 0; i < 3; i++) {
		u64 r = draw(n, what * 16 + i);

		s += (r & 0xffff) + ((r >> 16) & 0xffff) + ((r >> 32) & 0xffff) + (r >> 48);
	}
	s -= 6 * 65536;		/* unit variance, scaled by 65536 */
	return div_s64(s * sigma, 65536);
}

static s64 uniform(u64 n, u64 what, s64 half)
{
	s64 u = (s64)(draw(n, what) >> 33) - (1LL << 30);	/* +-2^30 */

	if (half > (1LL << 32))
		half = 1LL << 32;
	return (u * half) >> 30;
}

static bool chance(u64 n, u64 what, s64 ppm)
{
	return (s64)(draw(n, what) % 1000000) < ppm;
}

/* -ln(u) * mean, by fixed-point log2 */
static s64 expo(u64 n, u64 what, s64 mean)
{
	u64 u = draw(n, what) | 1;
	int z, i;
	u64 x, l;

	if (!mean)
		return 0;
	z = __builtin_clzll(u);
	x = (u << z) >> 33;		/* 1.30 fixed: [2^30,2^31) */
	l = (u64)z << 16;		/* -log2, 16 bits */
	l += 1 << 16;
	for (i = 15; i >= 0; i--) {
		x = (x * x) >> 30;
		if (x >= (1ULL << 31)) {
			x >>= 1;
			l -= 1 << i;
		}
	}
	return (s64)((l * 45426) >> 16) * mean >> 16;	/* ln2 * 65536 = 45426 */
}

/* ----------------------------------------------------------------- truth */
struct step { s64 raw, tru, rem, y12; };	/* dT/draw = 1 - y12*1e-12 */
#define NSTEP 64
static struct step ring[NSTEP];
static u64 nstep;			/* steps made; last is nstep-1 */
static s64 rw15;			/* accumulated random walk, 1e-15 */
static s64 t_load;			/* true ns at load, a whole second follows */
static s64 sec0;			/* first whole true second after load */
static DEFINE_RAW_SPINLOCK(tlock);

static s64 scale(s64 d, s64 y12, s64 rem, s64 *out)
{
	s64 x = d * y12 + rem, q = div64_s64(x, E12);

	if (out)
		*out = x - q * E12;
	return q;
}

static void make_step(void)
{
	struct step *p = &ring[(nstep - 1) % NSTEP], *n = &ring[nstep % NSTEP];
	long t = nstep, fs = 0;
	s64 y15;

	n->raw = p->raw + S_NS;
	n->tru = p->tru + S_NS - scale(S_NS, p->y12, p->rem, &n->rem);
	rw15 += gauss(nstep, 100, rw_e15) + aging_e15;
	y15 = freq_ppb * 1000000 + rw15;
	if (temp_ppb && temp_period > 0 && temp_period <= 1 << 18) {
		u32 k = (1 << 18) / temp_period;	/* fixp takes a turn of 2^18 at most */

		y15 += (s64)fixp_sin32_rad((u32)(t % temp_period) * k, temp_period * k)
			* temp_ppb / 2147;	/* 1e6 / 2^31 */
	}
	if (in_window(fstep, t, &fs))
		y15 += fs * 1000000;
	n->y12 = div_s64(y15, 1000);
	nstep++;
}

static struct step *step_at_raw(s64 raw)
{
	u64 i;

	while (ring[(nstep - 1) % NSTEP].raw < raw + 3 * S_NS)
		make_step();
	for (i = nstep - 1; i > 0 && i + NSTEP > nstep && ring[i % NSTEP].raw > raw; i--)
		;
	return &ring[i % NSTEP];
}

static s64 truth_at(s64 raw)
{
	unsigned long f;
	struct step *s;
	s64 t, d;

	raw_spin_lock_irqsave(&tlock, f);
	s = step_at_raw(raw);
	d = raw - s->raw;
	t = s->tru + d - scale(d, s->y12, s->rem, NULL);
	raw_spin_unlock_irqrestore(&tlock, f);
	return t;
}

static s64 raw_at(s64 tru, s64 *y12)
{
	unsigned long f;
	struct step *s;
	s64 d;
	u64 i;
	int k;

	raw_spin_lock_irqsave(&tlock, f);
	while (ring[(nstep - 1) % NSTEP].tru <= tru)
		make_step();
	for (i = nstep - 1; i > 0 && i + NSTEP > nstep && ring[i % NSTEP].tru > tru; i--)
		;
	s = &ring[i % NSTEP];
	d = tru - s->tru;
	for (k = 0; k < 3; k++)
		d = tru - s->tru + scale(d, s->y12, s->rem, NULL);
	if (y12)
		*y12 = s->y12;
	raw_spin_unlock_irqrestore(&tlock, f);
	return s->raw + d;
}

/* what Linux's CLOCK_REALTIME should say for a true second counted without leaps:
 * an inserted second reads as 23:59:59 again, a deleted one is passed over */
static s64 leaped(s64 sec)
{
	if (leap > 0 && sec >= leap_at)
		return sec - 1;
	if (leap < 0 && sec >= leap_at - 1)
		return sec + 1;
	return sec;
}

/* ------------------------------------------------------------------- log */
struct rec { s64 tru, err, toff, y12; u32 flags; s32 late, terr; };
enum { F_PPS = 1, F_LOSS = 2, F_OUT = 4, F_MISS = 8, F_EXTRA = 16, F_NMEA = 32, F_SET = 64 };
static struct rec *logv;
static u32 logc;
static wait_queue_head_t truth_wq;
static u32 late_n;
static s32 last_terr;		/* error of the last capture, ns */

static s64 clock_err(const struct system_time_snapshot *s, s64 tru)
{
	s64 t = leaped(div_s64(tru, S_NS)) * S_NS + (tru - div_s64(tru, S_NS) * S_NS);

	return ktime_to_ns(s->real) - t;
}

/* ------------------------------------------------------------------ pulse */
static struct pps_device *ppsdev;
static struct hrtimer pt, ct, nt;
static s64 pnext, praw, poff;		/* second, raw instant, offset of its pulse */
static u32 pflags;
static bool pdue;
static s64 ratio_bad, last_raw, last_mono;
static struct tty_port port;
static u32 dcd_count;
static bool dcd_level;
static void phc_pulse(s64 tru);
static s64 ptrail;			/* true time of the edge that ends the pulse */

static void set_dcd(bool on)
{
	struct tty_struct *tty = tty_port_tty_get(&port);

	dcd_level = on;
	dcd_count++;
	if (tty) {
		struct tty_ldisc *ld = tty_ldisc_ref(tty);

		if (ld) {
			if (ld->ops->dcd_change)
				ld->ops->dcd_change(tty, on);
			tty_ldisc_deref(ld);
		}
		if (!on && !C_CLOCAL(tty) && tty_port_check_carrier(&port))
			tty_hangup(tty);
		tty_kref_put(tty);
	}
	wake_up_interruptible(&port.delta_msr_wait);
}

static void pulse_plan(void)
{
	long t = pnext - sec0, v = 0;

	pflags = 0;
	poff = pps_lat_ns + gauss(pnext, 1, pps_jit_ns);
	if (pps_saw_ns) {
		u32 ph = (u32)((pnext * pps_saw_ppm + 7 * (pnext / 11)) % 1000);

		poff += div_s64((s64)ph * pps_saw_ns, 1000) - pps_saw_ns / 2;
	}
	if (outlier_ppm && chance(pnext, 2, outlier_ppm)) {
		poff += uniform(pnext, 3, outlier_ns);
		pflags |= F_OUT;
	}
	if (in_window(ppsoff, t, &v)) {
		poff += v;
		pflags |= F_OUT;
	}
	if (in_window(loss, t, NULL) || in_window(ppsloss, t, NULL))
		pflags |= F_LOSS;
	else if (miss_ppm && chance(pnext, 4, miss_ppm))
		pflags |= F_MISS;
	else
		pflags |= F_PPS;
	praw = raw_at(pnext * S_NS + poff, NULL);
}

static void edge(s64 raw, bool on)
{
	struct system_time_snapshot s;
	struct pps_event_time ts;

	if (mode == 1)
		do {
			ktime_get_snapshot(&s);
		} while (ktime_to_ns(s.raw) < raw);
	else
		ktime_get_snapshot(&s);
	if (mode == 0) {	/* the timestamp that an ideal capture would hold */
		s64 back = ktime_to_ns(s.raw) - raw, r = ktime_to_ns(s.real) - back;

		ts.ts_real = ns_to_timespec64(r + expo(raw / 1000, 5, pps_exp_ns));
	} else {
		pps_get_ts(&ts);
	}
	last_terr = clamp_t(s64, timespec64_to_ns(&ts.ts_real) - (ktime_to_ns(s.real) -
			    (ktime_to_ns(s.raw) - raw)), -S32_MAX, S32_MAX);
	if (ppsdev)
		pps_event(ppsdev, &ts, on ? PPS_CAPTUREASSERT : PPS_CAPTURECLEAR, NULL);
	if (dcd)
		set_dcd(on);
}

static enum hrtimer_restart clear_fn(struct hrtimer *t)
{
	edge(ktime_to_ns(ktime_get_raw()), false);
	if (phc_both)
		phc_pulse(ptrail);
	return HRTIMER_NORESTART;
}

static void rearm(s64 in)
{
	hrtimer_start(&pt, ktime_add_ns(ktime_get(), in > 0 ? in : 1), HRTIMER_MODE_ABS_HARD);
}

/* sleep towards raw instant; true when it has come (or is within reach) */
static bool approach(s64 raw)
{
	struct system_time_snapshot s;
	s64 now, left, mono;
	unsigned long f;

	local_irq_save(f);
	ktime_get_snapshot(&s);
	mono = ktime_get_ns();
	local_irq_restore(f);
	now = ktime_to_ns(s.raw);
	if (now - last_raw > 10000000) {
		s64 d = (mono - last_mono) - (now - last_raw);

		ratio_bad = abs(d) > div_s64(now - last_raw, 900);
	}
	last_raw = now;
	last_mono = mono;
	left = raw - now;
	if (left <= (mode == 1 ? 20000 : 0))
		return true;
	if (left > 3500000)
		rearm(left - max_t(s64, 2500000, ratio_bad ? left / 6 : 0));
	else if (mode == 1)
		rearm(left - 15000);
	else if (mode == 2)
		rearm(left);
	else
		rearm(left + 2000);
	return false;
}

static enum hrtimer_restart pulse_fn(struct hrtimer *t)
{
	struct system_time_snapshot s;
	s64 raw, tru, y12 = 0;
	struct rec *r;

	if (!approach(praw))
		return HRTIMER_NORESTART;
	if (!pdue) {			/* the second itself, when there is no pulse at it */
		ktime_get_snapshot(&s);
		raw = ktime_to_ns(s.raw);
		if (raw - praw > 1000000)
			late_n++;
		if (pflags & F_PPS) {
			edge(praw, true);
			phc_pulse(pnext * S_NS + poff);
			ptrail = pnext * S_NS + poff + pps_width_ms * 1000000LL;
			hrtimer_start(&ct, ktime_add_ns(ktime_get(), pps_width_ms * 1000000LL),
				      HRTIMER_MODE_ABS_HARD);
		}
		tru = truth_at(raw);
		raw_at(tru, &y12);
		if (logc < log_n) {
			r = &logv[logc];
			r->tru = tru;
			r->err = clock_err(&s, tru);
			r->toff = poff;
			r->y12 = y12;
			r->flags = pflags | (s.clock_was_set_seq & 1 ? F_SET : 0);
			r->late = min_t(s64, raw - praw, S32_MAX);
			r->terr = pflags & F_PPS ? last_terr : 0;
			smp_store_release(&logc, logc + 1);
		}
		wake_up_interruptible(&truth_wq);
		if (extra_ppm && chance(pnext, 6, extra_ppm) && (pflags & F_PPS)) {
			pdue = true;
			praw = raw_at(pnext * S_NS + 150000000 + (s64)(draw(pnext, 7) % 800000000), NULL);
			if (approach(praw))
				rearm(1);
			return HRTIMER_NORESTART;
		}
	} else {
		edge(praw, true);
		ptrail = truth_at(praw) + 20000000;
		phc_pulse(ptrail - 20000000);
		pdue = false;
		hrtimer_start(&ct, ktime_add_ns(ktime_get(), 20000000), HRTIMER_MODE_ABS_HARD);
	}
	pdue = false;
	pnext++;
	pulse_plan();
	if (approach(praw))
		rearm(1);
	return HRTIMER_NORESTART;
}

/* ------------------------------------------------------------------- NMEA */
static char nbuf[1024];
static int nlen, npos;
static s64 nsec_next;

static int sentence(char *o, int room, u64 n, int k, const char *body)
{
	const char *c;
	u8 sum = 0;
	int l;

	for (c = body; *c; c++)
		sum ^= *c;
	l = scnprintf(o, room, "$%s*%02X\r\n", body, sum);
	if (nmea_corrupt_ppm && chance(n, 200 + k, nmea_corrupt_ppm))
		o[1 + draw(n, 300 + k) % (l - 3)] ^= 1 << (draw(n, 400 + k) % 7);
	return l;
}

static void nmea_make(s64 sec)
{
	struct tm tm;
	char b[100], tod[16], date[16];
	bool sixty = leap > 0 && sec == leap_at;
	bool fix = !in_window(loss, sec - sec0, NULL);
	int used = fix ? nsat : 0, k = 0, i, j, l;

	time64_to_tm(leaped(sec) + nmea_off_s, 0, &tm);
	snprintf(tod, sizeof(tod), "%02d%02d%02d.00", tm.tm_hour, tm.tm_min, sixty ? 60 : tm.tm_sec);
	snprintf(date, sizeof(date), "%02d%02d%02d", tm.tm_mday, tm.tm_mon + 1, (int)(tm.tm_year % 100));
	nlen = 0;
#define PUT() (nlen += sentence(nbuf + nlen, sizeof(nbuf) - nlen, sec, k++, b))
	if (nmea_set & 1) {
		if (fix)
			snprintf(b, sizeof(b), "GPRMC,%s,A,4807.03800,N,01131.00000,E,0.021,,%s,,,A", tod, date);
		else
			snprintf(b, sizeof(b), "GPRMC,%s,V,,,,,,,%s,,,N", tod, date);
		PUT();
	}
	if (nmea_set & 2) {
		if (fix)
			snprintf(b, sizeof(b), "GPGGA,%s,4807.03800,N,01131.00000,E,1,%02d,0.92,545.4,M,46.9,M,,", tod, used);
		else
			snprintf(b, sizeof(b), "GPGGA,%s,,,,,0,00,99.99,,,,,,", tod);
		PUT();
	}
	if (nmea_set & 4) {
		l = snprintf(b, sizeof(b), "GPGSA,A,%d", fix ? 3 : 1);
		for (i = 0; i < 12; i++)
			l += i < used ? snprintf(b + l, sizeof(b) - l, ",%02d", 2 * i + 3)
				      : snprintf(b + l, sizeof(b) - l, ",");
		snprintf(b + l, sizeof(b) - l, fix ? ",1.71,0.92,1.45" : ",99.99,99.99,99.99");
		PUT();
	}
	if (nmea_set & 8) {
		snprintf(b, sizeof(b), "GPZDA,%s,%02d,%02d,%04ld,00,00", tod, tm.tm_mday, tm.tm_mon + 1, tm.tm_year + 1900);
		PUT();
	}
	if (nmea_set & 16)
		for (i = 0; i * 4 < nsat; i++) {
			l = snprintf(b, sizeof(b), "GPGSV,%d,%d,%02d", (nsat + 3) / 4, i + 1, nsat);
			for (j = 4 * i; j < nsat && j < 4 * i + 4; j++)
				l += snprintf(b + l, sizeof(b) - l, ",%02d,%02d,%03d,%02d", 2 * j + 3,
					      20 + 5 * j, 37 * j % 360, fix ? 30 + j : 8);
			PUT();
		}
#undef PUT
	npos = 0;
}

static void nmea_arm(s64 tru)
{
	s64 in = raw_at(tru, NULL) - ktime_to_ns(ktime_get_raw());

	hrtimer_start(&nt, ktime_add_ns(ktime_get(), in > 0 ? in : 1), HRTIMER_MODE_ABS_HARD);
}

static s64 nmea_due(int upto)	/* when the byte before `upto` has arrived */
{
	s64 j = gauss(nsec_next, 8, nmea_jit_us * 1000);

	return nsec_next * S_NS + max_t(s64, nmea_delay_us * 1000 + j, 1000000) +
	       div64_s64((s64)upto * 10 * S_NS, nmea_baud ?: 1);
}

static int chunk_end(void)
{
	char *e;

	if (nmea_chunk > 0)
		return min(npos + nmea_chunk, nlen);
	e = memchr(nbuf + npos, '\n', nlen - npos);
	return e ? e - nbuf + 1 : nlen;
}

static enum hrtimer_restart nmea_fn(struct hrtimer *t)
{
	int e;

	if (npos < nlen) {
		e = chunk_end();
		if (tty_port_initialized(&port)) {
			tty_insert_flip_string(&port, nbuf + npos, e - npos);
			tty_flip_buffer_push(&port);
		}
		npos = e;
	}
	while (npos >= nlen) {
		nsec_next++;
		if (nmea && !in_window(nmealoss, nsec_next - sec0, NULL))
			nmea_make(nsec_next);
		else
			break;
	}
	if (npos < nlen)
		nmea_arm(nmea_due(chunk_end()));
	else
		nmea_arm(nsec_next * S_NS + 500000000);
	return HRTIMER_NORESTART;
}

/* -------------------------------------------------------------------- tty */
static struct tty_driver *drv;
static DEFINE_KFIFO(fromtty, u8, 4096);
static DEFINE_SPINLOCK(flock);
static wait_queue_head_t feed_wq;

static int g_open(struct tty_struct *t, struct file *f) { return tty_port_open(&port, t, f); }
static void g_close(struct tty_struct *t, struct file *f) { tty_port_close(&port, t, f); }
static void g_hangup(struct tty_struct *t) { tty_port_hangup(&port); }
static unsigned int g_room(struct tty_struct *t) { return 4096; }
static int g_write(struct tty_struct *t, const unsigned char *b, int n)
{
	kfifo_in_spinlocked(&fromtty, b, n, &flock);
	wake_up_interruptible(&feed_wq);
	return n;
}
static int g_mget(struct tty_struct *t)
{
	return TIOCM_DTR | TIOCM_RTS | TIOCM_CTS | TIOCM_DSR | (dcd_level ? TIOCM_CAR : 0);
}
static int g_mset(struct tty_struct *t, unsigned int s, unsigned int c) { return 0; }
static int g_icount(struct tty_struct *t, struct serial_icounter_struct *c)
{
	memset(c, 0, sizeof(*c));
	c->dcd = dcd_count;
	return 0;
}
static int g_ioctl(struct tty_struct *t, unsigned int cmd, unsigned long arg)
{
	u32 was = dcd_count;

	if (cmd != TIOCMIWAIT)
		return -ENOIOCTLCMD;
	if (!(arg & TIOCM_CD))
		return -EINVAL;
	return wait_event_interruptible(port.delta_msr_wait, dcd_count != was);
}
static int g_getser(struct tty_struct *t, struct serial_struct *s)
{
	s->type = PORT_16550A; s->line = 0; s->baud_base = 115200;
	s->close_delay = 50; s->closing_wait = 3000;
	return 0;
}
static int g_setser(struct tty_struct *t, struct serial_struct *s) { return 0; }
static void g_termios(struct tty_struct *t, const struct ktermios *o) { }
static const struct tty_operations tops = {
	.open = g_open, .close = g_close, .hangup = g_hangup, .write = g_write, .write_room = g_room,
	.tiocmget = g_mget, .tiocmset = g_mset, .get_icount = g_icount, .ioctl = g_ioctl,
	.get_serial = g_getser, .set_serial = g_setser, .set_termios = g_termios,
};
static int g_carrier(struct tty_port *p) { return 1; }
static void g_dtr(struct tty_port *p, int on) { }
static int g_act(struct tty_port *p, struct tty_struct *t) { return 0; }
static void g_shut(struct tty_port *p) { }
static const struct tty_port_operations pops = {
	.carrier_raised = g_carrier, .dtr_rts = g_dtr, .activate = g_act, .shutdown = g_shut,
};

static ssize_t feed_write(struct file *f, const char __user *u, size_t n, loff_t *o)
{
	u8 b[256];
	size_t k = min(n, sizeof(b));

	if (copy_from_user(b, u, k))
		return -EFAULT;
	if (tty_port_initialized(&port)) {
		tty_insert_flip_string(&port, b, k);
		tty_flip_buffer_push(&port);
	}
	return k;
}
static ssize_t feed_read(struct file *f, char __user *u, size_t n, loff_t *o)
{
	u8 b[256];
	int k, r;

	if (kfifo_is_empty(&fromtty) && (f->f_flags & O_NONBLOCK))
		return -EAGAIN;
	r = wait_event_interruptible(feed_wq, !kfifo_is_empty(&fromtty));
	if (r)
		return r;
	k = kfifo_out_spinlocked(&fromtty, b, min(n, sizeof(b)), &flock);
	return copy_to_user(u, b, k) ? -EFAULT : k;
}
static __poll_t feed_poll(struct file *f, poll_table *w)
{
	poll_wait(f, &feed_wq, w);
	return EPOLLOUT | (kfifo_is_empty(&fromtty) ? 0 : EPOLLIN);
}
static const struct file_operations feed_fops = {
	.owner = THIS_MODULE, .write = feed_write, .read = feed_read, .poll = feed_poll,
};
static struct miscdevice feed_misc = { MISC_DYNAMIC_MINOR, "gpsfeed", &feed_fops };

/* -------------------------------------------------------------------- PHC */
static struct ptp_clock *ptp;
static s64 phc_t, phc_v, phc_adj12;	/* anchor: true, value; own adjustment */
static bool phc_ext;
module_param(phc_ext, bool, 0644);
MODULE_PARM_DESC(phc_ext, "whether the PHC stamps: as it was asked to, or as a reset has left it");
static DEFINE_SPINLOCK(plock);
/* with phc_poll_ms: one register for stamps and readings, and one user of the bus at a time */
static DEFINE_MUTEX(phc_bus);
static bool phc_reading, phc_waiting;	/* nothing is stamped; a stamp is in the register */
static s64 phc_stamp;
static struct delayed_work phc_work;

static s64 phc_at(s64 tru)
{
	s64 d = tru - phc_t;

	while (d > 4 * S_NS) {		/* keep products small */
		phc_v += 4 * S_NS + scale(4 * S_NS, phc_ppb * 1000 + phc_adj12, 0, NULL);
		phc_t += 4 * S_NS;
		d -= 4 * S_NS;
	}
	return phc_v + d + scale(d, phc_ppb * 1000 + phc_adj12, 0, NULL);
}
static s64 phc_now(struct ptp_system_timestamp *sts)
{
	s64 t;

	ptp_read_system_prets(sts);
	t = truth_at(ktime_to_ns(ktime_get_raw()));
	ptp_read_system_postts(sts);
	return phc_at(t);
}
/* over a slow bus, in the register that stamps wait in */
static void phc_slow_gettimex(struct timespec64 *ts, struct ptp_system_timestamp *sts)
{
	unsigned long f;
	s64 v;

	mutex_lock(&phc_bus);
	phc_reading = true;
	ptp_read_system_prets(sts);
	udelay(phc_bracket_us);
	spin_lock_irqsave(&plock, f);
	v = phc_at(truth_at(ktime_to_ns(ktime_get_raw())));
	spin_unlock_irqrestore(&plock, f);
	ptp_read_system_postts(sts);
	usleep_range(max(phc_read_us - phc_bracket_us, 1), max(phc_read_us - phc_bracket_us, 1) + 10);
	*ts = ns_to_timespec64(v - v % max(phc_gran_ns, 1));
	phc_waiting = phc_reading = false;
	mutex_unlock(&phc_bus);
}
static void phc_look(struct work_struct *w)
{
	struct ptp_clock_event e = { .type = PTP_CLOCK_EXTTS, .index = 0 };

	mutex_lock(&phc_bus);
	e.timestamp = phc_stamp;
	if (phc_ext && phc_stamp && (phc_waiting || phc_stuck))
		ptp_clock_event(ptp, &e);
	phc_waiting = false;
	if (phc_ext)
		schedule_delayed_work(&phc_work, msecs_to_jiffies(phc_poll_ms));
	mutex_unlock(&phc_bus);
}
static int phc_gettimex(struct ptp_clock_info *i, struct timespec64 *ts, struct ptp_system_timestamp *sts)
{
	unsigned long f;
	s64 v;

	if (phc_poll_ms) {
		phc_slow_gettimex(ts, sts);
		return 0;
	}
	spin_lock_irqsave(&plock, f);
	v = phc_now(sts);
	*ts = ns_to_timespec64(v - v % max(phc_gran_ns, 1));
	spin_unlock_irqrestore(&plock, f);
	return 0;
}
static void phc_anchor(s64 add)
{
	s64 t = truth_at(ktime_to_ns(ktime_get_raw())), v = phc_at(t);

	phc_t = t;
	phc_v = v + add;
}
static int phc_settime(struct ptp_clock_info *i, const struct timespec64 *ts)
{
	unsigned long f;

	spin_lock_irqsave(&plock, f);
	phc_anchor(0);
	phc_v = timespec64_to_ns(ts);
	spin_unlock_irqrestore(&plock, f);
	return 0;
}
static int phc_adjtime(struct ptp_clock_info *i, s64 d)
{
	unsigned long f;

	spin_lock_irqsave(&plock, f);
	phc_anchor(d);
	spin_unlock_irqrestore(&plock, f);
	return 0;
}
static int phc_adjfine(struct ptp_clock_info *i, long sppm)
{
	unsigned long f;

	spin_lock_irqsave(&plock, f);
	phc_anchor(0);
	phc_adj12 = div_s64((s64)sppm * 15625, 1024);	/* 2^-16 ppm -> 1e-12 */
	spin_unlock_irqrestore(&plock, f);
	return 0;
}
static int phc_enable(struct ptp_clock_info *i, struct ptp_clock_request *r, int on)
{
	if (r->type != PTP_CLK_REQ_EXTTS || r->extts.index)
		return -EOPNOTSUPP;
	if (phc_both && on && (r->extts.flags & PTP_STRICT_FLAGS) &&
	    (r->extts.flags & PTP_EXTTS_EDGES) != PTP_EXTTS_EDGES)
		return -EOPNOTSUPP;
	if (phc_pins && on && ptp_find_pin(ptp, PTP_PF_EXTTS, 0) < 0)
		return -EBUSY;
	phc_ext = on;
	if (phc_poll_ms && on)
		mod_delayed_work(system_wq, &phc_work, 0);
	return 0;
}
static int phc_verify(struct ptp_clock_info *i, unsigned int pin, enum ptp_pin_function f, unsigned int chan)
{
	return f == PTP_PF_PEROUT || f == PTP_PF_PHYSYNC ? -1 : 0;
}
static struct ptp_pin_desc phc_pin[4] = {
	{ .name = "SDP0", .index = 0 }, { .name = "SDP1", .index = 1 }, { .name = "SDP2", .index = 2 }, { .name = "SDP3", .index = 3 },
};
static struct ptp_clock_info phc_info = {
	.pin_config = phc_pin, .verify = phc_verify,
	.owner = THIS_MODULE, .name = "gpsrig phc", .max_adj = 500000000, .n_ext_ts = 1,
	.adjfine = phc_adjfine, .adjtime = phc_adjtime, .gettimex64 = phc_gettimex,
	.settime64 = phc_settime, .enable = phc_enable,
};
static void phc_pulse(s64 tru)
{
	struct ptp_clock_event e = { .type = PTP_CLOCK_EXTTS, .index = 0 };
	unsigned long f;

	if (!ptp || !phc_ext)
		return;
	spin_lock_irqsave(&plock, f);
	e.timestamp = phc_at(tru);
	e.timestamp -= e.timestamp % max(phc_gran_ns, 1);
	spin_unlock_irqrestore(&plock, f);
	if (phc_poll_ms) {
		if (!phc_reading && !phc_stuck) {
			phc_stamp = e.timestamp;
			phc_waiting = true;
		}
		return;
	}
	ptp_clock_event(ptp, &e);
}

/* ------------------------------------------------------------- /dev/truth */
static ssize_t truth_read(struct file *f, char __user *u, size_t n, loff_t *o)
{
	char *b;
	size_t l = 0;
	ssize_t r;

	b = kvmalloc(n = min_t(size_t, n, 65536), GFP_KERNEL);
	if (!b)
		return -ENOMEM;
	while (*o < smp_load_acquire(&logc) && l + 120 < n) {
		struct rec *q = &logv[(*o)++];

		l += scnprintf(b + l, n - l, "%lld.%09lld %lld %lld %lld %u %d %d\n",
			       div_s64(q->tru, S_NS), q->tru - div_s64(q->tru, S_NS) * S_NS,
			       q->err, q->toff, q->y12, q->flags, q->late, q->terr);
	}
	r = copy_to_user(u, b, l) ? -EFAULT : l;
	kvfree(b);
	return r;
}

/* the receiver is unplugged as a USB one is: whoever has its line open is hung up, and line and pulses go */
static bool plugged = true;
static DEFINE_MUTEX(plug_lock);

static int pps_begin(void);

static int plug(bool in)
{
	struct device *d;
	int r = 0;

	mutex_lock(&plug_lock);
	if (in && !plugged) {
		d = tty_port_register_device(&port, drv, 0, NULL);
		r = IS_ERR(d) ? PTR_ERR(d) : pps_begin();
	} else if (!in && plugged) {
		struct tty_struct *tty = tty_port_tty_get(&port);
		struct pps_device *old = ppsdev;

		/* pulses are made in hard interrupts of the one processor that there is */
		local_irq_disable();
		ppsdev = NULL;
		local_irq_enable();
		if (old)
			pps_unregister_source(old);
		if (tty) {
			tty_vhangup(tty);
			tty_kref_put(tty);
		}
		tty_port_unregister_device(&port, drv, 0);
	}
	plugged = in;
	mutex_unlock(&plug_lock);
	return r;
}

/* commands: "wait S", "plug", "unplug", "exit N" (isa-debug-exit) */
static ssize_t truth_write(struct file *f, const char __user *u, size_t n, loff_t *o)
{
	char b[64];
	long v;
	size_t k = min(n, sizeof(b) - 1);
	int r;

	if (copy_from_user(b, u, k))
		return -EFAULT;
	b[k] = 0;
	if (sscanf(b, "wait %ld", &v) == 1) {
		r = wait_event_interruptible(truth_wq, pnext - sec0 > v);
		return r ? r : n;
	}
	if (sysfs_streq(b, "plug") || sysfs_streq(b, "unplug")) {
		r = plug(b[0] == 'p');
		return r ? r : n;
	}
	if (sscanf(b, "exit %ld", &v) == 1) {
		outb(v, 0x501);
		return n;
	}
	return -EINVAL;
}
static const struct file_operations truth_fops = {
	.owner = THIS_MODULE, .read = truth_read, .write = truth_write, .llseek = default_llseek,
};
static struct miscdevice truth_misc = { MISC_DYNAMIC_MINOR, "truth", &truth_fops };

/* one line: raw real truth err(ns); each open gives a fresh one */
static ssize_t now_read(struct file *f, char __user *u, size_t n, loff_t *o)
{
	struct system_time_snapshot s;
	char b[160];
	s64 t;
	int l;

	if (*o)
		return 0;
	ktime_get_snapshot(&s);
	t = truth_at(ktime_to_ns(s.raw));
	l = scnprintf(b, sizeof(b), "%lld %lld %lld %lld %u\n", ktime_to_ns(s.raw), ktime_to_ns(s.real),
		      t, clock_err(&s, t), late_n);
	return simple_read_from_buffer(u, n, o, b, l);
}
static const struct file_operations now_fops = { .owner = THIS_MODULE, .read = now_read };
static struct miscdevice now_misc = { MISC_DYNAMIC_MINOR, "truthnow", &now_fops };

static ssize_t out_write(struct file *f, const char __user *u, size_t n, loff_t *o)
{
	u8 b[512];
	size_t k = min(n, sizeof(b));

	if (copy_from_user(b, u, k))
		return -EFAULT;
	outsb(0xe9, b, k);
	return k;
}
static const struct file_operations out_fops = { .owner = THIS_MODULE, .write = out_write };
static struct miscdevice out_misc = { MISC_DYNAMIC_MINOR, "hostout", &out_fops };

/* ------------------------------------------------------------------- init */
static void stop_all(void)
{
	hrtimer_cancel(&pt); hrtimer_cancel(&ct); hrtimer_cancel(&nt);
	hrtimer_cancel(&pt); hrtimer_cancel(&ct);
}

static int pps_begin(void)
{
	struct pps_source_info info = {
		.name = "gpsrig", .owner = THIS_MODULE,
		.mode = PPS_CAPTUREBOTH | PPS_OFFSETASSERT | PPS_OFFSETCLEAR | PPS_CANWAIT | PPS_TSFMT_TSPEC,
	};
	struct pps_device *p;

	if (!pps)
		return 0;
	p = pps_register_source(&info, PPS_CAPTUREASSERT | PPS_OFFSETASSERT);
	if (IS_ERR(p))
		return PTR_ERR(p);
	ppsdev = p;
	return 0;
}

static int __init rig_init(void)
{
	struct system_time_snapshot s;
	struct device *d;

	init_waitqueue_head(&truth_wq);
	init_waitqueue_head(&feed_wq);
	logv = vzalloc(array_size(log_n, sizeof(*logv)));
	if (!logv)
		return -ENOMEM;
	ktime_get_snapshot(&s);
	ring[0].raw = ktime_to_ns(s.raw);
	ring[0].tru = (epoch ? epoch * S_NS : ktime_to_ns(s.real)) + start_off;
	ring[0].rem = 0;
	ring[0].y12 = freq_ppb * 1000;
	nstep = 1;
	t_load = ring[0].tru;
	sec0 = div_s64(t_load, S_NS) + 1;
	last_raw = ktime_to_ns(s.raw);
	last_mono = ktime_get_ns();

	tty_port_init(&port);
	port.ops = &pops;
	drv = tty_alloc_driver(1, TTY_DRIVER_REAL_RAW | TTY_DRIVER_DYNAMIC_DEV);
	if (IS_ERR(drv))
		return PTR_ERR(drv);
	drv->driver_name = "gpsrig";
	drv->name = "ttyGPS";
	drv->type = TTY_DRIVER_TYPE_SERIAL;
	drv->subtype = SERIAL_TYPE_NORMAL;
	drv->init_termios = tty_std_termios;
	drv->init_termios.c_cflag = B9600 | CS8 | CREAD | HUPCL | CLOCAL;
	tty_set_operations(drv, &tops);
	if (tty_register_driver(drv))
		return -EIO;
	d = tty_port_register_device(&port, drv, 0, NULL);
	if (IS_ERR(d))
		return PTR_ERR(d);
	misc_register(&feed_misc);
	misc_register(&truth_misc);
	misc_register(&now_misc);
	misc_register(&out_misc);
	if (pps_begin())
		return -EIO;
	phc_t = t_load;
	phc_v = t_load + phc_off_s * S_NS;
	phc_info.n_pins = clamp(phc_pins, 0, 4);
	INIT_DELAYED_WORK(&phc_work, phc_look);
	if (phc) {
		ptp = ptp_clock_register(&phc_info, NULL);
		if (IS_ERR(ptp))
			return PTR_ERR(ptp);
	}
	hrtimer_init(&pt, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_HARD);
	pt.function = pulse_fn;
	hrtimer_init(&ct, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_HARD);
	ct.function = clear_fn;
	hrtimer_init(&nt, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_HARD);
	nt.function = nmea_fn;
	pnext = sec0;
	pulse_plan();
	if (approach(praw))
		rearm(1);
	nsec_next = sec0 - 1;
	nmea_arm(sec0 * S_NS);
	pr_info("gpsrig: truth %lld at load\n", t_load);
	return 0;
}

static void __exit rig_exit(void)
{
	stop_all();
	if (ppsdev)
		pps_unregister_source(ppsdev);
	phc_ext = false;
	cancel_delayed_work_sync(&phc_work);
	if (ptp)
		ptp_clock_unregister(ptp);
	misc_deregister(&feed_misc);
	misc_deregister(&truth_misc);
	misc_deregister(&now_misc);
	misc_deregister(&out_misc);
	if (plugged)
		tty_port_unregister_device(&port, drv, 0);
	tty_unregister_driver(drv);
	tty_driver_kref_put(drv);
	tty_port_destroy(&port);
	vfree(logv);
}

module_init(rig_init);
module_exit(rig_exit);
MODULE_LICENSE("Dual MIT/GPL");
MODULE_DESCRIPTION("GPS receiver, PPS and hidden true time for a test guest");
