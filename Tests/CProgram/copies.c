// Commits that wait for several copies, beside a replicator that capi.sh runs.
//
//     copies SOURCE both     two copies are there: a commit can wait for both, and not for three
//     copies SOURCE one      one of the two is away: a commit is on one, and in time not on both

#include "check.h"

#include <stdint.h>
#include <string.h>
#include <tandem.h>

static const uint64_t MILLISECOND = 1000000;

// What a commit answers that waits for so many copies.
static int added(tandem_writer *writer, const tandem_table *counters, uint64_t nanoseconds, uint32_t copies) {
    int result;
    do {
        tandem_begin(writer);
        uint64_t *counter = tandem_hold(writer, counters, 0);
        if (counter) ++*counter;
        result = tandem_commit_replicated_by(writer, nanoseconds, copies);
    } while (result == TANDEM_CONFLICT);
    return result;
}

int main(int count, char **arguments) {
    CHECK(count == 3);
    const uint32_t most = strcmp(arguments[2], "both") == 0 ? 2 : 1;
    tandem_source *source;
    tandem_writer *writer;
    CHECK(tandem_open(arguments[1], &source) == TANDEM_OK);
    CHECK(tandem_writer_open(source, &writer) == TANDEM_OK);
    const tandem_table *counters = tandem_find_table(source, "counters");
    CHECK(counters != NULL);
    for (uint32_t copies = 1; copies <= most; copies++)
        CHECK(added(writer, counters, 10000 * MILLISECOND, copies) == TANDEM_OK);
    if (most == 1) CHECK(added(writer, counters, 200 * MILLISECOND, 2) == TANDEM_NOT_REPLICATED_IN_TIME);
    CHECK(added(writer, counters, MILLISECOND, 3) == TANDEM_BAD_ARGUMENT);
    tandem_writer_close(writer);
    tandem_close(source);
    return failed != 0;
}
