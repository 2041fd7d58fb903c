// A worker puts calls in by their Call-ID and is killed, like the replicator beside it;
// the copy takes over, and every call that the copy was said to have is found there.
//
//     cc take-over.c $(pkg-config --cflags --libs tandem) && ./a.out /dev/shm/calls /dev/shm/calls.copy

#include "calls.h"

#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <tandem.h>
#include <unistd.h>

enum { SECOND = 1000000000, CALLS = 500 };
static const struct tandem_table_definition tables[] = {
    {.name = "calls", .payload_bytes = sizeof(struct call), .kind = TANDEM_KEYED, .capacity = 10000, .key_bytes = 64}};

static tandem_slots *calls_of(tandem_source *source) {
    tandem_slots *calls;
    if (tandem_slots_open(source, "calls", 64, sizeof(struct call), &calls)) errx(1, "%s", tandem_last_error());
    return calls;
}

// Sets calls up until it is killed, and says of each when the copy has it, too.
static void work(tandem_source *source, int told) {
    tandem_slots *calls = calls_of(source);
    tandem_writer *writer;
    if (tandem_writer_open(source, &writer)) errx(1, "%s", tandem_last_error());
    for (unsigned number = 0;; number++) {
        struct call call = {.state = CALL_RINGING, .trunk = number};
        char id[64];
        int found, result, size = snprintf(id, sizeof id, "%u@pc33.example", number);
        do {
            tandem_begin(writer);
            found = tandem_insert(writer, calls, id, (size_t)size, &call, NULL);
            result = tandem_commit_replicated(writer, 10ull * SECOND);
        } while (result == TANDEM_CONFLICT);
        if (result) errx(1, "%s", tandem_last_error());
        if (found == TANDEM_OK && write(told, &number, sizeof number) < 0) err(1, "write");
    }
}

int main(int count, char **arguments) {
    tandem_source *source;
    int told[2];
    unsigned number, seen = 0;
    if (count != 3) errx(2, "usage: %s SOURCE COPY", arguments[0]);
    if (tandem_create(arguments[1], tables, 1, NULL, &source)) errx(1, "%s", tandem_last_error());
    pid_t replicator = fork();
    if (replicator == 0) {
        execlp("tandem", "tandem", "replicate", arguments[1], "--to", arguments[2], (char *)NULL);
        err(1, "tandem");
    }
    if (pipe(told)) err(1, "pipe");
    pid_t worker = fork();
    if (worker == 0) work(source, told[1]);
    close(told[1]);
    while (read(told[0], &number, sizeof number) == sizeof number)
        if (++seen == CALLS) kill(worker, SIGKILL);
    kill(replicator, SIGKILL);
    while (wait(NULL) > 0) continue;

    if (fork() == 0) {
        execlp("tandem", "tandem", "promote", arguments[2], (char *)NULL);
        err(1, "tandem");
    }
    wait(NULL);
    tandem_source *promoted;
    if (tandem_open(arguments[2], &promoted)) errx(1, "%s", tandem_last_error());
    tandem_slots *calls = calls_of(promoted);
    for (number = 0; number < seen; number++) {
        struct call call;
        char id[64];
        int size = snprintf(id, sizeof id, "%u@pc33.example", number);
        if (tandem_find(calls, id, (size_t)size, &call, NULL) || call.trunk != number) errx(1, "%s is lost", id);
    }
    printf("all of %u calls are there\n", seen);
    return seen < CALLS;
}
