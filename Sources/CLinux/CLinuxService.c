#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

int clx_notify(const char *socket_name, const char *text) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(socket_name);
    /* sd_notify(3): anything else is another kind of address, or none. */
    if ((socket_name[0] != '/' && socket_name[0] != '@') || length < 2) return -EAFNOSUPPORT;
    if (length >= sizeof address.sun_path) return -ENAMETOOLONG;
    memcpy(address.sun_path, socket_name, length);
    if (socket_name[0] == '@') address.sun_path[0] = 0;
    /* Anew each time, as the manager may have restarted; a plain type, because clknetsim refuses flags. */
    int descriptor = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (descriptor < 0) return -errno;
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    ssize_t sent = sendto(
        descriptor, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)&address, size);
    int outcome = sent < 0 ? -errno : 0;
    close(descriptor);
    return outcome;
}
