/* Writes to the copy land in any order; at each of these moments the host may be lost. */

inline land(p) {
    inPlace[p] = imageOf[p];
    if
    :: image[p] == submitted -> image[p] = landed; arrived = arrived | bit(p)
    :: else -> forgetImage(p)
    fi;
    promote()
}

inline landSlot() {
    consistent = slotRole;
    tail = slotTail;
#if FILES > 0
    sequence = slotSequence;
#endif
    slotWrite = landed
}

proctype Device() {
end:
    do
    :: d_step { image[0] == submitted || image[0] == orphan -> land(0) }
    :: d_step { image[1] == submitted || image[1] == orphan -> land(1) }
#if PAGES > 2
    :: d_step { image[2] == submitted || image[2] == orphan -> land(2) }
#endif
    :: d_step { cutWrite == submitted -> whole[cutWritten] = 1; cutWrite = landed; promote() }
    :: d_step { slotWrite == submitted -> landSlot(); promote() }
    /* What an outage has cut off need not arrive. */
    :: d_step { phase == offline && image[0] == orphan -> forgetImage(0) }
    :: d_step { phase == offline && image[1] == orphan -> forgetImage(1) }
#if PAGES > 2
    :: d_step { phase == offline && image[2] == orphan -> forgetImage(2) }
#endif
    :: d_step { phase == offline && cutWrite == submitted -> cutWrite = none }
    :: d_step { phase == offline && slotWrite == submitted -> slotWrite = none }
    od
}

/* Somebody keeps a copy of the file at some moment, or moves it away from an absent replicator, so that a blank one is
   begun in its place; and puts it back, in the place of what is there then, while nobody has that open. What had been
   acknowledged since is lost by that, and only by that. */
#if FILES > 0
byte backups = BACKUPS, moves = MOVES;
byte keptInPlace[PAGES], keptTail, keptSequence;
bit keptWhole[CUTS + 1];
bit isKept;

#define isClosed (phase == offline && isEmpty && cutWrite == none && slotWrite == none)

inline keep() {
    isKept = 1;
    for (k : 0 .. PAGES - 1) { keptInPlace[k] = inPlace[k] }
    for (k : 0 .. CUTS) { keptWhole[k] = whole[k] }
    k = 0;
    keptTail = tail; keptSequence = sequence
}

inline blank() {
    for (k : 0 .. PAGES - 1) { inPlace[k] = 0 }
    for (k : 0 .. CUTS) { whole[k] = 0 }
    k = 0;
    consistent = 0; tail = 0; sequence = 0
}

inline putBack() {
    isKept = 0;
    for (k : 0 .. PAGES - 1) { inPlace[k] = keptInPlace[k]; keptInPlace[k] = 0 }
    for (k : 0 .. CUTS) { whole[k] = keptWhole[k]; keptWhole[k] = 0 }
    tail = keptTail; sequence = keptSequence; consistent = 1;
    keptTail = 0; keptSequence = 0;
    recover(0, tail);
    acknowledged = minimum(acknowledged, c);
    promote()
}

proctype Operator() {
end:
    do
    :: d_step { consistent && backups > 0 -> backups--; keep() }
    :: d_step { consistent && moves > 0 && isClosed -> moves--; keep(); blank() }
    :: d_step { isKept && isClosed -> putBack() }
    od
}
#endif
