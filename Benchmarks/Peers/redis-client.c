// Sets random keys of a Redis server through a unix socket: SOCKET KEYS COUNT DEPTH, or SOCKET KEYS COUNT wait; or gets
// them: SOCKET KEYS COUNT get.
//
// With a depth, four packets of so many commands are on their way at any time, so that the server never waits for the
// client. With `wait`, each SET comes with a WAIT for one replica in the same packet, and the next when both are
// answered; prints p50 and p99 in microseconds. With `get`, one GET after the other; prints nanoseconds of each.
#include "peer.h"
#include <sys/socket.h>
#include <sys/un.h>

enum { value_bytes = 240, packets = 4 };
static int server;
static uint64_t keys;

static int put_set(char *to) {
    char key[32];
    int length = snprintf(key, sizeof key, "key:%llu", (unsigned long long)random_below(keys));
    int count = sprintf(to, "*3\r\n$3\r\nSET\r\n$%d\r\n%s\r\n$%d\r\n", length, key, value_bytes);
    memset(to + count, 'x', value_bytes);
    memcpy(to + count + value_bytes, "\r\n", 2);
    return count + value_bytes + 2;
}

static void send_all(const char *bytes, int count) {
    while (count > 0) {
        ssize_t sent = write(server, bytes, count);
        if (sent <= 0) perror("write"), exit(1);
        bytes += sent, count -= sent;
    }
}

/// Reads until so many more answers, a line each, have come. What comes beyond them counts for the next call.
static void await(int more) {
    static int answers;
    char lines[65536];
    answers += more;
    while (answers > 0) {
        ssize_t count = read(server, lines, sizeof lines);
        if (count <= 0) perror("read"), exit(1);
        for (ssize_t i = 0; i < count; i++) {
            answers -= lines[i] == '\n';
            if (lines[i] == '-') fprintf(stderr, "%.*s", (int)count, lines), exit(1);
        }
    }
}

static void pipelined(int count, int depth) {
    char *packet = malloc((size_t)depth * 320);
    int packets_left = (count + depth - 1) / depth, under_way = 0;
    while (packets_left > 0 || under_way > 0) {
        for (; under_way < packets && packets_left > 0; under_way++, packets_left--) {
            int bytes = 0;
            for (int i = 0; i < depth; i++) bytes += put_set(packet + bytes);
            send_all(packet, bytes);
        }
        await(depth);
        under_way--;
    }
}

static void waiting(int count) {
    static const char wait[] = "*3\r\n$4\r\nWAIT\r\n$1\r\n1\r\n$1\r\n0\r\n";
    double *delays = malloc(sizeof *delays * count);
    char packet[1024];
    for (int i = 0; i < count; i++) {
        double begun = nanoseconds();
        int bytes = put_set(packet);
        memcpy(packet + bytes, wait, sizeof wait - 1);
        send_all(packet, bytes + sizeof wait - 1);
        await(2);
        delays[i] = nanoseconds() - begun;
    }
    print_percentiles("", delays, count);
}

static void getting(int count) {
    char packet[128], key[32];
    double begun = nanoseconds();
    for (int i = 0; i < count; i++) {
        int length = snprintf(key, sizeof key, "key:%llu", (unsigned long long)random_below(keys));
        send_all(packet, sprintf(packet, "*2\r\n$3\r\nGET\r\n$%d\r\n%s\r\n", length, key));
        // Its length, and the value.
        await(2);
    }
    printf("%.1f\n", (nanoseconds() - begun) / count);
}

int main(int count, char **words) {
    if (count != 5) return fprintf(stderr, "usage: redis-client SOCKET KEYS COUNT DEPTH|wait|get\n"), 2;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", words[1]);
    server = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(server, (void *)&address, sizeof address)) return perror(words[1]), 1;
    keys = strtoull(words[2], NULL, 10);
    if (strcmp(words[4], "wait") == 0) waiting(atoi(words[3]));
    else if (strcmp(words[4], "get") == 0) getting(atoi(words[3]));
    else pipelined(atoi(words[3]), atoi(words[4]));
}
