// SQLite with a write-ahead log: BYTES DISK SCALE. One row by its key a transaction, in the process of the caller and
// without a copy: `updates` are not flushed and lie in memory, `durable` ones are flushed to the disk.
#include "peer.h"
#include <sqlite3.h>

struct store {
    sqlite3 *database;
    sqlite3_stmt *update;
    uint64_t count;
    char path[4096];
};

static char value[240];

static void must(struct store *store, int isDone, const char *what) {
    if (!isDone) printf("missing %s: %s\n", what, sqlite3_errmsg(store->database)), exit(0);
}

static void run(struct store *store, const char *statement) {
    must(store, sqlite3_exec(store->database, statement, NULL, NULL, NULL) == SQLITE_OK, statement);
}

static void fill(struct store *store, const char *parent, uint64_t count, const char *synchronous) {
    snprintf(store->path, sizeof store->path, "%s/tandem-bench-peer-sqlite-%d", parent, getpid());
    store->count = count;
    must(store, sqlite3_open(store->path, &store->database) == SQLITE_OK, store->path);
    run(store, "pragma journal_mode=wal; pragma synchronous=off; pragma cache_size=-1000000");
    run(store, "create table records (id integer primary key, value blob); begin");
    sqlite3_stmt *insert;
    sqlite3_prepare_v2(store->database, "insert into records values (?, ?)", -1, &insert, NULL);
    for (uint64_t index = 0; index < count; index++) {
        sqlite3_bind_int64(insert, 1, index);
        sqlite3_bind_blob(insert, 2, value, sizeof value, SQLITE_STATIC);
        must(store, sqlite3_step(insert) == SQLITE_DONE, "insert");
        sqlite3_reset(insert);
    }
    sqlite3_finalize(insert);
    run(store, "commit; pragma wal_checkpoint(truncate)");
    run(store, synchronous);
    sqlite3_prepare_v2(store->database, "update records set value = ? where id = ?", -1, &store->update, NULL);
}

static void drop(struct store *store) {
    sqlite3_finalize(store->update);
    sqlite3_close(store->database);
    unlink(store->path);
}

/// Changes so many random rows, each in a transaction of its own; how long each took.
static double *change(struct store *store, int count) {
    double *delays = malloc(sizeof *delays * count);
    for (int i = 0; i < count; i++) {
        double begun = nanoseconds();
        memcpy(value, &begun, sizeof begun);
        sqlite3_bind_blob(store->update, 1, value, sizeof value, SQLITE_STATIC);
        sqlite3_bind_int64(store->update, 2, random_below(store->count));
        must(store, sqlite3_step(store->update) == SQLITE_DONE, "update");
        sqlite3_reset(store->update);
        delays[i] = nanoseconds() - begun;
    }
    return delays;
}

int main(int arguments, char **words) {
    if (arguments != 4) return fprintf(stderr, "usage: sqlite BYTES DISK SCALE\n"), 2;
    uint64_t count = strtoull(words[1], NULL, 10) / 256;
    double scale = atof(words[3]);
    struct store in_memory = {0}, on_disk = {0};
    printf("version SQLite %s, write-ahead log, no copy\n", sqlite3_libversion());
    fill(&in_memory, "/dev/shm", count, "pragma synchronous=off");
    fill(&on_disk, words[2], count < 262144 ? count : 262144, "pragma synchronous=full");
    puts("ready updates durable");
    fflush(stdout);
    for (char line[64]; fgets(line, sizeof line, stdin);) {
        if (strcmp(line, "updates\n") == 0) {
            int updates = at_least(5000, 100000 * scale);
            double begun = nanoseconds();
            free(change(&in_memory, updates));
            printf("updates %.6f\n", updates / (nanoseconds() - begun) * 1e3);
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
