// LMDB: BYTES DISK SCALE. One record a transaction, in the process of the caller and without a copy: `updates` are not
// flushed and lie in memory, `durable` ones are flushed to the disk; `finds` each see what is committed.
#include "peer.h"
#include <lmdb.h>

#define OK(call) \
    do { \
        int error = (call); \
        if (error) printf("missing %s: %s\n", #call, mdb_strerror(error)), exit(0); \
    } while (0)

struct store {
    MDB_env *environment;
    MDB_dbi records;
    uint64_t count;
    char path[4096];
};

static char value[240];

static void put(struct store *store, MDB_txn *transaction, uint64_t index, unsigned flags) {
    MDB_val key = {sizeof index, &index}, data = {sizeof value, value};
    OK(mdb_put(transaction, store->records, &key, &data, flags));
}

static void fill(struct store *store, const char *parent, uint64_t count) {
    snprintf(store->path, sizeof store->path, "%s/tandem-bench-peer-lmdb-%d", parent, getpid());
    mkdir(store->path, 0700);
    store->count = count;
    OK(mdb_env_create(&store->environment));
    OK(mdb_env_set_mapsize(store->environment, 512u << 20 | count * 1024));
    OK(mdb_env_open(store->environment, store->path, MDB_NOSYNC, 0600));
    MDB_txn *transaction;
    OK(mdb_txn_begin(store->environment, NULL, 0, &transaction));
    OK(mdb_dbi_open(transaction, NULL, MDB_INTEGERKEY, &store->records));
    for (uint64_t index = 0; index < count; index++) put(store, transaction, index, MDB_APPEND);
    OK(mdb_txn_commit(transaction));
}

static void drop(struct store *store) {
    mdb_env_close(store->environment);
    char command[4200];
    snprintf(command, sizeof command, "rm -rf '%s'", store->path);
    if (system(command)) perror(store->path);
}

/// Changes so many random records, each in a transaction of its own; how long each took.
static double *change(struct store *store, int count) {
    double *delays = malloc(sizeof *delays * count);
    for (int i = 0; i < count; i++) {
        double begun = nanoseconds();
        memcpy(value, &begun, sizeof begun);
        MDB_txn *transaction;
        OK(mdb_txn_begin(store->environment, NULL, 0, &transaction));
        put(store, transaction, random_below(store->count), 0);
        OK(mdb_txn_commit(transaction));
        delays[i] = nanoseconds() - begun;
    }
    return delays;
}

/// Nanoseconds of finding a random record, and adding its words up.
static double find(struct store *store, int count) {
    uint64_t sum = 0;
    MDB_txn *transaction;
    OK(mdb_txn_begin(store->environment, NULL, MDB_RDONLY, &transaction));
    double begun = nanoseconds();
    for (int i = 0; i < count; i++) {
        uint64_t index = random_below(store->count);
        MDB_val key = {sizeof index, &index}, data;
        mdb_txn_reset(transaction);
        OK(mdb_txn_renew(transaction));
        OK(mdb_get(transaction, store->records, &key, &data));
        sum += sum_of(data.mv_data);
    }
    double each = (nanoseconds() - begun) / count;
    mdb_txn_abort(transaction);
    return sum == 1 ? 0 : each;
}

int main(int arguments, char **words) {
    if (arguments != 4) return fprintf(stderr, "usage: lmdb BYTES DISK SCALE\n"), 2;
    uint64_t count = strtoull(words[1], NULL, 10) / 256;
    double scale = atof(words[3]);
    struct store in_memory = {0}, on_disk = {0};
    printf("version LMDB %d.%d.%d, no copy\n", MDB_VERSION_MAJOR, MDB_VERSION_MINOR, MDB_VERSION_PATCH);
    fill(&in_memory, "/dev/shm", count);
    fill(&on_disk, words[2], count < 262144 ? count : 262144);
    OK(mdb_env_sync(on_disk.environment, 1));
    OK(mdb_env_set_flags(on_disk.environment, MDB_NOSYNC, 0));
    puts("ready updates durable finds");
    fflush(stdout);
    for (char line[64]; fgets(line, sizeof line, stdin);) {
        if (strcmp(line, "updates\n") == 0) {
            int updates = at_least(5000, 400000 * scale);
            double begun = nanoseconds();
            free(change(&in_memory, updates));
            printf("updates %.6f\n", updates / (nanoseconds() - begun) * 1e3);
        } else if (strcmp(line, "finds\n") == 0) {
            printf("finds %.1f\n", find(&in_memory, at_least(20000, 2000000 * scale)));
        } else {
            int commits = at_least(50, 500 * scale);
            double *delays = change(&on_disk, commits);
            print_percentiles("durable", delays, commits);
            free(delays);
        }
        fflush(stdout);
    }
    drop(&in_memory);
    drop(&on_disk);
}
