// What a one-record transaction costs from C, beside the same change of plain memory:
// 1,024 records of 240 bytes, which stay in the cache. Five rounds of each, in turns.
//
//     cc -O2 cost.c $(pkg-config --cflags --libs tandem) && ./a.out /dev/shm/cost

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <tandem.h>
#include <time.h>
#include <unistd.h>

enum { RECORDS = 1024, TRANSACTIONS = 2000000, ROUNDS = 5 };

struct record {
    uint64_t count;
    char rest[232];
};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e9 + time.tv_nsec;
}

static int ascending(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

int main(int count, char **arguments) {
    static const struct tandem_table_definition tables[] = {
        {.name = "records", .payload_bytes = sizeof(struct record), .kind = TANDEM_PARTITIONED, .capacity = RECORDS}};
    static volatile struct record plain[RECORDS];
    tandem_source *source;
    tandem_writer *writer;
    double alone[ROUNDS], whole[ROUNDS];
    if (count != 2) errx(2, "usage: %s SOURCE (a name that is free)", arguments[0]);
    if (tandem_create(arguments[1], tables, 1, NULL, &source) || tandem_writer_open(source, &writer))
        errx(1, "%s", tandem_last_error());
    unlink(arguments[1]);
    const tandem_table *records = tandem_find_table(source, "records");
    for (int round = 0; round < ROUNDS; round++) {
        double start = now();
        for (uint64_t i = 0; i < TRANSACTIONS; i++) plain[i * 7 % RECORDS].count++;
        double middle = now();
        for (uint64_t i = 0; i < TRANSACTIONS; i++) {
            tandem_begin(writer);
            struct record *record = tandem_hold(writer, records, i * 7 % RECORDS);
            if (record) record->count++;
            if (tandem_commit(writer)) errx(1, "%s", tandem_last_error());
        }
        alone[round] = (middle - start) / TRANSACTIONS;
        whole[round] = (now() - middle) / TRANSACTIONS;
    }
    qsort(alone, ROUNDS, sizeof *alone, ascending);
    qsort(whole, ROUNDS, sizeof *whole, ascending);
    printf("a plain change %.2f ns, a transaction %.2f ns (median of %d; %.2f to %.2f)\n", alone[ROUNDS / 2],
           whole[ROUNDS / 2], ROUNDS, whole[0], whole[ROUNDS - 1]);
    tandem_writer_close(writer);
    tandem_close(source);
    return 0;
}
