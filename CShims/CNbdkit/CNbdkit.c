#define _GNU_SOURCE
#include "include/CNbdkit.h"

#if __has_include(<nbdkit-plugin.h>)

#include <CLinuxMemory.h>

#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

#include <dirent.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define THREAD_MODEL NBDKIT_THREAD_MODEL_PARALLEL

enum { TEXT_BYTES = 4096, REQUEST_BYTES = 32 << 20 };

void plugin_say_error(const char *text) { nbdkit_error("%s", text); }

static int answer(int error) {
    if (error == 0) return 0;
    nbdkit_set_error(error);
    return -1;
}

static int configure(const char *key, const char *value) { return answer(standby_configure(key, value)); }
static int configured(void) { return answer(standby_configured()); }

// nbdkit ends with its supervisor by a SIGTERM, at which it waits for its connections. One whose other end has lost its
// power says nothing more, and would keep the copy and the port from the next standby for 20 s. So it is killed.
static int start(void) {
    int sign = 0;
    if (prctl(PR_GET_PDEATHSIG, &sign) == 0 && sign != 0) prctl(PR_SET_PDEATHSIG, SIGKILL);
    return answer(standby_start());
}

static const char *name_of_export(int readonly, int is_tls) {
    char text[TEXT_BYTES];
    standby_export_name(text, sizeof text);
    return nbdkit_strdup_intern(text);
}

static int list(int readonly, int is_tls, struct nbdkit_exports *exports) {
    return nbdkit_add_export(exports, name_of_export(readonly, is_tls), NULL);
}

// A peer that has lost its power sends no FIN. nbdkit would keep its connection, and a thread or sixteen for it, for
// ever; so the kernel asks whether it is there. The connection's descriptor is nbdkit's secret: it is the one with this
// peer.
static void ask_for_signs_of_life(const struct sockaddr_storage *peer, socklen_t bytes) {
    DIR *directory = opendir("/proc/self/fd");
    if (!directory) return;
    for (struct dirent *entry; (entry = readdir(directory));) {
        int file = atoi(entry->d_name);
        struct sockaddr_storage found;
        socklen_t count = sizeof found;
        if (entry->d_name[0] == '.' || getpeername(file, (struct sockaddr *)&found, &count) != 0) continue;
        if (count != bytes || memcmp(&found, peer, bytes) != 0) continue;
        socket_keep_alive(file, 5, 5, 3, 20000);
    }
    closedir(directory);
}

static void *open_connection(int readonly) {
    struct sockaddr_storage peer = {0};
    socklen_t bytes = sizeof peer;
    char host[NI_MAXHOST], service[NI_MAXSERV], text[sizeof host + sizeof service + 4] = "local";
    if (nbdkit_peer_name((struct sockaddr *)&peer, &bytes) == 0
        && (peer.ss_family == AF_INET || peer.ss_family == AF_INET6)) {
        ask_for_signs_of_life(&peer, bytes);
        if (getnameinfo((struct sockaddr *)&peer, bytes, host, sizeof host, service, sizeof service,
                        NI_NUMERICHOST | NI_NUMERICSERV) == 0)
            snprintf(text, sizeof text, peer.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, service);
    }
    const char *name = nbdkit_export_name();
    int error = EIO;
    void *connection = name ? standby_open(name, text, &error) : NULL;
    if (!connection) nbdkit_set_error(error);
    return connection;
}

static const char *describe(void *connection) {
    char text[TEXT_BYTES];
    standby_describe(connection, text, sizeof text);
    return nbdkit_strdup_intern(text);
}

static int is_writable(void *connection) { return standby_is_writable(connection); }
static int always(void *connection) { return 1; }
static int never(void *connection) { return 0; }
static int flushes_for_fua(void *connection) { return NBDKIT_FUA_EMULATE; }

static int block_size(void *connection, uint32_t *minimum, uint32_t *preferred, uint32_t *maximum) {
    *minimum = 1;
    *preferred = 4096;
    *maximum = REQUEST_BYTES;
    return 0;
}

static int read_bytes(void *connection, void *bytes, uint32_t count, uint64_t offset, uint32_t flags) {
    return answer(standby_read(connection, bytes, count, offset));
}

static int write_bytes(void *connection, const void *bytes, uint32_t count, uint64_t offset, uint32_t flags) {
    return answer(standby_write(connection, bytes, count, offset));
}

static int zero(void *connection, uint32_t count, uint64_t offset, uint32_t flags) {
    return answer(standby_zero(connection, count, offset));
}

static int flush(void *connection, uint32_t flags) { return answer(standby_flush(connection)); }

static struct nbdkit_plugin plugin = {
    .name = "tandem",
    .longname = "Tandem standby",
    .description = "A copy of live tables, with a fence between its primaries",
    .config = configure,
    .config_complete = configured,
    .config_help = "copy=PATH      the copy's data file\n"
                   "name=NAME      the export's name\n"
                   "events=FD      where to tell what happens, a line each\n",
    .magic_config_key = "copy",
    .after_fork = start,
    .unload = standby_stop,
    .list_exports = list,
    .default_export = name_of_export,
    .open = open_connection,
    .close = standby_close,
    .export_description = describe,
    .get_size = standby_size,
    .can_write = is_writable,
    .can_flush = always,
    .can_trim = never,
    .can_zero = always,
    .can_fua = flushes_for_fua,
    .can_multi_conn = never,
    .block_size = block_size,
    .pread = read_bytes,
    .pwrite = write_bytes,
    .zero = zero,
    .flush = flush,
};

NBDKIT_REGISTER_PLUGIN(plugin)

#else

#include <stdio.h>

void plugin_say_error(const char *text) { fprintf(stderr, "%s\n", text); }

// Built where nbdkit's header was not: it loads, and says so.
void *plugin_init(void) {
    plugin_say_error("built without nbdkit-plugin.h: install nbdkit-plugin-dev, and build Tandem again");
    return NULL;
}

#endif
