#define _GNU_SOURCE
#include "CGPS.h"

#include <stddef.h>

#if !defined(TIMEBALL_WITHOUT_LIBGPS) && defined(__has_include)
#if __has_include(<gps.h>)
#include <gps.h>
/* Before API 11 (3.22) the structures differ in more than their places. */
#if GPSD_API_MAJOR_VERSION >= 11
#define HAS_LIBGPS 1
#endif
#endif
#endif

#ifdef HAS_LIBGPS

#include <dlfcn.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The sonames that upstream gave each API. API 14 has had three with two layouts, API 16 one with two: the trial in
 * cgps_open tells them apart. */
#if GPSD_API_MAJOR_VERSION == 11
#define LIBRARIES "libgps.so.28"
#elif GPSD_API_MAJOR_VERSION == 12
#define LIBRARIES "libgps.so.29"
#elif GPSD_API_MAJOR_VERSION == 14
#define LIBRARIES "libgps.so.30 libgps.so.31 libgps.so.29"
#elif GPSD_API_MAJOR_VERSION == 16
#define LIBRARIES "libgps.so.32"
#else
#define LIBRARIES "libgps.so"
#endif

/* libgps writes into a block of this size, so that a libgps whose structure is larger than ours does no harm before
 * the trial has found it out: five times the largest known (49 464 bytes). */
#define BLOCK_SIZE (256 * 1024)

/* What gps_unpack calls for each object of its text, with this signature in 3.22 ... 3.27.5. gps_unpack itself will not do:
 * it begins again for ever with an object that it does not like, such as one with a number for a path. */
static const char entry[] = "libgps_json_unpack";
typedef int unpack_function(const char *text, struct gps_data_t *data, const char **end);

struct cgps {
    unpack_function *unpack;
    struct gps_data_t *data;
    enum cgps_kind kind;
};

#define MEMBER(name) (((struct gps_data_t *)0)->name)
#define IS(type, name) __builtin_types_compatible_p(__typeof__(MEMBER(name)), type)
_Static_assert(sizeof(struct gps_data_t) <= BLOCK_SIZE / 4, "gps_data_t is larger than expected: enlarge BLOCK_SIZE");
_Static_assert(IS(struct timespec, fix.time) && IS(int, fix.mode) && IS(int, fix.status), "gps_fix_t");
_Static_assert(IS(double, fix.latitude) && IS(int, leap_seconds) && IS(double, dop.tdop), "gps_fix_t and dop_t");
_Static_assert(IS(double, skyview[0].ss) && IS(short, skyview[0].PRN) && IS(double, skyview[0].azimuth), "satellite_t");
_Static_assert(sizeof(MEMBER(skyview[0].gnssid)) <= 4 && sizeof(MEMBER(skyview[0].svid)) <= 4, "satellite_t");
_Static_assert(sizeof(MEMBER(dev.path)) > 1 && IS(struct timespec, dev.activated), "devconfig_t");
_Static_assert(sizeof(MEMBER(set)) == 8 && IS(int, version.proto_major), "gps_data_t");

void cgps_unpack(struct cgps *session, const char *line, struct cgps_message *message) {
    struct gps_data_t *data = session->data;
    /* All of it, not only `set`: nothing of an earlier message is to be taken for this one's. */
    memset(data, 0, sizeof *data);
    const char *end = line;
    int status = session->unpack(line, data, &end);
    *message = (struct cgps_message){
        .text = "", .latitude = NAN, .longitude = NAN, .height = NAN, .pdop = NAN, .hdop = NAN, .tdop = NAN,
    };
    session->kind = CGPS_NOTHING;
    if (status != 0) return;
    if (data->set & VERSION_SET) {
        message->kind = CGPS_VERSION;
        message->protocol_major = data->version.proto_major;
        message->protocol_minor = data->version.proto_minor;
        message->text = data->version.release;
    } else if (data->set & ERROR_SET) {
        message->kind = CGPS_ERROR;
        message->text = data->error;
    } else if (data->set & DEVICELIST_SET) {
        message->kind = CGPS_DEVICES;
        long count = (long)data->devices.ndevices;
        message->device_count = count < 0 ? 0 : count > MAXUSERDEVS ? MAXUSERDEVS : (int32_t)count;
    } else if (data->set & DEVICE_SET) {
        message->kind = CGPS_DEVICE;
        message->device_count = 1;
    } else if (data->set & SATELLITE_SET) {
        message->kind = CGPS_SKY;
        long count = (long)data->satellites_visible;
        message->satellite_count = count < 0 ? 0 : count > MAXCHANNELS ? MAXCHANNELS : (int32_t)count;
        message->pdop = data->dop.pdop;
        message->hdop = data->dop.hdop;
        message->tdop = data->dop.tdop;
    } else if (data->set & (STATUS_SET | MODE_SET | TIME_SET)) {
        message->kind = CGPS_FIX;
        message->mode = data->fix.mode;
        message->status = data->fix.status;
        message->leap_seconds = data->leap_seconds;
        /* What a message does not tell is NAN there, or the 0 of the block where libgps leaves it alone. */
        if (data->set & LATLON_SET) {
            message->latitude = data->fix.latitude;
            message->longitude = data->fix.longitude;
            if (data->set & ALTITUDE_SET) message->height = data->fix.altHAE;
        }
        if (data->set & TIME_SET) {
            message->seconds = data->fix.time.tv_sec;
            message->nanoseconds = data->fix.time.tv_nsec;
        }
    }
    session->kind = message->kind;
}

void cgps_device(const struct cgps *session, int32_t index, struct cgps_device *device) {
    const struct gps_data_t *data = session->data;
    const struct devconfig_t *found =
        session->kind == CGPS_DEVICES && index >= 0 && index < MAXUSERDEVS ? &data->devices.list[index] : &data->dev;
    *device = (struct cgps_device){
        .path = found->path, .driver = found->driver, .subtype = found->subtype, .subtype1 = found->subtype1,
        .activated = found->activated.tv_sec,
    };
}

void cgps_satellite(const struct cgps *session, int32_t index, struct cgps_satellite *satellite) {
    const struct satellite_t *found = &session->data->skyview[index >= 0 && index < MAXCHANNELS ? index : 0];
    *satellite = (struct cgps_satellite){
        .gnssid = found->gnssid, .svid = found->svid, .prn = found->PRN, .used = found->used,
        .signal = found->ss, .elevation = found->elevation, .azimuth = found->azimuth,
    };
}

/* Whether every field that is read above is where libgps puts it, and libgps puts nothing beyond our structure. Fractions
 * are such that doubles hold them exactly. */
static int is_as_built(struct cgps *session) {
    struct cgps_message m;
    struct cgps_device d;
    struct cgps_satellite s;
    cgps_unpack(
        session, "{\"class\":\"VERSION\",\"release\":\"3.x\",\"rev\":\"r\",\"proto_major\":77,\"proto_minor\":78}", &m);
    if (m.kind != CGPS_VERSION || m.protocol_major != 77 || m.protocol_minor != 78 || strcmp(m.text, "3.x")) return 0;
    cgps_unpack(session, "{\"class\":\"ERROR\",\"message\":\"alas\"}", &m);
    if (m.kind != CGPS_ERROR || strcmp(m.text, "alas")) return 0;
    cgps_unpack(
        session,
        "{\"class\":\"TPV\",\"device\":\"/dev/x\",\"status\":2,\"mode\":3,\"time\":\"2001-09-09T01:46:40.500Z\","
        "\"leapseconds\":13,\"lat\":-12.5,\"lon\":100.25,\"altHAE\":32.125}",
        &m);
    if (m.kind != CGPS_FIX || m.mode != 3 || m.status != 2 || m.leap_seconds != 13 || m.latitude != -12.5
        || m.longitude != 100.25 || m.height != 32.125 || m.seconds != 1000000000 || m.nanoseconds != 500000000)
        return 0;
    cgps_unpack(
        session,
        "{\"class\":\"SKY\",\"device\":\"/dev/x\",\"xdop\":0.5,\"ydop\":0.25,\"vdop\":1.5,\"tdop\":2.5,\"hdop\":3.5,"
        "\"gdop\":4.5,\"pdop\":5.5,\"satellites\":["
        "{\"PRN\":1,\"el\":2.0,\"az\":3.0,\"ss\":4.0,\"used\":false,\"gnssid\":0,\"svid\":1,\"health\":1},"
        "{\"PRN\":301,\"el\":12.0,\"az\":13.0,\"ss\":14.0,\"used\":true,\"gnssid\":2,\"svid\":5,\"health\":2}]}",
        &m);
    if (m.kind != CGPS_SKY || m.tdop != 2.5 || m.hdop != 3.5 || m.pdop != 5.5 || m.satellite_count != 2)
        return 0;
    cgps_satellite(session, 1, &s);
    if (s.prn != 301 || s.gnssid != 2 || s.svid != 5 || s.used != 1 || s.signal != 14.0
        || s.elevation != 12.0 || s.azimuth != 13.0)
        return 0;
    cgps_unpack(
        session,
        "{\"class\":\"DEVICE\",\"path\":\"/dev/a\",\"activated\":\"2001-09-09T01:46:40.000Z\",\"driver\":\"b\","
        "\"subtype\":\"c\",\"subtype1\":\"d\"}",
        &m);
    cgps_device(session, 0, &d);
    if (m.kind != CGPS_DEVICE || strcmp(d.path, "/dev/a") || strcmp(d.driver, "b") || strcmp(d.subtype, "c")
        || strcmp(d.subtype1, "d") || d.activated != 1000000000)
        return 0;
    cgps_unpack(
        session,
        "{\"class\":\"DEVICES\",\"devices\":[{\"class\":\"DEVICE\",\"path\":\"/dev/a\"},"
        "{\"class\":\"DEVICE\",\"path\":\"/dev/b\",\"driver\":\"c\",\"subtype\":\"d\",\"subtype1\":\"e\"}]}",
        &m);
    cgps_device(session, 1, &d);
    if (m.kind != CGPS_DEVICES || m.device_count != 2 || strcmp(d.path, "/dev/b") || strcmp(d.driver, "c")
        || strcmp(d.subtype, "d") || strcmp(d.subtype1, "e"))
        return 0;
    const char *block = (const char *)session->data;
    for (size_t offset = sizeof *session->data; offset < BLOCK_SIZE; offset++)
        if (block[offset]) return 0;
    return 1;
}

/* Tries one library. */
static enum cgps_outcome try_library(struct cgps *session, const char *name) {
    void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (!library) return CGPS_NOT_INSTALLED;
    void *symbol = dlsym(library, entry);
    if (!symbol) return CGPS_OTHER_LIBRARY;
    memcpy(&session->unpack, &symbol, sizeof symbol);
    memset(session->data, 0, BLOCK_SIZE);
    return is_as_built(session) ? CGPS_READY : CGPS_OTHER_LIBRARY;
}

enum cgps_outcome cgps_open(const char *path, struct cgps **session) {
    struct cgps *opened = calloc(1, sizeof *opened);
    struct gps_data_t *data = calloc(1, BLOCK_SIZE);
    enum cgps_outcome best = CGPS_NO_MEMORY;
    if (opened && data) {
        opened->data = data;
        char names[] = LIBRARIES, *rest = names;
        best = CGPS_NOT_INSTALLED;
        const char *name = path ? path : strtok_r(names, " ", &rest);
        while (name) {
            enum cgps_outcome outcome = try_library(opened, name);
            if (outcome == CGPS_READY) {
                *session = opened;
                return CGPS_READY;
            }
            if (outcome == CGPS_OTHER_LIBRARY) best = outcome;
            name = path ? NULL : strtok_r(NULL, " ", &rest);
        }
    }
    free(opened);
    free(data);
    return best;
}

void cgps_close(struct cgps *session) {
    free(session->data);
    free(session);
}

int cgps_api(void) { return GPSD_API_MAJOR_VERSION; }
const char *cgps_libraries(void) { return LIBRARIES; }

#else

enum cgps_outcome cgps_open(const char *path, struct cgps **session) {
    (void)path;
    (void)session;
    return CGPS_BUILT_WITHOUT;
}
/* Nobody has a session. */
void cgps_close(struct cgps *session) { (void)session; }
void cgps_unpack(struct cgps *session, const char *line, struct cgps_message *message) {
    (void)session;
    (void)line;
    *message = (struct cgps_message){.text = ""};
}
void cgps_device(const struct cgps *session, int32_t index, struct cgps_device *device) {
    (void)session;
    (void)index;
    *device = (struct cgps_device){.path = "", .driver = "", .subtype = "", .subtype1 = ""};
}
void cgps_satellite(const struct cgps *session, int32_t index, struct cgps_satellite *satellite) {
    (void)session;
    (void)index;
    *satellite = (struct cgps_satellite){0};
}
int cgps_api(void) { return 0; }
const char *cgps_libraries(void) { return ""; }

#endif
