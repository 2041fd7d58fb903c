/* Who is newer: the source's words for what its copy may hold, files that are moved away and back, a source that is
   put back, a replicator that dies between any two of its stores.

   The copy is its last cut and its newest slot, the source the cuts that it has made. What was written by the source as
   it is must never look newer, and what the source lacks must never be overwritten. */

#ifndef CUTS
#define CUTS 3
#endif
#ifndef DEATHS
#define DEATHS 2
#endif
#ifndef MOVES
#define MOVES 1
#endif
#define SLOTS 12

byte made, shipping, sequence;                  /* the source's: cuts made, and its two words */
byte cut, slot;                                 /* the file's at the path */
bit whole, there;
byte awayCut, awaySlot;                         /* one that was moved away */
bit awayWhole, isAway;
byte keptMade, keptShipping, keptSequence;      /* the source's file, kept */
bit isKept, isPutBack, isClosed = 1;
byte deaths = DEATHS, moves = MOVES;

#define isNewer ((whole && cut > shipping) || slot > sequence + 2)

proctype Replicator() {
endIdle:
    isClosed = 1;
endOfSlots:
    atomic { slot < SLOTS && sequence < SLOTS -> isClosed = 0 };
    if
    :: !there ->
        atomic { there = 1; whole = 0; cut = 0; slot = sequence + 2 };
        if :: deaths > 0 -> deaths--; goto endIdle :: true fi;
        sequence = slot
    :: there && isNewer ->
        assert(isPutBack);
        goto endIdle
    :: there && !isNewer ->
        assert(!whole || cut <= made);
        if
        :: whole && (slot == sequence || slot == sequence + 1) && cut == shipping -> sequence = slot; goto inSync
        :: else
        fi;
        if
        :: slot > sequence -> sequence = slot
        :: else
        fi;
        atomic { whole = 0; cut = 0; slot = sequence + 1 };
        if :: deaths > 0 -> deaths--; goto endIdle :: true fi;
        sequence = slot
    fi;
endOfCuts:
    atomic { made < CUTS -> made++ };
    shipping = made;
    if :: deaths > 0 -> deaths--; goto endIdle :: true fi;
    atomic { cut = made; whole = 1; slot = sequence + 1 };
    if :: deaths > 0 -> deaths--; goto endIdle :: true fi;
    sequence = slot;
inSync:
    do
    :: made < CUTS -> made++;
        shipping = made;
        if :: deaths > 0 -> deaths--; goto endIdle :: true fi;
        cut = made;
        if :: deaths > 0 -> deaths--; goto endIdle :: true fi
    :: slot < SLOTS -> slot = sequence + 1;
        if :: deaths > 0 -> deaths--; goto endIdle :: true fi;
        sequence = slot
    :: goto endIdle
    od
}

/* Acts while no replicator runs. */
proctype Operator() {
end:
    do
    :: atomic { isClosed && !isKept -> isKept = 1; keptMade = made; keptShipping = shipping; keptSequence = sequence }
    :: atomic { isClosed && isKept && !isPutBack ->
        isPutBack = 1; made = keptMade; shipping = keptShipping; sequence = keptSequence }
    :: atomic { isClosed && there && !isAway && moves > 0 && !isPutBack ->
        moves--; isAway = 1; awayCut = cut; awaySlot = slot; awayWhole = whole;
        there = 0; cut = 0; slot = 0; whole = 0 }
    :: atomic { isClosed && isAway && !isPutBack ->
        isAway = 0; there = 1; cut = awayCut; slot = awaySlot; whole = awayWhole }
    od
}

init { atomic { run Operator(); run Replicator() } }
