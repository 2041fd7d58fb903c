/* The source data file's shared words, one byte each. */

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
#define WORDS 1         /* of a payload; with MIXED record 0 has two and the others one */
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

/* Record r: version * 4 + owner, epoch of its last committed change, payload. */
#define WORD0(r)    (7 + STRIDE * (r))
#define EPOCH(r)    (8 + STRIDE * (r))
#define PAYLOAD(r)  (9 + STRIDE * (r))

/* Writer slot w: number * 4 + state, commit epoch, restarts * 16 + kept * 4 + count; the undo log's entries; its payloads. */
#define STATUS(w)   (SLOTS + SLOT * (w))
#define AGREED(w)   (SLOTS + 1 + SLOT * (w))            /* commitEpoch of the slot */
#define POSITION(w) (SLOTS + 2 + SLOT * (w))
#define TX(w, i)    (SLOTS + 3 + SLOT * (w) + FIELDS * (i))
#define INDEX(w, i) (SLOTS + 4 + SLOT * (w) + FIELDS * (i))
#define UNTIL(w, i) (SLOTS + 5 + SLOT * (w) + FIELDS * (i))     /* commitEpoch of the entry */
#define SINCE(w, i) (SLOTS + 6 + SLOT * (w) + FIELDS * (i))     /* word1: the epoch that was saved */
#define IMAGES(w)   TX(w, ENTRIES)
#ifdef MIXED
#define FIELDS 5
#define OFFSET(w, i) m[SLOTS + 7 + SLOT * (w) + FIELDS * (i)]
#define storeOffset() store(TX(w, place) + 4, words)
#else
#define FIELDS 4
#define OFFSET(w, i) (WORDS * (i))
#define storeOffset() skip
#endif

/* Numbers, as Spin hands them down by text. */
#if WORDS == 1
#define STRIDE 3
#else
#define STRIDE 4
#endif
#define SLOTS (7 + STRIDE * RECORDS)
#define SLOT (3 + ENTRIES * (FIELDS + WORDS))
#define MEMORY (SLOTS + SLOT * WRITERS)
#ifdef MIXED
#define size(r) (2 - ((r) > 0))
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
#define kept(position)  (((position) >> 2) & 3)
#define count(position) ((position) & 3)

#define UNCOMMITTED 255
#define ROLLEDBACK  0

#ifdef ONE_PAGE
#define page(r)     1
#else
#define page(r)     (1 << (r))
#endif
#ifdef OWN_RECORDS
#define touches(w, r) ((w) == (r))
#else
#define touches(w, r) true
#endif
#define value(w, number) ((number) * WRITERS + (w))

byte m[MEMORY];
hidden byte k;
