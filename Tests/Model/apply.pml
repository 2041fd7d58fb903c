/* A standby in memory that applies each cut when the last of its writes arrives, before that write is answered. Images
   come in beside that: one that was under way when a cut was applied is older than it. The ring holds fewer cuts than
   are shipped, so it wraps. At every moment a promotion takes the tables as they are.

   With ASKS the primary sends no images to free the ring: it asks how far the tables are, and moves the tail there. The
   images that are left heal pages, at any time but while it asks.

   One page of two records, as nothing is decided about two pages together. A record's value is the number of the cut
   that changed it last, which is also its epoch: it only grows in one life of a source. */

#ifndef CUTS
#define CUTS 4
#endif
#ifndef RING
#define RING 2          /* cuts that the journal holds */
#endif
#ifndef IMAGES
#define IMAGES 3
#endif
#ifndef RESTARTS
#define RESTARTS 0      /* of the standby, which forgets what it knows */
#endif
#ifndef SESSIONS
#define SESSIONS 0      /* lost connections */
#endif
#ifndef ASKS
#define ASKS 0
#endif
#ifndef STOPS
#define STOPS 0         /* the standby gives up applying, and the session goes on: then bytes go where they are sent */
#endif

#define RECORDS 2
#define bit(n) (1 << (n))

/* What was committed, as of each cut. */
byte changed[CUTS + 1];
byte at[(CUTS + 1) * RECORDS];
#define was(cut, record) at[(cut) * RECORDS + (record)]

/* The primary: a cut is begun when the one before was answered; an image has seen what was answered. */
byte cut, committed, landed, freed;
byte onTheWay;                          /* the two writes of a cut */
bit isImaging, isMovingTail;
byte image[RECORDS], asOf, newTail;
byte images, restarts, sessions, stops;
bit isAsking;
byte asked;                             /* up to this cut */
bit isReplaying;                        /* it brings a journal home that it found, a record at a time */
byte replayed, replayedRecord;

/* The standby. */
byte ring[RING * 2];                    /* of each place and half: whose record stands there */
byte tail;                              /* as the newest slot says */
byte table[RECORDS];
byte end;                               /* all cuts up to here stand in the tables */
bit hasApplied, isStopped;
byte r, k, found[RECORDS], whole;

inline ship(mask) {
    cut++; changed[cut] = mask; onTheWay = 3;
    for (r : 0 .. RECORDS - 1) { was(cut, r) = (mask & bit(r) -> cut : was(cut - 1, r)) };
    r = 0
}

#define isWhole(number) (ring[((number) % RING) * 2] == (number) && ring[((number) % RING) * 2 + 1] == (number))

inline put(number) {
    for (r : 0 .. RECORDS - 1) {
        if
        :: changed[number] & bit(r) -> table[r] = number
        :: else
        fi
    };
    r = 0; hasApplied = 1; end = number
}

inline advance() {
    do
    :: !isStopped && end < CUTS && isWhole(end + 1) -> put(end + 1)
    :: else -> break
    od
}

inline arrive(half) {
    ring[(cut % RING) * 2 + half] = cut; onTheWay = onTheWay & ~bit(half);
    advance();
    if
    :: onTheWay == 0 -> committed = cut
    :: else
    fi
}

/* Of each record the newer stays, on a page that a cut has changed. */
inline lay(record, value) {
    if
    :: !isStopped && hasApplied && table[record] > value
    :: else -> table[record] = value
    fi
}

inline imageArrives() {
    for (k : 0 .. RECORDS - 1) { lay(k, image[k]); image[k] = 0 };
    k = 0; isImaging = 0;
    if
    :: asOf > landed -> landed = asOf
    :: else
    fi;
    asOf = 0
}

/* Cuts that images have brought home need not be kept. */
inline freeRing() {
    newTail = committed;
    do
    :: newTail > landed && (was(newTail, 0) > was(landed, 0) || was(newTail, 1) > was(landed, 1)) -> newTail--
    :: else -> break
    od
}

inline ask() { isAsking = 1; asked = committed }

/* All of it, or the primary brings it home itself. */
inline answer() {
    if
    :: !isStopped && end >= asked -> isMovingTail = 1; newTail = asked
    :: else -> isReplaying = 1; replayed = tail + 1; replayedRecord = 0
    fi;
    isAsking = 0; asked = 0
}

/* Nothing that was on its way arrives any more. The same cut is sent again. */
inline lose() {
    if
    :: onTheWay != 0 -> onTheWay = 3
    :: else
    fi;
    isImaging = 0; isMovingTail = 0; newTail = 0; asOf = 0; isAsking = 0; asked = 0;
    for (k : 0 .. RECORDS - 1) { image[k] = 0 };
    k = 0; isReplaying = 0
}

/* The server is another one: it goes on from the slot, and applies what stands in the journal. */
inline restart() {
    hasApplied = 0; isStopped = 0; end = tail; advance()
}

/* Promoted now, with the tables as they are: exactly the last whole cut. Promoted by anybody else, from the slot on:
   the same. */
inline check() {
    for (r : 0 .. RECORDS - 1) { assert(isStopped || table[r] == was(end, r)); found[r] = table[r] };
    assert(isStopped || end >= committed);
    whole = tail;
    do
    :: whole < CUTS && isWhole(whole + 1) ->
        whole++;
        for (r : 0 .. RECORDS - 1) {
            if
            :: changed[whole] & bit(r) -> found[r] = whole
            :: else
            fi
        }
    :: else -> break
    od;
    assert(whole >= committed && (isStopped || whole == end));
    for (r : 0 .. RECORDS - 1) { assert(found[r] == was(whole, r)); found[r] = 0 };
    r = 0; whole = 0
}

active proctype all() {
    skip;                       /* what can be done in the very first step would be no place for model.sh */
    do
    :: atomic { onTheWay == 0 && cut < CUTS && cut - freed < RING && !isReplaying ->
        if
        :: ship(1)
        :: ship(2)
        :: ship(3)
        fi; check() }
    :: atomic { onTheWay & 1 -> arrive(0); check() }
    :: atomic { onTheWay & 2 -> arrive(1); check() }
    :: atomic { !isImaging && !isReplaying && !isAsking && images < IMAGES && (ASKS || committed > landed) ->
        images++; isImaging = 1; asOf = committed;
        for (r : 0 .. RECORDS - 1) { image[r] = was(committed, r) }; r = 0 }
    :: atomic { isImaging -> imageArrives(); check() }
    :: atomic { ASKS && !isAsking && !isImaging && !isMovingTail && !isReplaying && committed > freed -> ask() }
    :: atomic { isAsking -> answer(); check() }
    :: atomic { stops < STOPS && !isStopped -> stops++; isStopped = 1; check() }
    :: atomic { !ASKS && !isMovingTail && !isReplaying && committed > freed ->
        freeRing();
        if
        :: newTail > freed -> isMovingTail = 1
        :: else -> newTail = 0
        fi }
    :: atomic { isMovingTail -> tail = newTail; freed = newTail; isMovingTail = 0; newTail = 0; check() }
    :: atomic { restarts < RESTARTS -> restarts++; lose(); restart(); check() }
    :: atomic { sessions < SESSIONS ->
        sessions++; lose();
        if
        :: committed > tail -> isReplaying = 1; replayed = tail + 1; replayedRecord = 0
        :: skip
        fi; check() }
    :: atomic { isReplaying && replayed <= committed ->
        if
        :: changed[replayed] & bit(replayedRecord) -> lay(replayedRecord, replayed)
        :: else
        fi;
        if
        :: replayedRecord + 1 < RECORDS -> replayedRecord++
        :: else -> replayedRecord = 0; replayed++
        fi; check() }
    :: atomic { isReplaying && replayed > committed ->
        isReplaying = 0; replayed = 0; landed = committed; tail = committed; freed = committed; check() }
    :: atomic { cut == CUTS && onTheWay == 0 && !isImaging && !isMovingTail && !isReplaying && !isAsking -> break }
    od
}
