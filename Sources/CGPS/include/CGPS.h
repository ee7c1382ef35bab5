/* gpsd's messages, decoded by libgps. The library is not linked: it is looked for when a gpsd clock is configured, so a
 * program built with this runs where libgps is missing, and the D-Bus, C++ and systemd libraries that come with libgps
 * stay away from everybody else. TIMEBALL_WITHOUT_LIBGPS builds it as if there were no gps.h. */
#ifndef CGPS_H
#define CGPS_H

#include <stdint.h>

/* What cgps_open answers. */
enum cgps_outcome {
    CGPS_READY,
    /* There was no gps.h when this was built, or one before API 11. */
    CGPS_BUILT_WITHOUT,
    /* No libgps of this API is installed. */
    CGPS_NOT_INSTALLED,
    /* What is installed puts its answers elsewhere than the gps.h that this was built with says. */
    CGPS_OTHER_LIBRARY,
    CGPS_NO_MEMORY
};

enum cgps_kind { CGPS_NOTHING, CGPS_VERSION, CGPS_DEVICES, CGPS_DEVICE, CGPS_FIX, CGPS_SKY, CGPS_ERROR };

/* A message. Numbers that are missing are NAN, and 0 where that is no value; texts are never NULL and stay until the next
 * message. */
struct cgps_message {
    enum cgps_kind kind;
    /* VERSION. */
    int32_t protocol_major, protocol_minor;
    /* VERSION: the release. ERROR: the message. */
    const char *text;
    /* DEVICES and DEVICE: how many, for cgps_device. */
    int32_t device_count;
    /* SKY: how many, for cgps_satellite. */
    int32_t satellite_count;
    /* TPV: the receiver's UTC; both 0 where there is none. */
    int64_t seconds, nanoseconds;
    /* TPV: mode 0 unseen, 1 none, 2 2D, 3 3D; status 0 ... 9 as in gps.h; GPS - UTC. */
    int32_t mode, status, leap_seconds;
    /* TPV: degrees, degrees, metres above the ellipsoid. */
    double latitude, longitude, height;
    /* SKY: dilutions of precision. */
    double pdop, hdop, tdop;
};

struct cgps_device {
    const char *path, *driver, *subtype, *subtype1;
    /* When gpsd opened it, seconds since 1970; 0 where it is closed. */
    int64_t activated;
};

struct cgps_satellite {
    /* gnssid and svid as u-blox has them; svid 0: only the NMEA number is known. */
    int32_t gnssid, svid, prn, used;
    /* dBHz, degrees, degrees. */
    double signal, elevation, azimuth;
};

struct cgps;

/* Loads libgps and tries it: messages with known contents must arrive where this build looks for them. `path` names a
 * library; NULL tries the names that belong to this build's API. `session` is set for CGPS_READY. */
enum cgps_outcome cgps_open(const char *path, struct cgps **session);
/* The library stays loaded: those that it has brought cannot be unloaded safely. */
void cgps_close(struct cgps *session);
/* Decodes one JSON object without line end; CGPS_NOTHING where libgps takes nothing from it. */
void cgps_unpack(struct cgps *session, const char *line, struct cgps_message *message);
/* A device of the last message, index 0 ... device_count - 1. */
void cgps_device(const struct cgps *session, int32_t index, struct cgps_device *device);
/* A satellite of the last message, index 0 ... satellite_count - 1. */
void cgps_satellite(const struct cgps *session, int32_t index, struct cgps_satellite *satellite);
/* GPSD_API_MAJOR_VERSION of the gps.h that this was built with; 0 without. */
int cgps_api(void);
/* The names that cgps_open tries, with blanks between them; empty without. */
const char *cgps_libraries(void);

#endif
