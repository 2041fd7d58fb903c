/* A writer's transaction, as in Sources/TandemCore/Writer. A step has one load or locked instruction; the stores
   around it only enter the writer's own buffer, so they need no step of their own. The variables stand in Writer, in
   cut.pml. */

inline begin() {
    e = m[E];
    atomic {
        room(2);
        if
        :: e == m[CAPTURED] + 1 -> discardLog(); activate()
        :: else
        fi
    };
    if
    :: e != 0 -> beginDuringCapture()
    :: else
    fi
}

inline publishPosition() { store(POSITION(w), restarts << 8 | keep << 4 | place) }

inline discardLog() {
    if
    :: keep != 0 -> restarts = (restarts + 1) & 3
    :: else
    fi;
    keep = 0; place = 0; crowded = 0;
    publishPosition()
}

inline activate() {
    number++;
    store(STATUS(w), number << 2 | ACTIVE);
    oldest = UNCOMMITTED; doomed = 0; n = 0; e = 0; x = 0; j = 0
}

/* Of cut e - 1, which wants nothing of a writer that has not committed with e. */
inline beginDuringCapture() {
    if
    :: crowded -> abandon()
    :: else
    fi;
    x = m[CAPTURED];
    atomic {
        room(2);
        load(AGREED(w), j);
        if
        :: crowded || x + 1 == e || m[ABANDONED] == e - 1 || j < e -> discardLog()
        :: !crowded && x + 1 != e && m[ABANDONED] != e - 1 && j >= e ->
            if
            :: oldest >= e -> place = keep
            :: else -> keep = place
            fi;
            publishPosition()
        fi;
        activate()
    }
}

/* Only ever upwards. */
inline abandon() {
    if
    :: m[CAPTURED] < e - 1 ->
        x = m[ABANDONED];
        do
        :: x < e - 1 ->
            atomic {
                length[w] == 0;
                if
                :: m[ABANDONED] == x -> m[ABANDONED] = e - 1; x = e - 1
                :: else -> x = m[ABANDONED]
                fi
            }
        :: else -> break
        od
    :: else
    fi
}

inline hold(r) {
    if
    :: place + FIELDS + size(r) > LOG ->                                 /* makeRoom finds none */
        assert(keep != 0);                  /* else transactionTooLarge, which is none of the models' */
        doomed = 1; crowded = 1
    :: else ->
        lock(r);
#ifdef NAMES
        if
        :: !doomed -> name(r)
        :: else
        fi
#endif
    fi
}

#ifdef SHARED
inline lock(r) {
    atomic { room(1) -> intend(r) };
    atomic {
        if
        :: length[w] == 0 && owner(m[WORD0(r)]) == 0 ->
            x = m[WORD0(r)];
            m[WORD0(r)] = x | (w + 1);
            save(r)
        :: owner(m[WORD0(r)]) != 0 -> doomed = 1        /* lockContended has spun in vain */
        fi
    }
}
#else
inline lock(r) {
    atomic {
        room(8 + WORDS) -> intend(r);
        load(WORD0(r), x);
        assert(owner(x) == 0);                          /* nobody else changes it */
        store(WORD0(r), x | (w + 1));
        save(r)
    }
}
#endif

/* Who dies behind the lock has left this name. */
inline intend(r) { store(NAME(w, place), r + 1) }

inline save(r) {
    word[n] = x; held[n] = r; image[n] = place; n++;
    load(EPOCH(r), x);
    if
    :: x < oldest -> oldest = x
    :: else
    fi;
    store(UNTIL(w, place), UNCOMMITTED);
    store(SINCE(w, place), x);
    copyShared(PAYLOAD(r), IMAGE(w, place), size(r));
    place = place + FIELDS + size(r);
    publishPosition();
    x = 0
}

inline copyShared(from, to, amount) {
    for (i : 0 .. amount - 1) { load(from + i, x); store(to + i, x) }
    i = 0
}

/* ChangeMap.note: whatever stands there. */
inline name(r) {
    atomic { room(1) -> store(NAMED(r), 1) }
}

inline change(r) {
    atomic {
        room(size(r));
        for (i : 0 .. size(r) - 1) { store(PAYLOAD(r) + i, value(w, number)) }
        i = 0
    }
}

inline unlock(which) {
    store(WORD0(held[which]), unlocked(word[which])); held[which] = 0; word[which] = 0; image[which] = 0
}

/* The exchange is the transaction's only barrier. Behind it the pages are marked; then the source may be found to be
   handed over, or superseded, which is a choice here; and then E is read. */
inline commit() {
    storeFencing(STATUS(w), number << 2 | COMMITTING);
    markHeld();
    if
    :: true ->
        atomic { e = m[E]; noteEpoch() };
        atomic { room(6) -> sayCommitted(); release() };
#if HELD > 1
        do
        :: n > 0 -> atomic { room(4) -> release() }
        :: else -> break
        od
#endif
    :: aborts > 0 -> aborts--; rollBack()
    fi
}

/* The page of each record that is held. */
inline markHeld() {
    mark(page(held[0]));
#if HELD > 1
    atomic { j = 1 };
    do
    :: j < n -> mark(page(held[j])); j++
    :: else -> break
    od;
    atomic { j = 0 }
#endif
}

inline mark(bits) {
    if
    :: (m[DIRTY] & (bits)) == 0 -> atomic { length[w] == 0 -> m[DIRTY] = m[DIRTY] | (bits) }
    :: else
    fi;
    if
    :: m[SUMMARY] == 0 -> atomic { length[w] == 0 -> m[SUMMARY] = 1 }
    :: else
    fi
}

inline sayCommitted() {
    store(AGREED(w), e);
    store(STATUS(w), number << 2 | COMMITTED)
}

inline release() {
    store(UNTIL(w, image[j]), e);
    store(EPOCH(held[j]), e);
    unlock(j);
    j++;
    if
    :: j == n -> sayIdle()
    :: else
    fi
}

inline sayIdle() {
    store(STATUS(w), number << 2 | IDLE);
    e = 0; n = 0; j = 0
}

inline rollBack() {
#if HELD > 1
    do
    :: n > 0 -> atomic { room(2 + WORDS) -> putBack() }
    :: else -> break
    od;
    atomic { room(1) -> sayIdle() }
#else
    atomic {
        room(3 + WORDS);
        if
        :: n > 0 -> putBack()
        :: else
        fi;
        sayIdle()
    }
#endif
}

inline putBack() {
    n--;
    oldest = UNCOMMITTED;                               /* nobody wants an entry that is dead */
    copyShared(IMAGE(w, image[n]), PAYLOAD(held[n]), size(held[n]));
    store(UNTIL(w, image[n]), ROLLEDBACK);
    unlock(n)
}
