/* Keyed tables: two writers that insert and remove keys, and die, and a reader that looks for one and then reads by the
   handle that it was given.

   A record has what was committed last and what its holder has made of it; a commit, a roll-back and a committed read
   are one step each: that is what cut.pml shows. Buckets have one place, so that three keys fill two homes and a chain:
   1 and 2 have their home in bucket 0 and their second place in bucket 1, 3 the other way round. */

#ifndef CHANGES
#define CHANGES 2                               /* of the one writer */
#endif
#ifndef OTHERS
#define OTHERS 1                                /* of the other */
#endif
#ifndef FINDS
#define FINDS 1
#endif
#ifndef KILLS
#define KILLS 0
#endif

#define HOME(key) (key == 3 -> 1 : 0)
#define SECOND(key) (key == 3 -> 0 : 1)
#define OVERFLOW 2
#define SLOTS 3
#define LIST 3                                  /* records: buckets 0 … 2, the list, slots */
#define SLOT(slot) (4 + (slot))
#define RECORDS 7

/* Of each record: entry, away and link of a bucket; key, generation and content of a slot. Entries are slot + 1. */
byte entry[3], away[2], link[2], key[SLOTS], generation[SLOTS], content[SLOTS];
/* The same as it was committed. */
byte wasEntry[3], wasAway[2], wasLink[2], wasKey[SLOTS], wasGeneration[SLOTS], wasContent[SLOTS];
byte holder[RECORDS], version[2];
byte contents;                                  /* each incarnation of a slot has another */
byte kills = KILLS;
bit isPut[4];                                   /* what the committed changes of a key come to */

/* As the transaction of `me` has left it, or as committed; 0 holds nothing. */
#define seen(now, was, record) (me != 0 && holder[record] == me -> now : was)
#define isKeyIn(e, k) (e != 0 && seen(key[e - 1], wasKey[e - 1], SLOT(e - 1)) == k)
#define isThere(k) (wasKey[0] == k || wasKey[1] == k || wasKey[2] == k)
#define isTwice(k) ((wasKey[0] == k) + (wasKey[1] == k) + (wasKey[2] == k) > 1)
/* Where it is looked for, its entry is. */
#define leadsTo(e, k) (e != 0 && wasKey[e - 1] == k)
#define isFindable(k) (leadsTo(wasEntry[HOME(k)], k) || (wasAway[HOME(k)] != 0 && leadsTo(wasEntry[SECOND(k)], k)) \
    || (wasLink[HOME(k)] != 0 && leadsTo(wasEntry[OVERFLOW], k)))
#define isSound(k) (!isTwice(k) && isThere(k) == isPut[k] && (!isThere(k) || isFindable(k)))

/* The reader's: whether there was a moment of this search at which its key was not there, and one at which it was. */
byte sought;
bit wasGone, wasThere;

inline end(isCommit) {
    d_step {
        if
        :: isCommit && holder[0] == me -> wasEntry[0] = entry[0]; wasAway[0] = away[0]; wasLink[0] = link[0]
        :: else
        fi;
        if
        :: isCommit && holder[1] == me -> wasEntry[1] = entry[1]; wasAway[1] = away[1]; wasLink[1] = link[1]
        :: else
        fi;
        if
        :: isCommit && holder[OVERFLOW] == me -> wasEntry[OVERFLOW] = entry[OVERFLOW]
        :: else
        fi;
        for (i : 0 .. SLOTS - 1) {
            if
            :: isCommit && holder[SLOT(i)] == me ->
                wasKey[i] = key[i]; wasGeneration[i] = generation[i]; wasContent[i] = content[i]
            :: else
            fi;
            key[i] = (holder[SLOT(i)] == me -> wasKey[i] : key[i]);
            generation[i] = (holder[SLOT(i)] == me -> wasGeneration[i] : generation[i]);
            content[i] = (holder[SLOT(i)] == me -> wasContent[i] : content[i])
        };
        for (i : 0 .. 1) {
            if
            :: holder[i] == me ->
                entry[i] = wasEntry[i]; away[i] = wasAway[i]; link[i] = wasLink[i]; version[i]++
            :: else
            fi
        };
        entry[OVERFLOW] = (holder[OVERFLOW] == me -> wasEntry[OVERFLOW] : entry[OVERFLOW]);
        for (i : 0 .. RECORDS - 1) { holder[i] = (holder[i] == me -> 0 : holder[i]) };
        isPut[puts] = (isCommit -> 1 : isPut[puts]); isPut[takes] = (isCommit -> 0 : isPut[takes]);
        puts = 0; takes = 0;
        i = 0; found = 0; at = 0; slot = 0; owning = 0; isAway = 0; isLinked = 0; name = 0; shown = 0;
        if
        :: sought != 0 && isThere(sought) -> wasThere = 1
        :: sought != 0 && !isThere(sought) -> wasGone = 1
        :: else
        fi;
        assert(isSound(1) && isSound(2) && isSound(3))
    }
}

/* Everything is put back where another has the record, and where the writer dies. */
inline hold(record) {
    atomic {
        if
        :: holder[record] == 0 || holder[record] == me -> holder[record] = me
        :: holder[record] != 0 && holder[record] != me -> goto undone
        :: kills > 0 -> kills--; goto undone
        fi
    }
}

/* Whether the entry `at` of a bucket leads to `k`. Key, generation and record are of one moment: the slot's. */
inline match(k, bucket) {
    atomic {
        if
        :: isKeyIn(at, k) ->
            found = bucket + 1;
            name = seen(generation[at - 1], wasGeneration[at - 1], SLOT(at - 1));
            shown = seen(content[at - 1], wasContent[at - 1], SLOT(at - 1))
        :: else
        fi
    }
}

/* The first look: at the home as it happens to stand, whoever has it, and then at the slot that it leads to. */
inline lookFirst(k) {
    found = 0;
    at = entry[HOME(k)];
    match(k, HOME(k))
}

/* Where `k` stands: found is the bucket + 1, and at is its entry; 0: nowhere. Each bucket is looked at by itself. */
inline search(k) {
    found = 0;
    atomic {
        at = seen(entry[HOME(k)], wasEntry[HOME(k)], HOME(k));
        isAway = seen(away[HOME(k)], wasAway[HOME(k)], HOME(k));
        isLinked = seen(link[HOME(k)], wasLink[HOME(k)], HOME(k))
    };
    match(k, HOME(k));
    if
    :: found == 0 && isAway != 0 ->
        at = seen(entry[SECOND(k)], wasEntry[SECOND(k)], SECOND(k));
        match(k, SECOND(k))
    :: else
    fi;
    if
    :: found == 0 && isLinked != 0 ->
        at = seen(entry[OVERFLOW], wasEntry[OVERFLOW], OVERFLOW);
        match(k, OVERFLOW)
    :: else
    fi
}

inline insert(k) {
    hold(HOME(k));
    search(k);
    if :: found != 0 -> goto undone :: else fi;
    hold(LIST);
    atomic {
        if
        :: wasKey[0] == 0 -> slot = 0
        :: wasKey[1] == 0 -> slot = 1
        :: wasKey[2] == 0 -> slot = 2
        :: wasKey[0] != 0 && wasKey[1] != 0 && wasKey[2] != 0 -> goto undone
        fi
    };
    hold(SLOT(slot));
    if
    :: seen(entry[HOME(k)], wasEntry[HOME(k)], HOME(k)) == 0 -> at = HOME(k)
    :: else ->
        at = OVERFLOW;
        if
        :: seen(entry[SECOND(k)], wasEntry[SECOND(k)], SECOND(k)) == 0 ->
            hold(SECOND(k));
            if :: entry[SECOND(k)] == 0 -> at = SECOND(k) :: else fi
        :: else
        fi
    fi;
    hold(at);
    d_step {
        /* There are enough overflow buckets. */
        assert(entry[at] == 0);
        contents++; puts = k;
        key[slot] = k; generation[slot]++; content[slot] = contents;
        entry[at] = slot + 1;
        if
        :: at == OVERFLOW -> link[HOME(k)] = 1
        :: at == SECOND(k) -> away[HOME(k)]++
        :: else
        fi
    };
    if :: kills > 0 -> kills--; goto undone :: true fi;
    end(1)
}

inline remove(k) {
    hold(HOME(k));
    search(k);
    if :: found == 0 -> goto undone :: else fi;
    slot = at - 1;
    hold(SLOT(slot));
    hold(LIST);
    at = found - 1;
    hold(at);
    owning = (at == OVERFLOW -> HOME(k) : at);
    if :: link[owning] != 0 -> hold(OVERFLOW) :: else fi;
    d_step {
        if :: at == SECOND(k) -> away[HOME(k)]-- :: else fi;
        key[slot] = 0; takes = k;
        entry[at] = 0;
        /* What comes free is filled from the chain. */
        if
        :: link[owning] != 0 && at != OVERFLOW -> entry[at] = entry[OVERFLOW]; entry[OVERFLOW] = 0
        :: else
        fi;
        if :: link[owning] != 0 -> link[owning] = 0 :: else fi
    };
    if :: kills > 0 -> kills--; goto undone :: true fi;
    end(1)
}

proctype Writer(byte me; byte changes) {
    byte i, found, at, slot, owning, isAway, isLinked, name, shown, k, puts, takes;
    do
    :: changes > 0 ->
        atomic {
            changes--;
            if
            :: k = 1
            :: k = 2
            :: k = 3
            fi
        };
        if
        :: insert(k)
        :: remove(k)
        fi;
        goto next;
undone:
        end(0);
next:
        skip
    :: changes == 0 -> break
    od
}

/* Looks for any of the keys, and then, some time later, reads by the handle. */
proctype Reader() {
    byte me = 0, finds, found, at, isAway, isLinked, before, k, name, shown;
    do
    :: finds < FINDS ->
        finds++;
        atomic {
            if
            :: k = 1
            :: k = 2
            :: k = 3
            fi;
            sought = k;
            wasThere = isThere(k);
            wasGone = !isThere(k)
        };
        lookFirst(k);
        if :: found != 0 -> goto seen :: else fi;
look:
        before = version[HOME(k)];
        search(k);
seen:
        if
        :: found != 0 ->
            atomic {
                assert(wasThere);
                sought = 0;
                if
                :: wasKey[at - 1] != 0 && wasGeneration[at - 1] == name -> assert(wasContent[at - 1] == shown)
                :: else
                fi
            }
        :: found == 0 && version[HOME(k)] != before -> goto look
        :: found == 0 && version[HOME(k)] == before -> assert(wasGone); sought = 0
        fi
    :: finds == FINDS -> break
    od
}

/* Every order in which the keys may have come. */
init {
    byte me = 3, i, found, at, slot, owning, isAway, isLinked, name, shown, puts, takes;
    atomic {
#ifdef FULL
        /* 1 at home, 2 away, and 3 in the chain of the home that 2 has taken. */
        d_step {
            entry[0] = 1; away[0] = 1; entry[1] = 2; link[1] = 1; entry[OVERFLOW] = 3;
            for (i : 0 .. SLOTS - 1) {
                key[i] = i + 1; generation[i] = 1; contents++; content[i] = contents; holder[SLOT(i)] = me;
                isPut[i + 1] = 1
            };
            for (i : 0 .. 3) { holder[i] = me };
        };
        end(1);
#endif
        run Writer(1, CHANGES);
        run Writer(2, OTHERS);
        run Reader()
    }
}
