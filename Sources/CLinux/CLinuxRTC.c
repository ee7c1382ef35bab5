#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <linux/rtc.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>

static int read_time(int descriptor, struct clx_civil_time *time) {
    struct rtc_time fields;
    memset(&fields, 0, sizeof fields);
    if (ioctl(descriptor, RTC_RD_TIME, &fields) < 0) return -errno;
    /* A driver may put anything: the sums wrap, and the caller looks at them. */
    *time = (struct clx_civil_time){
        .year = (int32_t)((uint32_t)fields.tm_year + 1900), .month = (int32_t)((uint32_t)fields.tm_mon + 1),
        .day = fields.tm_mday, .hour = fields.tm_hour, .minute = fields.tm_min, .second = fields.tm_sec,
    };
    return 0;
}

static int set_time(int descriptor, const struct clx_civil_time *time) {
    struct rtc_time fields = {
        .tm_year = time->year - 1900, .tm_mon = time->month - 1, .tm_mday = time->day,
        .tm_hour = time->hour, .tm_min = time->minute, .tm_sec = time->second,
    };
    return ioctl(descriptor, RTC_SET_TIME, &fields) < 0 ? -errno : 0;
}

int clx_rtc(int descriptor, enum clx_rtc_request request, struct clx_civil_time *time) {
    switch (request) {
    case CLX_RTC_READ: return read_time(descriptor, time);
    case CLX_RTC_SET: return set_time(descriptor, time);
    case CLX_RTC_UPDATES_ON: return ioctl(descriptor, RTC_UIE_ON, 0) < 0 ? -errno : 0;
    case CLX_RTC_UPDATES_OFF: return ioctl(descriptor, RTC_UIE_OFF, 0) < 0 ? -errno : 0;
    }
    return -EINVAL;
}
