/* A store buffer for each writer: total store order, made by hand, as Spin itself is sequentially consistent. Stores
   enter the buffer of their writer and leave it first in, first out; loads look there first; locked instructions wait
   until it is empty. A writer that is killed leaves what has reached memory; what stands in its buffer is what it had
   not done yet. */

#ifndef DEPTH
#define DEPTH 24        /* between two barriers a transaction of one record makes 18 stores at most */
#endif

byte at[WRITERS * DEPTH];
short put[WRITERS * DEPTH];
byte length[WRITERS];

hidden byte more;

/* With COARSE a store that nobody can tell from the one behind it leaves together with that. The models of one writer
   are searched without; it is for those of two, where nobody dies:
   - *active*, as nothing is locked yet;
   - what is written into an undo entry before it is counted, as only that says that it is there;
   - a payload: it is locked and its entry counted, so who copies it finds another header or position afterwards, and
     does not believe it;
   - the commit epoch of a slot, behind which stands *committed*: who has looked at the status before finds
     *committing*, or, if it is that of an earlier transaction, a header that has changed;
   - the epoch of a record, behind which stands its unlock: who believes an epoch has seen the header unlocked before,
     and looks again; one newer than the cut that is seen under the lock has the page marked, as it has behind the
     unlock;
   - the last unlock, behind which stands *idle*: a status counts for a record that is locked only. */
#ifdef COARSE
#define isQuiet(v, a, what) (((a) == STATUS(v) && state(what) == ACTIVE) || (a) == AGREED(v) || isRecordWord(a) \
    || ((a) >= NAME(v, 0) && (a) < STATUS(v + 1) \
            && !(((a) - NAME(v, 0)) % (FIELDS + WORDS) == 1 && (what) != UNCOMMITTED)) \
    || isIdleNext(v))
#define isIdleNext(v) (length[v] > 1 && at[v * DEPTH + 1] == STATUS(v) && state(put[v * DEPTH + 1]) == IDLE)
#if RECORDS > 1
#define isRecordWord(a) ((a) == EPOCH(0) || (a) == EPOCH(1) || (a) == PAYLOAD(0) || (a) == PAYLOAD(1))
#else
#define isRecordWord(a) ((a) == EPOCH(0) || (a) == PAYLOAD(0))
#endif
#else
#define isQuiet(v, a, what) false
#endif

#define room(amount) (length[w] + (amount) <= DEPTH)

inline load(a, to) {
    d_step {
        to = m[a];
        for (k : 1 .. length[w]) {
            if
            :: at[w * DEPTH + k - 1] == (a) -> to = put[w * DEPTH + k - 1]
            :: else
            fi
        }
        k = 0
    }
}

inline store(a, what) {
    d_step {
        at[w * DEPTH + length[w]] = a;
        put[w * DEPTH + length[w]] = what;
        length[w]++
    }
}

/* SharedWord.storeFencing: an exchange. What was stored before is in memory before it, and what is loaded behind it is
   loaded later. */
inline storeFencing(a, what) {
    atomic { length[w] == 0 -> m[a] = what }
}

/* The oldest store of writer v reaches memory; with COARSE those that nobody can tell apart leave together. */
inline drain(v) {
    d_step {
        length[v] > 0;
        do
        :: m[at[(v) * DEPTH]] = put[(v) * DEPTH];
            if
            :: at[(v) * DEPTH] == STATUS(v) && state(put[(v) * DEPTH]) == COMMITTED -> noteCommit(v)
            :: else
            fi;
            more = isQuiet(v, at[(v) * DEPTH], put[(v) * DEPTH]);
            length[v]--;
            for (k : 1 .. length[v]) {
                at[(v) * DEPTH + k - 1] = at[(v) * DEPTH + k];
                put[(v) * DEPTH + k - 1] = put[(v) * DEPTH + k]
            }
            at[(v) * DEPTH + length[v]] = 0;
            put[(v) * DEPTH + length[v]] = 0;
            if
            :: more && length[v] > 0
            :: else -> break
            fi
        od;
        k = 0
    }
}
