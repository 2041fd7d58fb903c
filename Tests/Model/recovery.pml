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
        n = keep;
        do
        :: n < place -> recoverEntry()
        :: else -> break
        od;
        n = 0;
        recoverIntent();
        atomic { room(1) -> store(STATUS(w), number << 2 | IDLE) }
    :: else
    fi
}

inline recoverEntry() {
    load(NAME(w, n), j);
#ifdef NAMES
    name(j - 1);
#endif
    mark(page(j - 1));
    atomic {
        room(2 + WORDS) -> load(WORD0(j - 1), x);
        if
        :: owner(x) == w + 1 ->
            word[0] = x;
            if
            :: forward -> store(UNTIL(w, n), e); store(EPOCH(j - 1), e)
            :: else ->
                copyShared(IMAGE(w, n), PAYLOAD(j - 1), size(j - 1));
                store(UNTIL(w, n), ROLLEDBACK)
            fi;
            store(WORD0(j - 1), unlocked(word[0]))
        :: else
        fi;
        n = n + entryOf(j);
        word[0] = 0; j = 0; x = 0
    }
}

/* Locked, but not yet saved. What stands there may be anything: only a record that this writer has locked is its. */
inline recoverIntent() {
    if
    :: place < LOG ->
        load(NAME(w, place), j);
        atomic {
            if
            :: isName(j) ->
                room(1) -> load(WORD0(j - 1), x);
                if
                :: owner(x) == w + 1 -> store(WORD0(j - 1), unlocked(x))
                :: else
                fi
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
        restarts = restarted(x);
        place = count(x);
        keep = place;
        oldest = UNCOMMITTED;
        x = 0
    }
}
