/* A store buffer for each writer: total store order, made by hand, as Spin itself is sequentially consistent. Stores enter the
   buffer of their writer and leave it first in, first out; loads look there first; locked instructions wait until it is
   empty. A writer that is killed leaves what has reached memory; what stands in its buffer is what it had not done yet. */

#ifndef DEPTH
#define DEPTH 24        /* one transaction of one record makes 19 stores at most */
#endif

byte at[WRITERS * DEPTH];
byte put[WRITERS * DEPTH];
byte length[WRITERS];

hidden byte more;

/* Of an undo entry only its number says that it is there: what is written between number 0 and the true number, and whether that was
   one step or five, changes nothing that a reader believes. Nor does *active* before the first lock. */
#ifdef COARSE
#define isQuiet(v, a, what) (((a) == STATUS(v) && state(what) == ACTIVE) \
    || ((a) >= TX(v, 0) && (a) < STATUS(v + 1) && !isEntryWord(v, a, what)))
#define isEntryWord(v, a, what) ((a) < IMAGES(v) && \
    (((a) - TX(v, 0)) % FIELDS == 0 && (what) != 0 || ((a) - TX(v, 0)) % FIELDS == 2 && (what) != UNCOMMITTED))
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

/* tandemStoreLoadFence, where there is no membarrier. */
inline fence() { length[w] == 0 }

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

inline flush(v) {
    atomic {
        do
        :: length[v] > 0 -> drain(v)
        :: else -> break
        od
    }
}
