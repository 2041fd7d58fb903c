/* A commit that waits for the copy, and a replicator that naps: two that sleep on a word, each of which the other
   moves.

   The kernel compares the word and falls asleep in one step, and a wake finds whoever sleeps. The replicator's store of
   `committed` stands in its store buffer until it drains or a fence does it; locked instructions are at once. The
   slices in which a commit sleeps are left out: nobody may need them. */

byte wanted, committed, waiters;
bit isBuffered;             /* a store of `committed` that nobody sees yet */
byte buffered;
bit naps;                   /* the replicator sleeps on `wanted` */
bit sleeps[WAITERS];        /* a commit sleeps on `committed` */
byte answered;

inline drain() { d_step { committed = buffered; isBuffered = 0 } }

/* In the order of their epochs, as those that ask for the same one share it. */
proctype Commit(byte number) {
    byte epoch, seen;

    epoch = number + 1;
    atomic {
        if
        :: wanted < epoch -> wanted = epoch
        :: wanted >= epoch
        fi
    };
    naps = 0;                                           /* wakes */
    if
    :: committed >= epoch -> goto done                  /* seen while it spins */
    :: true
    fi;
    waiters++;
    do
    :: seen = committed;
        if
        :: seen >= epoch -> break
        :: seen < epoch
        fi;
        atomic {
            if
            :: committed == seen -> sleeps[number] = 1
            :: committed != seen
            fi
        };
        !sleeps[number]
    od;
    waiters--;
done:
    answered++
}

proctype Replicator() {
    byte known, next, k;

    do
    :: next < WAITERS ->
        known = wanted;
        if
        :: wanted > next ->                             /* its cut is opened, and whole on the copy */
            d_step { next = wanted; buffered = next; isBuffered = 1 };
            !isBuffered;                                /* the fence */
            if
            :: waiters > 0 -> atomic { for (k : 0 .. WAITERS - 1) { sleeps[k] = 0 }; k = 0 }
            :: waiters == 0
            fi
        :: wanted <= next ->
            atomic {
                if
                :: wanted == known -> naps = 1
                :: wanted != known
                fi
            };
            !naps
        fi
    :: else -> break
    od
}

/* The processor empties the buffer when it likes. */
active proctype Buffer() {
end:
    do
    :: isBuffered -> drain()
    od
}

/* When nothing moves any more, all have been answered. */
active proctype Watch() {
    timeout -> assert(answered == WAITERS)
}

init {
    byte k;

    atomic {
        run Replicator();
        for (k : 0 .. WAITERS - 1) { run Commit(k) }
    }
}
