#define _GNU_SOURCE
#include "include/CLinuxMemory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

// A socket at the path. An address has room for 107 bytes; through a directory's descriptor any path is short.
static int at(const char *path, int (*act)(int, const struct sockaddr *, socklen_t)) {
    char directory[4096];
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    size_t count = slash == path ? 1 : slash ? (size_t)(slash - path) : 0;
    if (count >= sizeof directory) return -ENAMETOOLONG;
    memcpy(directory, path, count);
    directory[count] = 0;
    int place = open(count ? directory : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (place < 0) return -errno;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int written = snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", place, name);
    int file = -1, error = 0;
    if (written < 0 || (size_t)written >= sizeof address.sun_path) error = ENAMETOOLONG;
    else if ((file = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0) error = errno;
    else if (act(file, (struct sockaddr *)&address, sizeof address) != 0) error = errno;
    close(place);
    if (error == 0) return file;
    if (file >= 0) close(file);
    return -error;
}

static int bind_and_listen(int file, const struct sockaddr *address, socklen_t count) {
    // The mode is there from the start.
    if (fchmod(file, 0600) != 0 || bind(file, address, count) != 0) return -1;
    return chmod(((const struct sockaddr_un *)address)->sun_path, 0600) != 0 || listen(file, 16) != 0 ? -1 : 0;
}

int local_listen(const char *path) { return at(path, bind_and_listen); }

int local_connect(const char *path) { return at(path, connect); }

int local_accept(int listener) {
    for (;;) {
        int file = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (file < 0) {
            if (errno == EINTR || errno == ECONNABORTED) continue;
            return -errno;
        }
        struct ucred peer;
        socklen_t count = sizeof peer;
        if (getsockopt(file, SOL_SOCKET, SO_PEERCRED, &peer, &count) == 0 && (peer.uid == 0 || peer.uid == geteuid()))
            return file;
        close(file);
    }
}
