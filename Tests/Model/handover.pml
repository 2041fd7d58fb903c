// A planned change of sides: the writers are stopped, the last cut is brought to the copy, the copy's slot says so, and
// somebody promotes it. Or nobody does, and the writers go on. What a writer stores stands in its store buffer for a
// while; of a transaction there is its status, and that it has committed or was undone; of the copy one slot and how
// much it holds.
//
//   WRITERS=n       each of one transaction after the other
//   TRANSACTIONS=n  of each writer, refused ones too
//   DEATHS=n        of the replicator, at any step; a successor follows
//   PROMOTIONS=n    that are tried, each killed at any step, or not

#ifndef DEATHS
#define DEATHS 0
#endif
#ifndef PROMOTIONS
#define PROMOTIONS 1
#endif

#define IDLE        0
#define ACTIVE      1
#define COMMITTING  2

// Shared memory.
bool isStopped;                // the bit that a transaction looks at, when it begins and when it commits
byte status[WRITERS];          // what each writer's slot says
byte changes;                  // transactions that have committed
// Stores of ACTIVE or IDLE that nobody but their writer sees yet.
chan buffers[WRITERS] = [3] of { byte };

// The copy, and its fence. What a replicator sends in a session that was fenced does not land.
byte held;                     // transactions that it holds
bool isHandedOver;             // what its slot says
bool isFenced;                 // a promotion is under way, or has been
bool isSource;                 // it was promoted
byte session, present;         // the replicator's, and the one whose requests are performed

bool isDoomed;                 // the replicator dies

proctype Buffers() {
end:
    do
    :: buffers[0] ? status[0]
#if WRITERS > 1
    :: buffers[1] ? status[1]
#endif
    od
}

inline say(w, what) { buffers[w] ! what }

// An exchange, which waits until the writer's buffer is empty.
inline sayFencing(w, what) { atomic { empty(buffers[w]) -> status[w] = what } }

proctype Writer(byte me) {
    byte turn;
    bool wasStopped;
    do
    :: turn < TRANSACTIONS ->
        turn++;
        // begin: an early look, which spares a transaction that would fail
        say(me, ACTIVE);
        wasStopped = isStopped;
        if
        :: wasStopped -> goto undone
        :: else
        fi;
        // commit
        sayFencing(me, COMMITTING);
        wasStopped = isStopped;
        if
        :: wasStopped -> goto undone
        :: else
        fi;
        atomic {
            // Whoever is told that it has committed has a source on which that stays.
            assert(!isSource);
            changes++
        };
undone:
        say(me, IDLE)
    :: else -> break
    od
}

inline awaitCommits() {
    status[0] != COMMITTING;
#if WRITERS > 1
    status[1] != COMMITTING;
#endif
}

// A write to the copy, which lands or fails.
inline send(isDone, handedOver) {
    atomic {
        isDone = !isFenced && session == present && !isSource;
        if
        :: isDone -> isHandedOver = handedOver
        :: else
        fi
    }
}

// The copy is asked for anew: a session of its own, unless it is being promoted, or was.
inline reopen() {
    atomic { !isFenced; if :: !isSource -> present++; session = present :: else fi }
}

inline handOver() {
    isStopped = true;                   // a locked instruction
    if
    :: awaitCommits()
    :: skip -> goto letGoOn             // a commit takes too long
    fi;
    // The cut that a commit of now would wait for.
    through = changes;
    atomic {
        if
        :: !isFenced && session == present && !isSource -> held = through
        :: else -> goto lost
        fi
    };
    send(isDone, true);
    if
    :: isDone
    :: else -> goto lost
    fi
}

proctype Replicator() {
    bool isDone;
    byte through;
    {
        reopen();
        if
        :: isSource -> goto ended
        :: !isSource && isStopped -> goto takeBack  // a predecessor has died with it
        :: else
        fi;
        handOver();
        if
        :: isSource -> goto ended
        :: skip                         // nobody has promoted it for too long
        fi;
takeBack:
        send(isDone, false);
        if
        :: isDone -> goto letGoOn
        :: else
        fi;
lost:
        // Gone: because it is being promoted, or was, or for any other reason.
        reopen();
        if
        :: isSource -> goto ended
        :: else -> goto takeBack
        fi;
letGoOn:
        isStopped = false;
ended:
        skip
    } unless { atomic { isDoomed -> isDoomed = false; run Replicator() } }
}

proctype Death() {
    byte deaths;
    do
    :: deaths < DEATHS && !isDoomed -> deaths++; isDoomed = true
    :: break
    od
}

// Who promotes what was handed over, and nothing else.
proctype Promoter() {
    bool isReady;
    byte tries;
    do
    :: tries < PROMOTIONS && !isSource ->
        tries++;
        // When this is done nothing that was sent before lands any more.
        isFenced = true;
        isReady = isHandedOver;
        if
        :: isReady ->
            if
            :: atomic {
                    isSource = true;
                    assert(held == changes)
                }
            :: skip                     // killed
            fi
        :: else
        fi;
        isFenced = false
    :: else -> break
    od
}

init {
    atomic {
        byte at = 0;
        present = 1;
        session = 1;
        run Buffers();
        do
        :: at < WRITERS -> run Writer(at); at++
        :: else -> break
        od;
        run Replicator();
        run Death();
        run Promoter()
    }
}
