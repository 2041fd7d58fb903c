/* The source's words that outlive a replicator, the copy's bytes, and writes on their way: they land in any order. */

mtype = { none, read, submitted, landed, done, orphan };        /* of an image, a cut, a state slot */

byte E = 1;
byte now[PAGES], epoch[PAGES];          /* each record, and when it was changed */
byte before[PAGES], beforeEpoch[PAGES]; /* the same as of the last cut */
byte dirty, taken, missed, owed;
byte committed, shipping;
byte copySequence;                      /* of the state slot that was written last */
bit partWay;
byte descriptor;                        /* pages */

byte inPlace[PAGES];                    /* the copy's tables, */
byte change[PAGES * (CUTS + 1)];        /* its journal: value + 1 of what a cut changes, */
byte previous[CUTS + 1];                /* and the cut before it, */
bit whole[CUTS + 1];
bit consistent;                         /* its state slot: role, tail, sequence number */
byte tail, sequence;

mtype image[PAGES] = none;
byte imageOf[PAGES], imageCut[PAGES];
mtype cutWrite = none, slotWrite = none;
byte cutWritten, slotTail, slotSequence;
bit slotRole;

/* For the checks. */
byte asOf[PAGES * (CUTS + 1)];
byte acknowledged;                      /* the last cut of which somebody was told that it is safe */
byte arrived;                           /* pages whose image has landed since the descriptor was zero */
hidden byte k, c, value;

inline forgetImage(p) { image[p] = none; imageOf[p] = 0; imageCut[p] = 0 }

/* CopyRecovery: the journal from cut t, over what is in place. Leaves the last cut in c. */
inline recover(p, t) {
    value = inPlace[p];
    c = t;
    for (k : 1 .. CUTS) {
        if
        :: k > c && whole[k] && previous[k] == c ->
            c = k;
            if
            :: change[k * PAGES + p] != 0 -> value = change[k * PAGES + p] - 1
            :: else
            fi
        :: else
        fi
    }
}

/* The host is lost at this instant: what is promoted is a cut, and holds what was acknowledged. */
inline promote() {
    if
    :: consistent ->
        recover(0, tail);
        assert(c >= acknowledged && value == asOf[c * PAGES]);
        recover(1, tail);
        assert(value == asOf[c * PAGES + 1]);
#if PAGES > 2
        recover(2, tail);
        assert(value == asOf[c * PAGES + 2])
#endif
    :: else
    fi;
    k = 0; c = 0; value = 0
}

/* Whoever waits for this cut is told that it is safe. */
inline acknowledge(which) {
    committed = which;
    acknowledged = which;
    assert(consistent)
}
