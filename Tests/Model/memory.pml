/* The source data file's shared words. */

#ifndef WRITERS
#define WRITERS 1
#endif
#ifndef RECORDS
#define RECORDS 1
#endif
#ifndef TRANSACTIONS
#define TRANSACTIONS 2
#endif
#ifndef ENTRIES
#define ENTRIES 2
#endif
#ifndef CUTS
#define CUTS 2
#endif
#ifndef WORDS
#define WORDS 1         /* of a payload; with MIXED record 0 has one and the others two */
#endif
#ifndef KILLS
#define KILLS 0         /* of writers or their recoverers */
#endif
#ifndef ENGINEKILLS
#define ENGINEKILLS 0
#endif
#ifndef ABORTS
#define ABORTS 0
#endif
#ifndef CROWDED
#define CROWDED 0       /* 1: the log has run full before the first transaction */
#endif
#ifndef RETRIES
#define RETRIES 1       /* of a transaction that was refused a lock or room */
#endif

/* Control block and bitmaps. One page, or one for each record; one summary bit. */
#define E           0
#define CAPTURED    1
#define ABANDONED   2
#define DIRTY       3
#define SUMMARY     4
#define TAKEN       5
#define MISSED      6

/* With NAMES the map: a byte for each record, those of one page in one word. Without, all records of a page are looked
   at. */
#ifdef NAMES
#define NAMED(r)    (7 + (r))
#define RECORDS_AT  (7 + RECORDS)
#else
#define RECORDS_AT  7
#endif

/* Record r: version * 4 + owner, epoch of its last committed change, payload. */
#define WORD0(r)    (RECORDS_AT + STRIDE * (r))
#define EPOCH(r)    (RECORDS_AT + 1 + STRIDE * (r))
#define PAYLOAD(r)  (RECORDS_AT + 2 + STRIDE * (r))

/* Writer slot w: number * 4 + state, commit epoch, restarts * 256 + kept * 16 + count; the undo log. Its entries follow
   one another, each with its payload behind it: which record it is of, + 1; its own transaction's commit epoch; the
   epoch that was saved. */
#define STATUS(w)   (SLOTS + SLOT * (w))
#define AGREED(w)   (SLOTS + 1 + SLOT * (w))            /* commitEpoch of the slot */
#define POSITION(w) (SLOTS + 2 + SLOT * (w))
#define NAME(w, i)  (SLOTS + 3 + SLOT * (w) + (i))
#define UNTIL(w, i) (NAME(w, i) + 1)                    /* commitEpoch of the entry */
#define SINCE(w, i) (NAME(w, i) + 2)                    /* the epoch that was saved */
#define IMAGE(w, i) (NAME(w, i) + FIELDS)
#define FIELDS 3
#define LOG (ENTRIES * (FIELDS + WORDS))

/* Numbers, as Spin hands them down by text. */
#if WORDS == 1
#define STRIDE 3
#else
#define STRIDE 4
#endif
#define SLOTS (RECORDS_AT + STRIDE * RECORDS)
#define SLOT (3 + LOG)
#define MEMORY (SLOTS + SLOT * WRITERS)
#ifdef MIXED
#define size(r) (1 + ((r) > 0))
#else
#define size(r) WORDS
#endif

#define IDLE        0
#define ACTIVE      1
#define COMMITTING  2
#define COMMITTED   3
#define state(word)     ((word) & 3)
#define owner(word0)    ((word0) & 3)
#define unlocked(word0) (((word0) | 3) + 1)
#define restarted(position) ((position) >> 8)
#define kept(position)  (((position) >> 4) & 15)
#define count(position) ((position) & 15)

/* Of an entry by its name. Of what names no record: none, and who walks along the log ends there. */
#define isName(name)    ((name) > 0 && (name) <= RECORDS)
#define entryOf(name)   (FIELDS + size((name) - 1))

#define UNCOMMITTED 255
#define ROLLEDBACK  0

#ifdef ONE_PAGE
#define page(r)     1
#define isFirst(r)  ((r) == 0)
#else
#define page(r)     (1 << (r))
#define isFirst(r)  true
#endif
#ifdef OWN_RECORDS
#define HELD 1          /* records of a transaction */
#else
#define HELD RECORDS
#endif

/* What a transaction changes: one record of the writer's own, or, by SCRIPT, a decimal digit for each transaction, the
   first one's leftmost: 1 is record 0, 2 record 1, 3 both; or, by SETS, such a digit for each writer. Else all records.
   */
#ifdef OWN_RECORDS
#define touches(w, number, r) ((w) == (r))
#else
#ifdef SCRIPT
#define power(n) ((n) <= 0 -> 1 : ((n) == 1 -> 10 : ((n) == 2 -> 100 : 1000)))
#define touches(w, number, r) (((SCRIPT / power(TRANSACTIONS - (number)) % 10) >> (r)) & 1)
#else
#ifdef SETS
#define touches(w, number, r) (((((w) == 0 -> SETS / 10 : SETS % 10)) >> (r)) & 1)
#else
#define touches(w, number, r) true
#endif
#endif
#endif

/* All different, none of them 0: a value that stands in a wrong place is known for one. */
#define initial(r) (1 + (r))
#define value(w, number) (RECORDS + (number) * WRITERS + (w))

short m[MEMORY];
hidden byte k;

inline fill() {
    m[E] = 1;
    for (k : 0 .. RECORDS - 1) {
        m[PAYLOAD(k)] = initial(k);
#if WORDS > 1
        if
        :: size(k) > 1 -> m[PAYLOAD(k) + 1] = initial(k)
        :: else
        fi
#endif
    }
    k = 0
}
