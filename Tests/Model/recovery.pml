/* The transaction of a writer that died is finished, as in Sources/TandemCore/Writer/WriterRecovery.swift. The
   recoverer holds the slot's lock, so the dead writer's buffer, which is empty, is its own. */

inline recover() {
    load(STATUS(w), x);
    if
    :: state(x) != IDLE ->
        number = x >> 2;
        forward = (state(x) == COMMITTED);
        load(AGREED(w), e);
        load(POSITION(w), x);
        keep = kept(x); place = count(x);
        n = place;
        do
        :: n > keep ->
            n--;
            load(TX(w, n), x);
            if
            :: x == number -> recoverEntry()
            :: else
            fi
        :: else -> break
        od;
        recoverIntent();
        atomic { room(1) -> store(STATUS(w), number << 2 | IDLE) }
    :: else
    fi
}

inline recoverEntry() {
    load(INDEX(w, n), j);
#ifdef NAMES
    name(j);
#endif
    mark(page(j));
    atomic {
        room(2 + WORDS) -> load(WORD0(j), x);
        if
        :: owner(x) == w + 1 ->
            word[0] = x;
            if
            :: forward -> store(UNTIL(w, n), e); store(EPOCH(j), e)
            :: else ->
                copyShared(IMAGES(w) + OFFSET(w, n), PAYLOAD(j), size(j));
                store(UNTIL(w, n), ROLLEDBACK)
            fi;
            store(WORD0(j), unlocked(word[0]))
        :: else
        fi;
        word[0] = 0; j = 0; x = 0
    }
}

/* Locked, but not yet saved. */
inline recoverIntent() {
    if
    :: place < ENTRIES ->
        load(INDEX(w, place), j);
        atomic {
            room(1) -> load(WORD0(j), x);
            if
            :: owner(x) == w + 1 -> store(WORD0(j), unlocked(x))
            :: else
            fi;
            j = 0; x = 0
        }
    :: else
    fi
}

/* A new writer in the slot: WriterLog.init. */
inline makeWriter() {
    atomic {
        load(STATUS(w), x);
        number = x >> 2;
        load(POSITION(w), x);
        restarts = x >> 4;
        place = count(x);
        keep = place;
        words = (place == 0 -> 0 : ENTRIES * WORDS);
        keptWords = words;
        oldest = UNCOMMITTED;
        x = 0
    }
}
