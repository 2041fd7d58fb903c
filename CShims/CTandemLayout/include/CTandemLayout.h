// The bytes that processes and files share. Header only, so that every reader of
// these bytes, in Swift or in C, sees one definition.
//
//   0            8192        16384
//   ┌────────────┬─────┬─────┬──────────────┬─────────┬─────────┬───┬────────────────┐
//   │ identity   │ A   │ B   │ runtime area │ table 0 │ table 1 │ … │ journal │ page │
//   │ + schema   │state slots│ (source only)│         │         │   │  (copy only)   │
//   └────────────┴─────┴─────┴──────────────┴─────────┴─────────┴───┴────────────────┘
//
// All integers are little endian; offsets are from the start of the file.

#ifndef TANDEM_LAYOUT_H
#define TANDEM_LAYOUT_H

#include <stddef.h>
#include <stdint.h>
#include "CTandemInstructions.h"

enum {
    TANDEM_FORMAT = 2,         // 1: no map of changed records
    TANDEM_PAGE_BYTES = 4096,
    TANDEM_MAP_BYTES = 16,     // of a page, in the map of changes
    TANDEM_LINE_BYTES = 128,  // two 64-byte lines: adjacent lines are fetched in pairs
    TANDEM_TABLES_MAX = 62,
    TANDEM_NAME_BYTES = 32,
    TANDEM_ANCESTORS_MAX = 8,
    TANDEM_COPIES_MAX = 8,     // that a source knows at a time

    TANDEM_IDENTITY_OFFSET = 0,
    TANDEM_IDENTITY_BYTES = 8192,
    TANDEM_STATE_A_OFFSET = 8192,
    TANDEM_STATE_B_OFFSET = 12288,
    TANDEM_STATE_BYTES = 512,
    TANDEM_RUNTIME_OFFSET = 16384,
};

#define TANDEM_MAGIC 0x31304d45444e4154ULL         // "TANDEM01"
#define TANDEM_STATE_MAGIC 0x4554415453444e54ULL   // "TNDSTATE"
#define TANDEM_CUT_MAGIC 0x5455435f444e4154ULL     // "TAND_CUT"
// Changes with what writers and the engine rely on of each other: programs of two kinds never share a source.
#define TANDEM_READY 0x3259444145524454ULL         // "TDREADY2"

// ── identity + schema: written once, equal in a source and in all its copies ──

struct tandem_table {
    char name[TANDEM_NAME_BYTES];  // UTF-8, zero padded
    uint32_t payload_bytes;
    uint32_t slot_bytes;           // 16-byte header + payload, rounded up to 16
    uint32_t page_bytes;           // 4096, or what one slot needs
    uint32_t sharing;              // 0 partitioned, 1 shared
    uint64_t capacity;             // records
    uint64_t offset;               // of the first page
    uint64_t first_page;           // in the bitmaps; a multiple of 64
    uint64_t page_count;
    uint64_t record_type;          // what is known of the records' type, as one number; 0: nothing
    uint32_t kind;                 // 0: plain records. No other yet
    uint32_t companion;            // number of the table that belongs to this one, plus 1; 0: none
    uint64_t key;                  // where in a record its key is; 0: nowhere
    uint64_t reserved[3];
};

struct tandem_identity {
    uint64_t magic;
    uint32_t format;
    uint32_t table_count;
    uint32_t writer_count;
    uint32_t undo_segment;         // bytes of one segment of the undo room, a power of two
    uint64_t undo_bytes;           // of all segments
    uint64_t page_count;           // of all bitmaps, a multiple of 64
    uint64_t tables_offset;
    uint64_t tables_end;           // = length of a source
    uint64_t journal_bytes;        // a copy's length is tables_end + journal_bytes + a page that is never written
    uint64_t reserved[23];
    uint32_t reserved32;
    uint32_t checksum;             // crc32c of these 8192 bytes with this field zero
    struct tandem_table tables[TANDEM_TABLES_MAX];
};

// ── state slots A | B: one sector each, written alternately ──

enum { TANDEM_ROLE_SOURCE = 1, TANDEM_ROLE_SYNCING = 2, TANDEM_ROLE_CONSISTENT = 3 };

struct tandem_state {
    uint64_t magic;
    uint64_t sequence;             // the higher valid one counts
    uint64_t generation[2];
    uint32_t role;
    uint32_t ancestor_count;
    uint64_t journal_tail;         // virtual position; physical = position % journal_bytes
    uint64_t tail_cut;             // the images hold this cut or later ones; while syncing: the journal's will be later
    uint64_t cut;                  // a source: its first cut after promotion; a copy: last cut when written
    uint64_t wall_nanoseconds;     // when this slot was written, for people only
    uint64_t ancestors[TANDEM_ANCESTORS_MAX][2];  // newest first
    uint64_t ends[TANDEM_ANCESTORS_MAX];  // of each, the last cut that was taken over from it; 0: not known
    uint64_t first[2];             // the line's first generation; 0: not known
    uint64_t promotions;           // of the line so far; 0: not known
    uint64_t copy[2];              // what this copy is known by, wherever it lies; 0: none yet
    uint64_t session[2];           // of the last connection over which it was written, and 0; 0: of none
    uint64_t handed_over;          // 1: its source stands still behind this cut, until it is promoted
    uint64_t reserved[22];
    uint32_t reserved32;
    uint32_t checksum;             // crc32c of these 512 bytes with this field zero
};

// ── record slot ──

enum { TANDEM_RECORD_HEADER_BYTES = 16, TANDEM_OWNER_BITS = 16 };

// lock word: version:48 | owner:16 (owner 0 = unlocked). In a copy: crc32c:32 | 0:32.
// epoch word: commit epoch of the last committed change.

// ── runtime area: control and request, a block for each copy, dirty bits, their summary, the map of changes (16 bytes
//    a page, each for the records whose slots begin in 256 bytes of it), writers, undo entries, undo payloads; each
//    from a page boundary on. A copy's block: replicator, descriptors, taken, owed, missed ──

// One line each for what one party writes and others read.
struct tandem_control {
    // Written by the engine, read by every transaction.
    uint64_t epoch;                // E
    uint64_t captured;             // last cut whose capture has ended
    uint64_t attention;            // bit 1: superseded, bit 2: slow, bit 3: being handed over
    uint64_t unused;
    uint64_t ready;                // TANDEM_READY once initialised
    uint64_t slowdown;             // nanoseconds that each transaction is held back
    uint64_t slow_until;           // and until which monotonic nanosecond
    uint64_t pad0[9];
    // Written by writers who found no undo room.
    uint64_t abandoned;            // number of the cut that must be dropped
    uint64_t pad1[15];
    // Written by the engine, read by commits that wait.
    uint64_t committed;            // last cut whole on any copy
    uint64_t shipping;             // last cut handed to a driver, perhaps whole on its copy
    uint64_t told;                 // moves when the committed cut of any copy has; who waits for one sleeps on it
    uint64_t pad2[13];
    // Written by commits that wait.
    uint64_t waiters;              // those that sleep until `told` moves
    uint64_t wanted;               // highest epoch that a commit waits for; 0: none has
    uint64_t pad3[14];
};

struct tandem_replicator {
    uint64_t process;              // for people; liveness is the lock
    uint64_t heartbeat;            // monotonic nanoseconds of the last poll
    uint64_t state;                // offline, syncing, …
    uint64_t reason;               // why the state was entered
    uint64_t detail;               // errno, pages owed, …
    uint64_t since;                // monotonic nanoseconds of entering the state
    uint64_t cut_opened;           // monotonic ns at which the last committed cut's epoch closed
    uint64_t cut_committed;        // monotonic ns at which it was whole on the copy
    uint64_t owed_pages;
    uint64_t missed_pages;
    uint64_t bulk_pages_total;     // to copy in this bulk copy or sweep
    uint64_t bulk_pages_done;
    uint64_t journal_used;
    uint64_t sync_started;         // monotonic ns
    uint64_t rebuilding;           // 1: the copy is rebuilt beside itself
    uint64_t flush_lost;           // 1: a flush failed; everything since the last good one is in doubt
    uint64_t part_way;             // 1: a bulk copy was begun and has not come to its end
    uint64_t copy_sequence;        // of the state slot that was written last
    uint64_t verdict;              // of a copy that is syncing: unknown, converging, outpaced, journal too small
    uint64_t sync_in;              // nanoseconds until it is in sync, if it converges
    uint64_t dirtying;             // bytes a second that become dirty below the descriptors
    uint64_t copying;              // bytes a second that cuts bring over
    uint64_t journal_wanted;       // bytes of journal that would hold what did not fit again and again; 0: none is
    uint64_t cut_wall;             // when the last committed cut was committed, for people only; 0: not known
    uint64_t damaged_page;         // found damaged on the copy last, of all tables' pages, from 1; 0: none was
    uint64_t scrubbed;             // when a pass over all of the copy's tables last ended; 0: none has
    uint64_t undo_wanted;          // bytes of undo room that would have held what did not fit; 0: everything did
    uint64_t behind_since;         // monotonic ns since which a copy in sync does not keep pace; 0: it does
    uint64_t changing;             // transactions that are committed in a second
    uint64_t carrying;             // records that cuts bring over in a second
    uint64_t session;              // of the last connection to a standby; only ever rises
    uint64_t handed_over;          // 1: the source is being handed over to this copy, or was
    uint64_t counters[64];
    char copy_path[1024];
    char driver[128];              // which driver, and why
    uint64_t copy[2];              // what the copy is known by, as in its state slots; 0: not yet
    uint64_t committed;            // last cut whole on this copy
    uint64_t shipping;             // cut handed to its driver, perhaps whole on it
    uint64_t place;                // among the copies that the last replicator was given, from 1; 0: none of them
    uint64_t pad2[11];
};

// What a tool asks of the replicator: one at a time, which holds the lock on the first byte. `state` is stored last.
struct tandem_request {
    uint64_t state;                // 0 nothing, 1 asked, 2 answered
    uint64_t kind;                 // 1 attach, 2 detach, 3 forget, 4 hand over, 5 take back
    uint64_t copy;                 // the block that it is about; attach has a path
    uint64_t error;                // the answer: 0, or the code of an error with these texts
    uint64_t nanoseconds;          // of handing over: how long it may take; then how long writers had stood still
    char path[1024], subject[1024], problem[512], remedy[512];
};

struct tandem_writer {
    uint64_t status;               // transaction number:61 | state:3
    uint64_t commit_epoch;
    uint64_t undo_position;        // restarts:8 | kept:28 | count:28, in units of 16 bytes of this writer's log
    uint64_t kept_segment;         // in which `kept` lies; 0: the writer's home
    uint64_t pad0[12];
    uint64_t aborts;               // transactions undone; the others among those numbered have committed
    uint64_t conflicts;
    uint64_t abandoned;            // captures this writer had to abandon
    uint64_t process;              // for people; liveness is the lock on this slot's first byte
    uint64_t thread;
    uint64_t recovered;            // times this slot was recovered after its writer died
    uint64_t runs_on;              // thread of `process` that began its transaction: an address that only it can use
    uint64_t slowed;               // transactions that were held back (--max-age)
    uint64_t slowed_nanoseconds;   // and for how long, together
    uint64_t pad1[7];
};

// The undo room: segments of equal size. The first of them are the writers' homes, one each, for ever; the others
// belong to whoever has claimed them. A word for each says whose it is and which comes behind it in its writer's log.
//
//   segment word: stamp:24 | next:24 | writer:16
//
// writer: number + 1, 0 = free (of a home: always 0); next: number + 1, 0 = none; stamp: low bits of the number of the
// transaction that claimed it, or, of a home, of the last that was begun while others stood behind it.
//
// A segment holds entries from its start on, and not quite to its end. Where there would be room for another, one of
// the table TANDEM_UNDO_END says that there is none.

enum { TANDEM_UNDO_END = 0xFFFF };

struct tandem_undo {
    uint64_t transaction;          // its number
    uint64_t commit_epoch;         // all ones: not committed; 0: rolled back
    uint64_t epoch_word;           // of the record as it was
    uint16_t table;
    uint16_t payload_bytes;
    uint32_t index;
    // payload follows; the whole entry is padded to 16 bytes
};

// ── journal: one record per cut, starting on a page boundary ──

struct tandem_cut {
    uint64_t magic;
    uint64_t generation[2];
    uint64_t cut;
    uint64_t previous;             // cut of the record before
    uint64_t position;             // virtual
    uint64_t bytes;                // whole record, a multiple of 4096
    uint64_t count;                // changes in it
    uint64_t used;                 // bytes that the body checksum covers, header excluded
    uint64_t wall_nanoseconds;     // when the cut was closed, for people only
    uint64_t reserved[5];
    uint32_t body_checksum;
    uint32_t checksum;             // crc32c of these 128 bytes with this field zero
};

enum { TANDEM_CHANGE_PAD = 0xFFFFFFFF };

struct tandem_change {
    uint32_t table;                // TANDEM_CHANGE_PAD: skip `index` bytes
    uint32_t seal;
    uint64_t index;
    uint64_t epoch;
    // payload follows; the whole change is padded to 16 bytes
};

_Static_assert(sizeof(struct tandem_table) == 128, "schema row");
_Static_assert(sizeof(struct tandem_identity) == TANDEM_IDENTITY_BYTES, "identity");
_Static_assert(offsetof(struct tandem_identity, tables) == 256, "schema start");
_Static_assert(sizeof(struct tandem_state) == TANDEM_STATE_BYTES, "state slot is one sector");
_Static_assert(sizeof(struct tandem_control) == 4 * TANDEM_LINE_BYTES, "control lines");
_Static_assert(sizeof(struct tandem_control) + sizeof(struct tandem_request) <= 4096, "one page");
_Static_assert(sizeof(struct tandem_replicator) == 2048, "a copy's words");
_Static_assert(sizeof(struct tandem_writer) == 2 * TANDEM_LINE_BYTES, "writer lines");
_Static_assert(sizeof(struct tandem_undo) == 32, "undo entry");
_Static_assert(sizeof(struct tandem_cut) == 128, "cut header");
_Static_assert(sizeof(struct tandem_change) == 24, "change header");

#endif
