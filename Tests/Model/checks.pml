/* What must be so: known to these checks, not to the protocol. */

#define NUMBERS 8

byte epochOf[WRITERS * NUMBERS];        /* what each transaction has read in commit */
byte asOf[RECORDS * (CUTS + 2)];        /* each record's value at the end of each epoch */
byte closed;                            /* the last cut that was read whole */
byte copy[RECORDS];                     /* what the copy holds */
byte copyCut;                           /* and as of which cut */
hidden byte record_, epoch_;
#ifdef READS
byte turns;                             /* commits of record 0 */
byte turn[RECORDS + NUMBERS * WRITERS]; /* by value */
#endif

#define WRONG 255                       /* of a value that was read: it must not be used */

inline begun() {
    for (record_ : 0 .. RECORDS - 1) {
        copy[record_] = initial(record_);
        for (epoch_ : 0 .. CUTS + 1) { asOf[record_ * (CUTS + 2) + epoch_] = initial(record_) }
    }
    record_ = 0; epoch_ = 0
}

inline noteEpoch() {
    assert(number < NUMBERS);
    epochOf[w * NUMBERS + number] = e
}

/* The commit point: status *committed* is in memory. */
inline noteCommit(v) {
    assert(epochOf[v * NUMBERS + (m[STATUS(v)] >> 2)] > closed);
    for (record_ : 0 .. RECORDS - 1) {
        if
        :: touches(v, m[STATUS(v)] >> 2, record_) ->
            for (k : epochOf[v * NUMBERS + (m[STATUS(v)] >> 2)] .. CUTS + 1) {
                asOf[record_ * (CUTS + 2) + k] = value(v, m[STATUS(v)] >> 2)
            }
        :: else
        fi
    }
    epochOf[v * NUMBERS + (m[STATUS(v)] >> 2)] = 0;
#ifdef READS
    turns++;
    turn[value(v, m[STATUS(v)] >> 2)] = turns;
#endif
    record_ = 0
}

inline noteClosed() { closed = cut }

/* A record was read as of the cut. What is not newer than the last shipped cut stands in images only, and there as the
   copy has it. That a value is wrong counts when its window is closed whole: one that was read of an abandoned capture
   is never used. */
inline noteFound() {
    if
    :: since > lastShipped && (page(r) & bits) -> read[r] = (got == got2 -> got : WRONG)
    :: else -> read[r] = (got == got2 && got == copy[r] -> read[r] : WRONG)
    fi
}

/* The cut reaches the copy whole. */
inline ship() {
    for (k : 0 .. RECORDS - 1) {
        if
        :: read[k] != 0 -> copy[k] = read[k]
        :: else
        fi;
        assert(copy[k] == asOf[k * (CUTS + 2) + cut])
    }
    k = 0;
    copyCut = cut
}

#define isDrained (length[0] == 0 && length[WRITERS - 1] == 0)

inline noteEnd() {
    atomic {
        for (k : 0 .. RECORDS - 1) {
            assert(owner(m[WORD0(k)]) == 0);
            for (x : 0 .. size(k) - 1) { assert(m[PAYLOAD(k) + x] == asOf[k * (CUTS + 2) + CUTS + 1]) }
            assert(m[SUMMARY] != 0 || copy[k] == asOf[k * (CUTS + 2) + CUTS + 1])
        }
        x = 0; k = 0
    }
}
