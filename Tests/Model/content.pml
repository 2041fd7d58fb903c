/* A copy of which nobody knows what it lacks: its page is compared with the source's, as of a window, and one cut
   brings it if it differs. Another copy has windows of its own meanwhile, and takes what is dirty.

   One page, as nothing is decided about two together. What the copy holds of it at first is anything. A window reads
   what was committed by its opening, as cut.pml shows, unless a writer has overwritten that: then anything. */

#ifndef RECORDS
#define RECORDS 2
#endif
#ifndef CHANGES
#define CHANGES 3       /* transactions of one record */
#endif
#ifndef WINDOWS
#define WINDOWS 4
#endif
#ifndef DROPS
#define DROPS 0         /* windows that a writer makes worthless */
#endif
#ifndef DEATHS
#define DEATHS 0        /* of the replicator */
#endif

#define bit(n) (1 << (n))
#define ALL (bit(RECORDS) - 1)
#define ELSE 99         /* what no writer has ever written */
#define isInDoubt (committing & bit(stage))

mtype = { unknown, comparing, settling, inSync };

/* Shared memory. */
byte E = 1;
byte value[RECORDS], epoch[RECORDS];
byte locked, dirty, named;              /* records; the page; records */
byte committing;                        /* records of a transaction whose epoch nobody can know yet */
byte missed, taken;                     /* the page, of the copy that is compared */
bit partWay;

/* What the copy holds. */
byte file[RECORDS];

/* The engine's own, which dies with it. */
mtype phase = unknown;
bit isOpen, isTorn, isEqual;
byte cut, shipped, stage, body;
byte asOf[RECORDS], since[RECORDS];
byte total, opened, drops, deaths, r;

/* Nothing of it is known, so all of it is missed; and before that it is written down that this is so. */
inline begin() {
    partWay = 1; missed = 1; taken = 0; phase = comparing; shipped = 0
}

/* A window of the other copy's, from its opening to its end: what is dirty this copy misses. It finds a record held, or
   newer than its cut if that has come to its commit, and names it again. */
inline others() {
    E++; opened++; missed = 1; dirty = (committing != 0); named = locked
}

/* E moves first. What is dirty is folded, or left for later. */
inline open() {
    cut = E; E++; opened++; isOpen = 1; isTorn = 0; stage = 0; body = 0; isEqual = 1;
    for (r : 0 .. RECORDS - 1) { asOf[r] = value[r]; since[r] = epoch[r] };
    r = 0;
    if
    :: phase == comparing && dirty -> missed = 1; dirty = 0; named = 0
    :: phase == comparing
    :: phase != comparing -> takeAll()
    fi
}

/* What was missed has lost its names to another copy: all of it is named. */
inline takeAll() {
    if
    :: missed -> named = ALL; taken = 1; missed = 0
    :: else
    fi;
    if
    :: dirty -> taken = 1; dirty = 0
    :: else
    fi;
    if
    :: taken -> body = named; named = 0
    :: else
    fi
}

/* A record of the copy with the source's. One with something later is not what the copy will have to hold. */
inline compare() {
    if
    :: isTorn
    :: isTorn -> isEqual = 0
    :: !isTorn && (file[stage] != asOf[stage] || epoch[stage] > cut || (locked & bit(stage))) -> isEqual = 0
    :: !isTorn && !(file[stage] != asOf[stage] || epoch[stage] > cut || (locked & bit(stage)))
    fi;
    stage++
}

/* A record for the cut's body. Of a copy that was compared everything that is named goes in, however old it is. */
inline ship() {
    if
    :: (body & bit(stage)) && epoch[stage] > cut -> named = named | bit(stage); dirty = 1
    :: (body & bit(stage)) && epoch[stage] <= cut && (locked & bit(stage)) -> named = named | bit(stage)
    :: else
    fi;
    if
    :: phase == inSync && since[stage] <= shipped -> body = body & ~bit(stage)
    :: else
    fi;
    stage++
}

/* The window has been read, and nothing of it was overwritten before. */
inline close() {
    if
    :: phase == comparing ->
        if
        :: isEqual -> missed = 0
        :: else
        fi;
        phase = settling
    :: else -> land()
    fi;
    forgetWindow()
}

inline land() {
    for (r : 0 .. RECORDS - 1) {
        if
        :: body & bit(r) -> file[r] = asOf[r]
        :: else
        fi;
        assert(file[r] == asOf[r])
    };
    taken = 0; shipped = cut; phase = inSync; partWay = 0; r = 0
}

inline drop() {
    if
    :: taken -> named = ALL; dirty = 1; taken = 0
    :: else
    fi;
    forgetWindow()
}

inline forgetWindow() {
    for (r : 0 .. RECORDS - 1) { asOf[r] = 0; since[r] = 0 };
    isOpen = 0; isTorn = 0; isEqual = 0; stage = 0; body = 0; cut = 0; r = 0
}

/* A successor finds what the copy lacks written down, or that nobody knows. */
inline inherit() {
    forgetWindow();
    missed = missed | taken; taken = 0;
    if
    :: partWay || phase == unknown -> phase = unknown
    :: else -> phase = inSync
    fi
}

proctype Writer() {
    byte i;
    do
    :: total < CHANGES ->
        atomic { select (i : 0 .. RECORDS - 1); locked = locked | bit(i); total++ };
        named = named | bit(i);
        committing = bit(i);
        dirty = 1;
        atomic {
            if
            :: value[i] = total; epoch[i] = E
            :: true
            fi;
            locked = locked & ~bit(i); committing = 0; i = 0
        }
    :: total == CHANGES -> break
    od
}

proctype Engine() {
end:
    do
    :: atomic { phase == unknown -> begin() }
    :: atomic { !isOpen && phase != unknown && opened < WINDOWS -> open() }
    :: atomic { !isOpen && phase != unknown && opened < WINDOWS && dirty -> others() }
    :: atomic { isOpen && stage < RECORDS && !isInDoubt && phase == comparing -> compare() }
    :: atomic { isOpen && stage < RECORDS && !isInDoubt && phase != comparing -> ship() }
    :: atomic { isOpen && !isTorn && drops < DROPS -> drops++; isTorn = 1 }
    :: atomic { isOpen && stage == RECORDS && !isTorn -> close() }
    :: atomic { isOpen && isTorn -> drop() }
    :: atomic { deaths < DEATHS -> deaths++; inherit() }
    od
}

init {
    atomic {
        for (r : 0 .. RECORDS - 1) {
            if
            :: file[r] = 0
            :: file[r] = ELSE
            fi
        };
        r = 0;
        run Writer(); run Engine()
    }
}
