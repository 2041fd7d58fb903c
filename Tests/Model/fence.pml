// The session fence of a standby: nothing that an older session sent lands once a newer one has been opened, whatever
// waits where. The copy is one page; a session is its number; a connection's receive buffer is a channel.
//
//   SESSIONS=n   openings, each of a session of its own, by one primary after the other
//   WRITES=n     requests of each session, all of which may be under way when it is lost
//   TWINS        two primaries that take the same number
//   PROMOTER     somebody promotes the copy; killed at any step, or not
//   DEMOTER      and somebody makes the source that it has become a copy again

#ifndef SESSIONS
#define SESSIONS 2
#endif
#ifndef WRITES
#define WRITES 1
#endif
#ifdef TWINS
#define OPENINGS (SESSIONS + 1)
#else
#define OPENINGS SESSIONS
#endif
#define ABOVE_ALL 100

// The server's words, under its lock.
byte present;              // the highest session so far; 0: none yet
byte before;               // what it was, while a promotion has the fence
byte sharing;              // requests that are being performed
bool alone;                // an opening, an end or a promotion is
// Whose the file is, open and locked: a session's number, or the promoter's.
byte holder;
bool isSource;
bool isClosed;             // the server has seen that it is a source
// What must hold: sessions below this one are over, as somebody was told.
byte fenced;
byte owner;                // the connection that was opened last

byte number[OPENINGS];     // of each connection
chan requests[OPENINGS] = [WRITES] of { bit };
bool isLost[OPENINGS];     // nothing more comes in, what is in the buffer stays
byte landed;               // by whom the page was written last

inline share() { atomic { !alone; sharing++ } }
inline unshare() { sharing-- }
inline takeAlone() { atomic { !alone && sharing == 0; alone = true } }
inline giveAlone() { alone = false }

// One connection's thread in the server. It may be between any two of its steps while the primary is long gone.
proctype Worker(byte me) {
    bit request;
end:
    do
    :: requests[me]?request ->
        share();
        if
        :: holder == number[me] ->
            // The write itself, as slow as it likes.
            assert(number[me] >= fenced);
            assert(!isSource && owner == me && number[me] <= present);
            landed = number[me]
        // It is refused for a newer session's sake, or a promotion's, and for no other.
        :: else -> assert(number[me] < present || number[me] < fenced)
        fi;
        unshare()
    :: empty(requests[me]) && isLost[me] -> break
    od;
    // The connection's end, perhaps long after the next session's opening.
    takeAlone();
    if
    :: holder == number[me] -> holder = 0
    :: else -> skip
    fi;
    giveAlone()
}

inline open(me, opened) {
    takeAlone();
#ifdef DEMOTER
    // It looks at the file again, whose life is the one that it was closed for.
    if
    :: isClosed && !isSource -> isClosed = false; present = before
    :: else -> skip
    fi;
#endif
    if
    :: number[me] > present && !isSource && holder != ABOVE_ALL ->
        present = number[me];
        holder = number[me];
        owner = me;
        opened = true
    :: else -> opened = false
    fi;
    giveAlone();
    if
    :: opened -> atomic { fenced = (number[me] > fenced -> number[me] : fenced) }
    :: else -> skip
    fi
}

// A primary's life on one connection: opened, some writes sent, lost.
proctype Primary(byte me) {
    bool opened;
    byte sent;
    open(me, opened);
    if
    :: opened ->
        run Worker(me);
        do
        :: sent < WRITES -> requests[me]!1; sent++
        :: break
        od
    :: else -> skip
    fi;
    isLost[me] = true
}

#ifdef PROMOTER
inline fence() {
    takeAlone();
    before = present;
    present = ABOVE_ALL;
    holder = 0;
    giveAlone()
}

// The promoter's connection has ended: the file says what became of it.
inline lift() {
    takeAlone();
    if
    :: isSource -> isClosed = true
    :: else -> present = before
    fi;
    giveAlone()
}

// What was promised of a promotion that came to nothing: the sessions before it are over all the same.
inline toldOtherwise() {
    if
    :: isSource -> skip
    :: else -> fenced = before + 1
    fi
}

proctype Promoter() {
    fence();
    fenced = ABOVE_ALL;
    atomic { holder == 0; holder = ABOVE_ALL };
    if
    :: isSource = true
    :: skip // killed before the slot is written
    fi;
    // The kernel takes its lock back, and the server sees its connection end, in this order or the other.
    if
    :: atomic { holder = 0; toldOtherwise() }; lift()
    :: skip; atomic { toldOtherwise() }; lift(); holder = 0
    fi
}
#endif

#ifdef DEMOTER
// It has the file's lock while it works. The sessions of before are over all the same.
proctype Demoter() {
    // Where the promotion was killed there is no source.
end:
    atomic { isSource && holder == 0; holder = ABOVE_ALL };
    atomic { isSource = false; fenced = before + 1 };
    holder = 0
}
#endif

init {
    atomic {
        byte at = 0;
        do
        :: at < SESSIONS -> number[at] = at + 1; run Primary(at); at++
        :: else -> break
        od;
#ifdef TWINS
        number[at] = SESSIONS;
        run Primary(at);
#endif
#ifdef PROMOTER
        run Promoter();
#endif
#ifdef DEMOTER
        run Demoter();
#endif
    }
}
