// Tandem for C: tables of fixed-size records in shared memory, changed in
// transactions by several processes, with live copies that a replicator keeps.
//
//     tandem_source *source;
//     tandem_writer *writer;
//     if (tandem_open("/dev/shm/calls", &source) || tandem_writer_open(source, &writer))
//         errx(1, "%s", tandem_last_error());
//     const tandem_table *calls = tandem_find_table(source, "calls");
//     int result;
//     do {
//         tandem_begin(writer);
//         struct call *call = tandem_hold(writer, calls, 7);
//         if (call)
//             call->state = ANSWERED;
//         result = tandem_commit(writer);
//     } while (result == TANDEM_CONFLICT);
//
// What holds for every function, where it does not say otherwise:
//
// Errors.   A function that returns `int` returns TANDEM_OK or another code of
//           `enum tandem_code`; one that returns a pointer returns NULL. The calling
//           thread's `tandem_last_error` then says what was wrong, where, and what
//           to do. Nothing was changed. A null argument is TANDEM_BAD_ARGUMENT.
// Threads.  A source and its tables may be used by any thread. A writer is used by
//           one thread at a time; make one for each thread, early, and keep it.
// Signals.  The library installs no handler and starts no thread. No function may be
//           called from a handler of signals.
// Crash.    A process may die at any instruction, also by kill -9. Its transaction is
//           rolled back, or forward if it had committed, by whoever needs its records
//           or its slot, and by the replicator.
// Fork.     A child may read, and open writers of its own. A writer that its parent
//           opened is not the child's: functions with it say TANDEM_FORKED there, or do
//           nothing, and its lock and its transaction stay the parent's alone.
// Exec.     Descriptors are closed, writers with them.

#ifndef TANDEM_H
#define TANDEM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define TANDEM_CHECKED __attribute__((warn_unused_result))
#else
#define TANDEM_CHECKED
#endif

// The number in the library's name, as this header has it: raised when a program that was
// built for another would not work.
#define TANDEM_INTERFACE 0

// What a function's answer means. The numbers stay as they are.
enum tandem_code {
    TANDEM_OK = 0,

    // Transactions.
    TANDEM_CONFLICT = 1,               // another writer holds a record: run the transaction again
    TANDEM_INDEX_OUT_OF_RANGE = 2,     // the table has no such record
    TANDEM_TRANSACTION_TOO_LARGE = 3,  // more records or bytes than a transaction may change
    TANDEM_RECORD_IN_USE = 4,          // a record has stayed locked by a live writer for a second
    TANDEM_SUPERSEDED = 5,             // a promoted copy has taken over; final for this source
    TANDEM_ABORTED = 6,
    TANDEM_WRONG_SIZE = 7,             // a buffer has not the length of the table's records
    TANDEM_NOT_REPLICATED_IN_TIME = 8, // committed here, not seen on the copy in time: do not repeat it
    TANDEM_READ_CONTENDED = 9,         // a record's header makes no sense: memory was written over
    TANDEM_FOREIGN_TABLE = 10,         // a table of another source than the writer's
    TANDEM_HELD_BY_THIS_THREAD = 11,   // another writer of this thread holds the record
    TANDEM_RECORD_DAMAGED = 12,        // locked by nobody who will unlock it: memory was written over
    TANDEM_HANDING_OVER = 13,          // the source is handed over to a copy: try again, in a moment it goes
                                       // on, or is superseded

    // Files.
    TANDEM_NOT_TANDEM = 20,
    TANDEM_FORMAT_VERSION = 21,
    TANDEM_CORRUPT = 22,
    TANDEM_WRONG_LENGTH = 23,
    TANDEM_WRONG_ROLE = 24,            // a copy where a source is wanted: promote it first
    TANDEM_WRONG_SCHEMA = 25,          // other tables or sizes than the file has
    TANDEM_UNSAFE_FILE = 26,           // a link, a special file, somebody else's, open to others
    TANDEM_NOT_FOUND = 27,
    TANDEM_EXISTS = 28,
    TANDEM_NO_SPACE = 29,
    TANDEM_IN_USE = 30,
    TANDEM_INPUT_OUTPUT = 31,
    TANDEM_NOT_PROMOTABLE = 32,
    TANDEM_SAME_FILE = 33,

    // Arguments and the machine.
    TANDEM_BAD_ARGUMENT = 40,
    TANDEM_NO_WRITER_SLOT = 41,        // all slots are held by running writers
    TANDEM_UNAVAILABLE = 42,           // the machine, the kernel or its rules do not allow it
    TANDEM_NO_SUCH_TABLE = 43,

    // Keyed tables.
    TANDEM_TABLE_FULL = 60,
    TANDEM_TABLE_DAMAGED = 61,
    TANDEM_KEY_TOO_LONG = 62,

    // Only of this interface.
    TANDEM_NOT_BEGUN = 90,             // no transaction is under way
    TANDEM_ALREADY_BEGUN = 91,         // one is: commit or abort it first
    TANDEM_FORKED = 92,                // the writer is the parent process's

    // Answers rather than failures: they leave `tandem_last_error` and a transaction alone.
    TANDEM_ABSENT = 95,                // there is no such key, or no record of this handle any more
    TANDEM_PRESENT = 96,               // the key is there already
};

typedef struct tandem_source_handle tandem_source;
typedef struct tandem_table_handle tandem_table;
typedef struct tandem_writer_handle tandem_writer;
typedef struct tandem_slots_handle tandem_slots;
typedef struct tandem_wheel_handle tandem_wheel;

// The name of a record that was given out: never 0, and never that of another which
// stands in its place later. Good in every process, and after a promotion.
typedef uint64_t tandem_handle;

// The interface of the library that runs: TANDEM_INTERFACE, where the two belong together.
int tandem_interface(void);

// What the calling thread's last failure was about, in one line: subject, problem,
// remedy. Valid until the thread's next failure; "" before the first. Never NULL.
const char *tandem_last_error(void);

// The name of a code, as "conflict"; "unknown" for one that this version has not.
const char *tandem_code_name(int code);

// ── sources ──

// How records of a table are found, and who may change one.
enum tandem_kind {
    TANDEM_PARTITIONED = 0,  // by index; one writer at a time, by the program's own arrangement
    TANDEM_SHARED = 1,       // by index; any writer at any time
    TANDEM_KEYED = 2,        // by key or handle; any writer at any time. See `tandem_slots`
    TANDEM_SLOTS = 3,        // by handle; any writer at any time. See `tandem_slots`
};

struct tandem_table_definition {
    const char *name;        // 1 to 31 letters, digits, '-', '_' or '.'; keyed ones and slots to 26
    uint32_t payload_bytes;  // of one record, 1 to 65,520; of the last two kinds, 16 bytes and the key less
    uint32_t kind;           // of enum tandem_kind
    uint64_t capacity;       // records, 1 to 4,294,967,295

    // Keyed tables and slots only; 0 in those of other kinds.
    uint32_t key_bytes;      // of the longest key, 1 to 1,024; 0 of TANDEM_SLOTS
    uint32_t partitions;     // free lists, 1 to 1,024: best as many as writers. Zero: 16
    uint32_t load_percent;   // of the buckets' places when all slots are in use, 10 to 100. Zero: 70
    uint32_t reserved[3];    // 0
};

// Sizes that are fixed when a source is made. Zero in a field: the usual.
struct tandem_options {
    size_t size;             // sizeof(struct tandem_options): fields behind it have the usual
    uint32_t writers;        // that can be open at once, 1 to 4,096; usually 16
    uint32_t reserved;       // 0
    uint64_t journal_bytes;  // of each copy, 16 KiB to 64 TiB; usually a quarter of the tables
    uint64_t undo_bytes;     // for old values, which all writers draw on, to 64 GiB; usually those of
                             // all records and a quarter more. A transaction may take a quarter of it
};

// Opens the source at `path`. Takes some system calls.
// TANDEM_NOT_FOUND, TANDEM_UNSAFE_FILE, TANDEM_NOT_TANDEM, TANDEM_FORMAT_VERSION,
// TANDEM_CORRUPT, TANDEM_WRONG_LENGTH, TANDEM_WRONG_ROLE.
TANDEM_CHECKED int tandem_open(const char *path, tandem_source **source);

// Makes a source of zeroed records at `path`, which appears whole or not at all. All
// its memory is taken now, so that no write faults later.
// A keyed table counts as three of the 62 tables that a source may have, slots as two.
// `options` may be NULL. TANDEM_EXISTS, TANDEM_NO_SPACE, TANDEM_BAD_ARGUMENT.
TANDEM_CHECKED int tandem_create(
    const char *path, const struct tandem_table_definition *tables, size_t count,
    const struct tandem_options *options, tandem_source **source);

// Opens the source at `path`, or makes it where there is none: what a program does at
// its start. TANDEM_WRONG_SCHEMA when the one that is there has other tables.
TANDEM_CHECKED int tandem_open_or_create(
    const char *path, const struct tandem_table_definition *tables, size_t count,
    const struct tandem_options *options, tandem_source **source);

// Gives the source up. Its tables are not valid any more. Its memory stays mapped while
// writers of it are open, which may be closed later. NULL does nothing.
void tandem_close(tandem_source *source);

// ── tables ──

// The table called `name`; the source's, valid until it is closed. NULL:
// TANDEM_NO_SUCH_TABLE, and `tandem_last_error` names those that there are.
const tandem_table *tandem_find_table(const tandem_source *source, const char *name);

// The `number`-th table, from 0; NULL behind the last.
const tandem_table *tandem_table_at(const tandem_source *source, size_t number);

const char *tandem_table_name(const tandem_table *table);
uint64_t tandem_table_capacity(const tandem_table *table);   // records; indices are below it
size_t tandem_table_payload_bytes(const tandem_table *table);

// Fills `payload`, of exactly the table's payload bytes, with the last committed value
// of a record; of one in mid-change, the value before the change. Waits for no writer
// and keeps none waiting.
// TANDEM_INDEX_OUT_OF_RANGE, TANDEM_WRONG_SIZE, TANDEM_READ_CONTENDED.
TANDEM_CHECKED int tandem_read(const tandem_table *table, uint64_t index, void *payload, size_t bytes);

// Starts bringing a record to this processor's cache, to be changed soon: a hint.
void tandem_prefetch(const tandem_table *table, uint64_t index);

// ── transactions ──

// Registers a writer: takes the first slot that is free, after finishing what a dead
// writer left there. System calls; writing needs none.
// TANDEM_NO_WRITER_SLOT.
TANDEM_CHECKED int tandem_writer_open(tandem_source *source, tandem_writer **writer);

// Rolls back what is under way and gives the slot back. NULL does nothing. In a forked
// child, a writer of the parent's is only forgotten.
void tandem_writer_close(tandem_writer *writer);

// Begins a transaction. An error stays with the transaction: `tandem_hold` then gives
// NULL, and `tandem_commit` returns the error. So its answer need not be looked at.
// TANDEM_ALREADY_BEGUN, TANDEM_SUPERSEDED, TANDEM_HANDING_OVER, TANDEM_FORKED.
int tandem_begin(tandem_writer *writer);

// Locks a record, and gives its payload to be changed in place, until the transaction
// ends. The same pointer again for a record that the transaction holds already.
// NULL: the transaction cannot commit any more, and `tandem_commit` will say why.
void *tandem_hold(tandem_writer *writer, const tandem_table *table, uint64_t index);

// Fills `payload` with a record as the transaction has left it; one that it does not
// hold, as `tandem_read`. Outside of a transaction: as `tandem_read`.
TANDEM_CHECKED int tandem_read_within(
    tandem_writer *writer, const tandem_table *table, uint64_t index, void *payload, size_t bytes);

// Commits: all that was changed counts, or, where the answer is not TANDEM_OK, nothing.
// TANDEM_CONFLICT, after waiting a little: run the transaction again, from
// `tandem_begin` on. TANDEM_SUPERSEDED, TANDEM_HANDING_OVER: a copy has taken over since
// it was begun, or is about to. Else what `tandem_begin` or `tandem_hold` met with.
TANDEM_CHECKED int tandem_commit(tandem_writer *writer);

// As `tandem_commit`, and waits until the copy has it, for `nanoseconds` at most.
// TANDEM_NOT_REPLICATED_IN_TIME: it is committed here, and travels with a later cut.
TANDEM_CHECKED int tandem_commit_replicated(tandem_writer *writer, uint64_t nanoseconds);

// The same for so many copies: 1 to those that the source knows, there or not. For more
// TANDEM_BAD_ARGUMENT, and the transaction is put back.
TANDEM_CHECKED int tandem_commit_replicated_by(tandem_writer *writer, uint64_t nanoseconds, uint32_t copies);

// Puts everything back. Without a transaction it does nothing, and so it does in a child.
void tandem_abort(tandem_writer *writer);

// ── keyed tables and slots ──
//
// Records that are given out and given back rather than counted through: a call is found
// by its Call-ID, or by the handle that was given out with it. They are kept in ordinary
// tables, so they go into the same transactions, onto the copy and through a promotion
// like every other record. The table never grows and never pauses to.
//
//     tandem_slots *calls;
//     if (tandem_slots_open(source, "calls", 64, sizeof(struct call), &calls))
//         errx(1, "%s", tandem_last_error());
//     do {
//         tandem_begin(writer);
//         found = tandem_insert(writer, calls, id, strlen(id), &call, &handle);
//         struct trunk *trunk = found == TANDEM_OK ? tandem_hold(writer, trunks, 7) : NULL;
//         if (trunk)
//             trunk->busy++;
//         result = tandem_commit(writer);
//     } while (result == TANDEM_CONFLICT);
//
// A key is a row of bytes, as long as is said with it; two are one key when their bytes
// are. Functions with a key say TANDEM_KEY_TOO_LONG, and of a table without keys
// TANDEM_BAD_ARGUMENT. A payload has exactly the bytes that the table was opened for.
// TANDEM_TABLE_DAMAGED and TANDEM_READ_CONTENDED, of all of them, say that somebody has
// written over the memory. Nobody waits in them but as `tandem_commit` does.

// Opens the keyed table called `name`, or, for 0 key bytes, the slots. Any thread may use
// it until it is closed, and so may a forked child. Whoever opens a table first makes the
// secret that its keys are hashed with, and takes a writer's place for that moment; so
// does whoever opens it first after a promotion, for its clock.
// TANDEM_NO_SUCH_TABLE; TANDEM_WRONG_SCHEMA when it was made for other lengths, or is
// none; TANDEM_NO_WRITER_SLOT and TANDEM_SUPERSEDED, of the first.
TANDEM_CHECKED int tandem_slots_open(
    tandem_source *source, const char *name, size_t key_bytes, size_t payload_bytes, tandem_slots **slots);

// Gives it up; its source may be closed before it. NULL does nothing.
void tandem_slots_close(tandem_slots *slots);

// What a slot in use says of itself.
struct tandem_entry {
    tandem_handle handle;
    uint64_t deadline;       // on the table's clock, see `tandem_now`; 0 for none
    size_t key_bytes;        // of its key
};

// Finds a key, and copies its record to `payload` and its handle to `handle`, each of
// which may be NULL: what was committed last, key and record of one moment. Waits for no
// writer and keeps none waiting. O(key + payload): two records are read, seldom three.
// TANDEM_ABSENT: there was a moment, while it ran, at which the key was not there. What
// `payload` points to may have been written over all the same.
TANDEM_CHECKED int tandem_find(
    const tandem_slots *slots, const void *key, size_t key_bytes, void *payload, tandem_handle *handle);

// Copies what a handle names: its entry, its key, with room for the table's key bytes,
// and its payload, each of which may be NULL. Looks for no key: O(payload).
// TANDEM_ABSENT: it was removed, whatever stands in its place by now.
TANDEM_CHECKED int tandem_read_handle(
    const tandem_slots *slots, tandem_handle handle, struct tandem_entry *entry, void *key, void *payload);

// Copies the next record of a walk over all of them, which begins with a `place` of 0: as
// committed when its turn comes, in no order that means anything. One that is there
// throughout comes once; one that comes or goes meanwhile may come or not. All may be
// NULL but `place`. TANDEM_ABSENT: there is none behind the last.
TANDEM_CHECKED int tandem_next(
    const tandem_slots *slots, uint64_t *place, struct tandem_entry *entry, void *key, void *payload);

struct tandem_fill {
    size_t size;             // sizeof(struct tandem_fill), set by the caller
    uint64_t capacity;       // slots
    uint64_t count;          // in use
    uint64_t retired;        // that have been given out 4,294,967,295 times, and are no more
    uint64_t buckets;        // homes of keys, 16 places each; 0 of slots without keys
    uint64_t overflow_buckets;
    uint64_t overflow_buckets_used;
    uint32_t partitions;
    uint32_t key_bytes;      // of the longest key
    uint64_t payload_bytes;
};

// How full a table is, each number of some moment. O(partitions).
TANDEM_CHECKED int tandem_get_fill(const tandem_slots *slots, struct tandem_fill *fill);

// In a transaction, as `tandem_hold`: a failure stays with the transaction, which
// `tandem_commit` then puts back. TANDEM_ABSENT and TANDEM_PRESENT are no failures.
// TANDEM_NOT_BEGUN outside of one, TANDEM_FORKED for a writer of the parent's.

// Puts a copy of `payload` under a key, without a deadline, and copies the handle that
// the key has now to `handle`, which may be NULL. No other transaction inserts or removes
// the key before this one has ended, whatever the answer. Three records are changed,
// seldom more.
// TANDEM_PRESENT: the key is there, and its record is as it was. TANDEM_TABLE_FULL: no
// slot was free at one moment.
TANDEM_CHECKED int tandem_insert(
    tandem_writer *writer, const tandem_slots *slots, const void *key, size_t key_bytes, const void *payload,
    tandem_handle *handle);

// The same, but a record that is there is replaced, and keeps its handle and its
// deadline: TANDEM_PRESENT says so.
TANDEM_CHECKED int tandem_upsert(
    tandem_writer *writer, const tandem_slots *slots, const void *key, size_t key_bytes, const void *payload,
    tandem_handle *handle);

// Locks the record of a key, and gives its payload to be changed in place until the
// transaction ends. NULL: the key was not there, or the transaction cannot commit any
// more, as `tandem_commit` will say. What depends on a key's absence is an insertion:
// another transaction may put it in before this one has ended.
void *tandem_hold_key(tandem_writer *writer, const tandem_slots *slots, const void *key, size_t key_bytes);

// The same of a handle, for which no key is looked for. NULL also when it was removed.
void *tandem_hold_handle(tandem_writer *writer, const tandem_slots *slots, tandem_handle handle);

// Takes a key and its record out. TANDEM_ABSENT: it was not there, and is not put in by
// others before the transaction has ended. Four records are changed, seldom more.
int tandem_remove_key(tandem_writer *writer, const tandem_slots *slots, const void *key, size_t key_bytes);

// Takes the record of a handle out, with its key, or gives a slot without a key back.
// TANDEM_ABSENT: it was before.
int tandem_remove_handle(tandem_writer *writer, const tandem_slots *slots, tandem_handle handle);

// Gives a slot without a key out, with a copy of `payload`. TANDEM_TABLE_FULL;
// TANDEM_BAD_ARGUMENT for a keyed table. Two records are changed.
TANDEM_CHECKED int tandem_allocate(
    tandem_writer *writer, const tandem_slots *slots, const void *payload, tandem_handle *handle);

// As `tandem_find` and `tandem_read_handle`, but what the transaction has changed is as
// the transaction has left it. Outside of a transaction: as those.
TANDEM_CHECKED int tandem_find_within(
    tandem_writer *writer, const tandem_slots *slots, const void *key, size_t key_bytes, void *payload,
    tandem_handle *handle);
TANDEM_CHECKED int tandem_read_handle_within(
    tandem_writer *writer, const tandem_slots *slots, tandem_handle handle, struct tandem_entry *entry, void *key,
    void *payload);

// Says from which partition, any number from 0 on, this writer's insertions take their
// slots as long as it has some: usually each writer's own, by its number. Who owns a
// partition's deadlines says it of the writer that he inserts with.
void tandem_prefer_partition(tandem_writer *writer, uint32_t partition);

// Deadlines. A deadline is a word of the record, set in a transaction, and travels with
// it. The table's clock counts nanoseconds, is not set by anybody, and goes on after a
// promotion from where the old host had told it last: what had two minutes left has two
// minutes left, or a little more.

// The time on a table's clock, in nanoseconds.
uint64_t tandem_now(const tandem_slots *slots);

// Gives a record another deadline; 0: none. TANDEM_ABSENT: it was removed.
int tandem_set_deadline(
    tandem_writer *writer, const tandem_slots *slots, tandem_handle handle, uint64_t deadline);

// Makes a wheel that knows what is due of some partitions, by a scan of their slots. It
// is a process's own, used by one thread at a time, and nothing of it has to be kept: who
// comes after a crash makes another. Deadlines are rounded up to `resolution` nanoseconds,
// 1 ms to 10 s; 0: 16 ms. For each partition one process does this, by the program's own
// arrangement.
TANDEM_CHECKED int tandem_wheel_open(
    const tandem_slots *slots, const uint32_t *partitions, size_t count, uint64_t resolution, tandem_wheel **wheel);

// Gives it up; its table and source may be closed before it. NULL does nothing.
void tandem_wheel_close(tandem_wheel *wheel);

// Tells the wheel of a deadline that a committed transaction has set, so that it is found
// in time; what nobody tells is found by a scan, which goes on by 256 slots a call of
// `tandem_expire`.
void tandem_wheel_note(tandem_wheel *wheel, tandem_handle handle, uint64_t deadline);

// Fills `due`, which has room for `room` handles, with those whose deadlines have come by
// `now`, and `count` with their number: `room` of them means that there may be more at
// once. They are as they were: the caller removes them, or gives them another deadline,
// else they are told again, before others. Tells the table its clock, ten times a second at most, by
// `writer`, which has no transaction under way: TANDEM_ALREADY_BEGUN. TANDEM_SUPERSEDED.
TANDEM_CHECKED int tandem_expire(
    tandem_wheel *wheel, tandem_writer *writer, uint64_t now, tandem_handle *due, size_t room, size_t *count);

// ── status ──

enum tandem_copy_state {
    TANDEM_COPY_OFFLINE = 0,
    TANDEM_COPY_SYNCING = 1,
    TANDEM_COPY_IN_SYNC = 2,
    TANDEM_COPY_REFUSED = 3,
};

struct tandem_status {
    size_t size;                  // sizeof(struct tandem_status), set by the caller
    uint32_t copy_state;          // of enum tandem_copy_state
    uint32_t is_replicator_alive; // 1: it holds the source's lock and was polling within the last second
    uint32_t is_superseded;       // 1: a promoted copy has taken over
    uint32_t writers;             // open now, by all processes
    uint64_t epoch;               // that a commit takes now
    uint64_t cut;                 // the last that is whole on the copy
    int64_t age_nanoseconds;      // of what the copy holds; -1 unless in sync
    uint64_t dirty_pages;         // changed, and in no cut yet
    uint64_t pages;
    char copy_path[1024];         // "" before the first replicator
    char reason[256];             // of the copy's state, in words
};

// What the source's shared memory says at this moment. Disturbs nobody; O(pages / 64).
TANDEM_CHECKED int tandem_get_status(const tandem_source *source, struct tandem_status *status);

#ifdef __cplusplus
}
#endif

#endif
