// What a keyed table costs from C, beside a one-record transaction: 1,024 keys of 8 bytes
// with records of 240, which stay in the cache; 128 more come and go. Five rounds of each.
//
//     cc -O2 keyed-cost.c $(pkg-config --cflags --libs tandem) && ./a.out /dev/shm/cost

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tandem.h>
#include <time.h>
#include <unistd.h>

enum { KEYS = 1024, BATCH = 128, BATCHES = 1600, FINDS = 1000000, ROUNDS = 5, COSTS = 4 };

struct record {
    uint64_t words[30];
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

static void put(tandem_writer *writer, tandem_slots *slots, uint64_t key) {
    struct record record = {{key}};
    tandem_begin(writer);
    if (tandem_insert(writer, slots, &key, sizeof key, &record, NULL) || tandem_commit(writer))
        errx(1, "%s", tandem_last_error());
}

static void take(tandem_writer *writer, tandem_slots *slots, uint64_t key) {
    tandem_begin(writer);
    if (tandem_remove_key(writer, slots, &key, sizeof key) || tandem_commit(writer))
        errx(1, "%s", tandem_last_error());
}

static void change(tandem_writer *writer, const tandem_table *plain, uint64_t index) {
    tandem_begin(writer);
    struct record *record = tandem_hold(writer, plain, index);
    if (record)
        for (int i = 0; i < 30; i++) record->words[i]++;
    if (tandem_commit(writer)) errx(1, "%s", tandem_last_error());
}

int main(int count, char **arguments) {
    static const struct tandem_table_definition tables[] = {
        {.name = "keyed", .payload_bytes = sizeof(struct record), .kind = TANDEM_KEYED, .capacity = KEYS * 5 / 4,
         .key_bytes = 8},
        {.name = "plain", .payload_bytes = sizeof(struct record), .kind = TANDEM_SHARED, .capacity = KEYS}};
    static const char *const names[COSTS] = {"find", "transaction", "insert", "remove"};
    double costs[COSTS][ROUNDS] = {{0}};
    tandem_source *source;
    tandem_writer *writer;
    tandem_slots *slots;
    volatile uint64_t sum = 0;
    if (count != 2) errx(2, "usage: %s SOURCE (a name that is free)", arguments[0]);
    if (tandem_create(arguments[1], tables, 2, NULL, &source) || tandem_writer_open(source, &writer)
        || tandem_slots_open(source, "keyed", 8, sizeof(struct record), &slots))
        errx(1, "%s", tandem_last_error());
    unlink(arguments[1]);
    const tandem_table *plain = tandem_find_table(source, "plain");
    for (uint64_t key = 0; key < KEYS; key++) put(writer, slots, key * 0x9e3779b97f4a7c15);
    for (int round = 0; round < ROUNDS; round++) {
        double start = now();
        for (uint64_t i = 0; i < FINDS; i++) {
            struct record record;
            uint64_t key = i * 7 % KEYS * 0x9e3779b97f4a7c15, words = 0;
            if (tandem_find(slots, &key, sizeof key, &record, NULL)) errx(1, "a key is lost");
            for (int word = 0; word < 30; word++) words += record.words[word];
            sum += words;
        }
        costs[0][round] = (now() - start) / FINDS;
        start = now();
        for (uint64_t i = 0; i < BATCH * BATCHES; i++) change(writer, plain, i % KEYS);
        costs[1][round] = (now() - start) / (BATCH * BATCHES);
        for (uint64_t batch = 0; batch < BATCHES; batch++) {
            uint64_t first = (batch * BATCH) | 1ull << 63;
            start = now();
            for (uint64_t key = first; key < first + BATCH; key++) put(writer, slots, key);
            double middle = now();
            for (uint64_t key = first; key < first + BATCH; key++) take(writer, slots, key);
            costs[2][round] += (middle - start) / (BATCH * BATCHES);
            costs[3][round] += (now() - middle) / (BATCH * BATCHES);
        }
    }
    for (int cost = 0; cost < COSTS; cost++) {
        qsort(costs[cost], ROUNDS, sizeof **costs, ascending);
        const double *sorted = costs[cost];
        printf("%s %.0f ns (median of %d; %.0f to %.0f)\n", names[cost], sorted[ROUNDS / 2], ROUNDS, sorted[0],
               sorted[ROUNDS - 1]);
    }
    tandem_slots_close(slots);
    tandem_writer_close(writer);
    tandem_close(source);
    return 0;
}
