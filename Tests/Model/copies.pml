/* Several copies of one source, fed by one capture: what is dirty is folded into what each copy misses, who is ready
   takes it, and each cut comes to its copy in its own time.

   A transaction locks and names its record, marks the page, and has its epoch, in three steps; a window reads exactly
   what was committed by its opening: that is what cut.pml shows. At the end of each cut its copy must hold that cut,
   whatever else has happened to the others. */

#ifndef COPIES
#define COPIES 2
#endif
#ifndef RECORDS
#define RECORDS 3       /* two on the first page, and so on */
#endif
#ifndef CHANGES
#define CHANGES 3       /* transactions of one record */
#endif
#ifndef CUTS
#define CUTS 3
#endif
#ifndef OUTAGES
#define OUTAGES 0       /* of a copy */
#endif
#ifndef LEAVES
#define LEAVES 0        /* of a window, by a copy that would hold it up */
#endif
#ifndef DROPS
#define DROPS 0         /* windows that come to nothing */
#endif
#ifndef DEATHS
#define DEATHS 0        /* of the replicator */
#endif
#ifndef PORTIONS
#define PORTIONS 0      /* windows in which a copy leaves a page for the next one */
#endif

#ifndef MISSED
#define MISSED 0        /* pages, by copy 1, before anything else */
#endif

#define PAGES ((RECORDS + 1) / 2)
#define NONE 255
#define TORN 254        /* of a window that comes to nothing: a pre-image may have been overwritten */
#define bit(n) (1 << (n))
#define page(r) ((r) / 2)
#define recordsOf(p) (3 << (2 * (p)))
#define isInDoubt (committing & names & recordsOf(stage - 2 * COPIES - 3 * PAGES))

typedef Values { byte at[RECORDS] };

/* Shared memory. */
byte E = 1;
byte value[RECORDS], epoch[RECORDS];
byte dirty, named;                      /* pages; records */
byte locked, committing;                /* records; of a transaction whose epoch nobody can know yet */
byte missed[COPIES], taken[COPIES];     /* pages */

/* What each copy's file holds, and its last cut. */
Values file[COPIES];
byte onCopy[COPIES];

/* The engine's own, which dies with it. */
bit follows[COPIES], isIn[COPIES], isShipping[COPIES];
byte took[COPIES], shipped[COPIES];     /* in the open window, or on its way */
bit byName[COPIES];                     /* what is named of the pages that it misses is what it misses */
bit collects[COPIES];                   /* its body has been begun in an earlier window */
byte collected[COPIES], left[COPIES];   /* pages, taken in earlier windows; for a later one */
Values body[COPIES];
bit isOpen;
byte stage, cut, pages, names;          /* which pages the window has taken, and whose names */
Values asOf, since;                     /* as of the window's cut: values, epochs */
Values expected[COPIES];                /* as of the cut that is on its way */
byte total, opened, outages, leaves, drops, deaths, portions;
byte k, r, p;

/* E moves first. Some of those that are ready have a part. */
inline open() {
    cut = E; E++; opened++; isOpen = 1; stage = 0;
    for (k : 0 .. COPIES - 1) {
        if
        :: follows[k] && !isShipping[k] ->
            isIn[k] = 1; left[k] = 0;
            if
            :: !collects[k] -> for (r : 0 .. RECORDS - 1) { body[k].at[r] = NONE }
            :: else
            fi
        :: true -> isIn[k] = 0
        fi
    };
    for (r : 0 .. RECORDS - 1) { asOf.at[r] = value[r]; since.at[r] = epoch[r] };
    k = 0; r = 0
}

/* What it missed in earlier windows, of which others have read what was named: all of it is named. Or a portion. */
inline takeMissed(c) {
    for (p : 0 .. PAGES - 1) {
        if
        :: (missed[c] & bit(p)) && portions < PORTIONS -> portions++; left[c] = left[c] | bit(p)
        :: true
        fi
    };
    taken[c] = taken[c] | (missed[c] & ~left[c]); took[c] = took[c] | (missed[c] & ~left[c]);
    pages = pages | (missed[c] & ~left[c]);
    for (p : 0 .. PAGES - 1) {
        if
        :: !byName[c] && (missed[c] & ~left[c] & bit(p)) -> named = named | (recordsOf(p) & (bit(RECORDS) - 1))
        :: else
        fi
    };
    if
    :: !left[c] -> byName[c] = 1
    :: else
    fi;
    p = 0
}

/* A page that is dirty is taken by some and missed by the others, those that nobody follows too. */
inline keep(q) {
    for (k : 0 .. COPIES - 1) {
        if
        :: isIn[k] -> taken[k] = taken[k] | bit(q); took[k] = took[k] | bit(q)
        :: else -> missed[k] = missed[k] | bit(q)
        fi
    };
    pages = pages | bit(q); k = 0
}

/* The first of those that take a page in this window: COPIES when all of them have left. */
inline findTaker(q) {
    k = 0;
    do
    :: k < COPIES && !(isIn[k] && (taken[k] & bit(q))) -> k++
    :: k == COPIES || (isIn[k] && (taken[k] & bit(q))) -> break
    od
}

/* What is named of a page is taken for the whole window, before any page of it is read. Of a page that nobody takes any
   more the names stay: whoever left has named it for the others. */
inline takeNames(q) {
    findTaker(q);
    if
    :: k < COPIES -> takeNamesFor(q)
    :: k == COPIES
    fi;
    k = 0
}

inline takeNamesFor(q) {
    p = named & recordsOf(q);
    if
    :: p == 0 -> p = recordsOf(q)
    :: else
    fi;
    names = names | p;
    k = 0;
    do
    :: k < COPIES && byName[k] && (missed[k] & bit(q)) -> break
    :: k < COPIES && !(byName[k] && (missed[k] & bit(q))) -> k++
    :: k == COPIES -> named = named & ~recordsOf(q); break
    od;
    k = 0; p = 0
}

/* A page is read once: of its records those whose names were taken, for each copy what is newer than it was shipped.
   What stands in a body from an earlier window is older, and lies before it. Nothing is read for those that left. */
inline read(q) {
    findTaker(q);
    if
    :: k < COPIES -> readNamed(q)
    :: k == COPIES
    fi;
    k = 0
}

inline readNamed(q) {
    for (r : 0 .. RECORDS - 1) {
        if
        :: (names & recordsOf(q) & bit(r)) -> share(q)
        :: else
        fi
    };
    r = 0
}

inline share(q) {
    for (k : 0 .. COPIES - 1) {
        if
        :: isIn[k] && (taken[k] & bit(q)) && since.at[r] > shipped[k] -> body[k].at[r] = asOf.at[r]
        :: else
        fi
    };
    k = 0;
    if
    :: epoch[r] > cut -> named = named | bit(r); dirty = dirty | bit(q)
    :: epoch[r] <= cut && (locked & bit(r)) -> named = named | bit(r)
    :: else
    fi
}

/* The bodies exist: the window is over, and each cut on its way, unless its copy has left something. */
inline close() {
    for (k : 0 .. COPIES - 1) {
        if
        :: isIn[k] && left[k] -> collect(k)
        :: isIn[k] && !left[k] ->
            isIn[k] = 0; isShipping[k] = 1; shipped[k] = E - 1;
            took[k] = took[k] | collected[k]; collected[k] = 0; collects[k] = 0;
            for (r : 0 .. RECORDS - 1) { expected[k].at[r] = asOf.at[r] }
        :: else
        fi
    };
    forgetWindow()
}

/* Its cut will be that of a later window. */
inline collect(c) {
    isIn[c] = 0; left[c] = 0; collects[c] = 1;
    collected[c] = collected[c] | took[c]; took[c] = 0
}

inline forgetWindow() {
    for (r : 0 .. RECORDS - 1) { asOf.at[r] = 0; since.at[r] = 0 };
    isOpen = 0; stage = 0; cut = 0; pages = 0; names = 0; k = 0; r = 0; p = 0
}

inline land(c) {
    for (r : 0 .. RECORDS - 1) {
        if
        :: body[c].at[r] != NONE -> file[c].at[r] = body[c].at[r]
        :: else
        fi;
        assert(file[c].at[r] == expected[c].at[r])
    };
    onCopy[c] = shipped[c]; r = 0;
    forgetBody(c)
}

inline forgetBody(c) {
    for (r : 0 .. RECORDS - 1) { body[c].at[r] = NONE; expected[c].at[r] = 0 };
    collects[c] = 0; collected[c] = 0; left[c] = 0; r = 0
}

inline commit(c) {
    land(c);
    taken[c] = taken[c] & ~took[c]; took[c] = 0; isShipping[c] = 0
}

/* Its pages are missed, and it comes by one cut of its own. */
inline leave(c) {
    for (p : 0 .. PAGES - 1) {
        if
        :: (took[c] | collected[c]) & bit(p) -> named = named | (recordsOf(p) & (bit(RECORDS) - 1))
        :: else
        fi
    };
    p = 0;
    missed[c] = missed[c] | took[c] | collected[c];
    taken[c] = taken[c] & ~(took[c] | collected[c]); took[c] = 0; isIn[c] = 0;
    forgetBody(c)
}

inline drop() {
    for (k : 0 .. COPIES - 1) {
        if
        :: isIn[k] ->
            for (p : 0 .. PAGES - 1) {
                if
                :: took[k] & bit(p) ->
                    named = named | (recordsOf(p) & (bit(RECORDS) - 1)); dirty = dirty | bit(p)
                :: else
                fi
            };
            for (r : 0 .. RECORDS - 1) {
                if
                :: took[k] & bit(page(r)) -> body[k].at[r] = TORN
                :: else
                fi
            };
            taken[k] = taken[k] & ~took[k]; took[k] = 0;
            /* What was read in earlier windows is missed. */
            leave(k)
        :: else
        fi
    };
    forgetWindow()
}

/* Of what was on its way nobody knows whether it has arrived. */
inline lose(c) {
    if
    :: isShipping[c] -> land(c)
    :: true
    fi;
    leave(c);
    byName[c] = 0; isShipping[c] = 0; follows[c] = 0
}

/* The copy says which cut it holds. */
inline comeBack(c) { follows[c] = 1; shipped[c] = onCopy[c] }

inline inherit() {
    for (k : 0 .. COPIES - 1) {
        if
        :: isShipping[k] -> land(k)
        :: true
        fi;
        missed[k] = missed[k] | taken[k]; taken[k] = 0;
        took[k] = 0; isIn[k] = 0; isShipping[k] = 0; follows[k] = 0; shipped[k] = 0; byName[k] = 0;
        forgetBody(k)
    };
    forgetWindow()
}

proctype Writer() {
    byte i;
    do
    :: total < CHANGES ->
        atomic { select (i : 0 .. RECORDS - 1); total++; locked = bit(i); named = named | bit(i) };
        atomic { committing = bit(i); dirty = dirty | bit(page(i)) };
        atomic { value[i] = total; epoch[i] = E; locked = 0; committing = 0; i = 0 }
    :: total == CHANGES -> break
    od
}

proctype Engine() {
    byte c;
end:
    do
    :: !isOpen && opened < CUTS -> atomic { open() }
    /* Each copy's missed pages, in two steps: taken, and then no longer missed. */
    :: isOpen && stage < 2 * COPIES -> atomic {
            c = stage / 2;
            if
            :: isIn[c] && stage % 2 == 0 -> takeMissed(c)
            :: isIn[c] && stage % 2 == 1 -> missed[c] = left[c]
            :: else
            fi;
            stage++; c = 0
        }
    /* Each dirty page, in two steps: kept, and then no longer dirty. */
    :: isOpen && stage >= 2 * COPIES && stage < 2 * COPIES + 2 * PAGES -> atomic {
            c = (stage - 2 * COPIES) / 2;
            if
            :: stage % 2 == 0 && (dirty & bit(c)) -> keep(c); stage = stage + 1
            :: stage % 2 == 0 && !(dirty & bit(c)) -> stage = stage + 2
            :: stage % 2 == 1 -> dirty = dirty & ~bit(c); stage = stage + 1
            fi;
            c = 0
        }
    :: isOpen && stage >= 2 * COPIES + 2 * PAGES && stage < 2 * COPIES + 3 * PAGES -> atomic {
            c = stage - 2 * COPIES - 2 * PAGES;
            if
            :: pages & bit(c) -> takeNames(c)
            :: else
            fi;
            stage++; c = 0
        }
    :: isOpen && stage >= 2 * COPIES + 3 * PAGES && stage < 2 * COPIES + 4 * PAGES && !isInDoubt -> atomic {
            c = stage - 2 * COPIES - 3 * PAGES; read(c); stage++; c = 0
        }
    :: isOpen && stage == 2 * COPIES + 4 * PAGES -> atomic { close() }
    :: isOpen && drops < DROPS -> atomic { drops++; drop() }
    :: atomic { isShipping[0] -> commit(0) }
    :: atomic { isShipping[1] -> commit(1) }
    :: atomic { leaves < LEAVES && isOpen && isIn[1] -> leaves++; leave(1) }
    :: atomic { outages < OUTAGES && follows[1] -> outages++; lose(1) }
    :: atomic { !follows[1] -> comeBack(1) }
    :: atomic { !follows[0] -> comeBack(0) }
    :: atomic { deaths < DEATHS -> deaths++; inherit() }
    od
}

init {
    atomic {
        for (k : 0 .. COPIES - 1) {
            for (r : 0 .. RECORDS - 1) { body[k].at[r] = NONE }
        };
        k = 0; r = 0; missed[1] = MISSED;
        run Writer(); run Engine()
    }
}
