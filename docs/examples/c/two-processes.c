// Two processes write calls; one of them is killed in the middle of a transaction, and
// the other goes on and finds every record whole.
//
//     cc two-processes.c $(pkg-config --cflags --libs tandem) && ./a.out /dev/shm/calls

#include "calls.h"

#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <tandem.h>
#include <unistd.h>

static const struct tandem_table_definition tables[] = {
    {.name = "calls", .payload_bytes = sizeof(struct call), .kind = TANDEM_SHARED, .capacity = 100000},
};

// Sets a call up, or says why that is not possible.
static int ring(tandem_writer *writer, const tandem_table *calls, uint64_t number) {
    int result;
    do {
        tandem_begin(writer);
        struct call *call = tandem_hold(writer, calls, number);
        if (call) {
            call->state = CALL_RINGING;
            snprintf(call->caller, sizeof call->caller, "+4312345%llu", (unsigned long long)number);
        }
        result = tandem_commit(writer);
    } while (result == TANDEM_CONFLICT);
    return result;
}

int main(int count, char **arguments) {
    tandem_source *source;
    tandem_writer *writer;
    if (count != 2) errx(2, "usage: %s SOURCE", arguments[0]);
    if (tandem_open_or_create(arguments[1], tables, 1, NULL, &source)) errx(1, "%s", tandem_last_error());
    const tandem_table *calls = tandem_find_table(source, "calls");

    pid_t child = fork();
    if (child < 0) err(1, "fork");
    if (child == 0) {
        // Each process opens writers of its own.
        if (tandem_writer_open(source, &writer)) errx(1, "%s", tandem_last_error());
        if (ring(writer, calls, 1)) errx(1, "%s", tandem_last_error());
        tandem_begin(writer);
        struct call *half = tandem_hold(writer, calls, 2);
        if (half) half->state = CALL_ANSWERED;
        kill(getpid(), SIGKILL);  // record 2 is locked, and changed
    }
    waitpid(child, NULL, 0);

    if (tandem_writer_open(source, &writer)) errx(1, "%s", tandem_last_error());
    struct call one, two;
    if (tandem_read(calls, 1, &one, sizeof one) || tandem_read(calls, 2, &two, sizeof two))
        errx(1, "%s", tandem_last_error());
    printf("call 1: state %u, %s\ncall 2: state %u\n", one.state, one.caller, two.state);
    if (ring(writer, calls, 2)) errx(1, "%s", tandem_last_error());
    puts("call 2 was put back, and rings now");
    tandem_writer_close(writer);
    tandem_close(source);
    return one.state == CALL_RINGING && two.state == CALL_FREE ? 0 : 1;
}
