/* One cut, as in SourceCapture, Capture, RecordReader and PreImageIndex. Each line is one access to shared memory.
   The variables stand in Engine, in cut.pml. */

/* The addition to E is a full barrier, and so is each exchange: the engine's stores need no buffer here. */
inline openWindow() {
    cut = m[E];
    m[E] = cut + 1;
    take()
}

/* DirtyBitmap.take */
inline take() {
    if
    :: m[SUMMARY] != 0 ->
        m[SUMMARY] = 0;
        bits = m[DIRTY];
        m[TAKEN] = m[TAKEN] | bits;
        m[DIRTY] = m[DIRTY] & ~bits
    :: m[SUMMARY] == 0
    fi
}

/* The bulk copy controller reads images of any pages in the same window, by the same rule: with ALL_IMAGES those of
   all. */
#ifdef ALL_IMAGES
#define isRead(r) true
#else
#define isRead(r) (page(r) & bits)
#endif

inline readChanges() {
#ifdef NAMES
    takeAllNames();
#endif
    do
    :: r < RECORDS && !isRead(r) -> r++
    :: r < RECORDS && isRead(r) ->
        readRecord();
        r++
    :: else -> break
    od
}

/* TakenNames.take: of each page of the window, before any is read. */
inline takeAllNames() {
    do
    :: r < RECORDS && !isRead(r) -> r++
    :: r < RECORDS && isRead(r) ->
        takeNames();
        r++
    :: else -> break
    od;
    r = 0
}

/* ChangeMap.take: one exchange of the page's word. */
inline takeNames() {
    atomic {
        if
        :: isFirst(r) ->
            for (k : 0 .. RECORDS - 1) {
                if
                :: page(k) == page(r) -> names = names | (m[NAMED(k)] << k); m[NAMED(k)] = 0
                :: else
                fi
            }
            k = 0
        :: else
        fi
    }
}

/* What there is of a record besides its value in the cut: a later change, or a transaction that holds it, which marks
   the page when it commits. */
#define NOTHING 0
#define CHANGED 1
#define HELD_ON 2

inline readRecord() {
#ifdef NAMES
    if
    :: names & (1 << r)
    :: else -> goto done
    fi;
#endif
#ifndef ALL_IMAGES
    atomic { word0 = m[WORD0(r)];                       /* isUnchanged since the last cut that was shipped */
        if
        :: owner(word0) == 0
        :: else -> goto look
        fi
    };
    atomic { since = m[EPOCH(r)];
        if
        :: since <= lastShipped -> goto done
        :: else
        fi
    };
#else
    skip;
#endif

look:                                                   /* RecordReader.read, readChanging */
    atomic { forget(); word0 = m[WORD0(r)];
        if
        :: owner(word0) == 0
        :: else -> u = owner(word0) - 1; goto locked
        fi
    };
    atomic { since = m[EPOCH(r)];
        if
        :: since > cut -> later = CHANGED; goto preImage
        :: else
        fi
    };
payload:
    readShared(PAYLOAD(r));
    if
    :: m[WORD0(r)] == word0 -> goto found
    :: m[WORD0(r)] != word0 -> goto look
    fi;

locked:
    x = m[STATUS(u)];
    since = m[AGREED(u)];
    got = m[EPOCH(r)];
    atomic {
        later = (state(x) != COMMITTED && got <= cut -> HELD_ON : CHANGED); got = 0;
        if
        :: m[WORD0(r)] != word0 -> goto look
        :: m[WORD0(r)] == word0 && state(x) == COMMITTING -> goto failed
        :: m[WORD0(r)] == word0 && state(x) == COMMITTED && since <= cut -> x = 0; u = 0; goto payload
        :: else -> x = 0
        fi
    };

/* PreImageIndex.copy looks at current entries and then, by an index, at kept ones. An entry that it does not take
   leaves no trace, so what matters is the one that it takes: here that may be any of any log, as it stands when the log
   is walked along from its start. */
preImage:
    atomic {
        since = 0;
        if
        :: u = 0
#if WRITERS > 1
        :: u = 1
#endif
        :: owner(word0) != 0 -> u = owner(word0) - 1; goto untouched
        fi;
        word0 = 0
    };
    copyEntry();
untouched:
    readUntouched();

failed:                                /* bounded there; here each failed look goes on or gives the window up */
    if
    :: goto look
    :: goto dropped
    fi;

found:
#ifdef NAMES
    if
    :: later != NOTHING -> m[NAMED(r)] = 1
    :: else
    fi;
#endif
    if
    :: later == CHANGED -> markAgain()
    :: else
    fi;
    atomic { noteFound() };
done:
    atomic { forget() }
}

/* On x86 loads are not moved before loads. */
inline readShared(from) {
    atomic { got = m[from]; got2 = got };
#if WORDS > 1
    if
    :: size(r) > 1 -> got2 = m[from + 1]
    :: else
    fi
#endif
}

inline copyEntry() {
    x = m[STATUS(u)] >> 2;
    position = m[POSITION(u)];
    do
    :: i < count(position) ->
        atomic { got = m[NAME(u, i)];
            if
            :: !isName(got) || i + entryOf(got) > count(position) -> goto failed
            :: else
            fi
        };
        if
        :: got == r + 1 -> break
        :: i = i + entryOf(got); got = 0
        fi
    :: else -> goto failed
    od;
    atomic { since = m[SINCE(u, i)];
        if
        :: since > cut -> goto failed
        :: else
        fi
    };
    if
    :: m[UNTIL(u, i)] <= cut -> goto failed
    :: m[UNTIL(u, i)] > cut
    fi;
    readShared(IMAGE(u, i));
    if
    :: i >= kept(position) && m[STATUS(u)] >> 2 != x -> goto failed
    :: else
    fi;
    if
    :: restarted(m[POSITION(u)]) == restarted(position) -> goto found
    :: restarted(m[POSITION(u)]) != restarted(position) -> goto failed
    fi
}

/* Locked and not yet saved: not yet changed. */
inline readUntouched() {
    atomic { position = m[POSITION(u)]; i = kept(position) };
    atomic { since = m[EPOCH(r)];
        if
        :: since > cut -> goto failed
        :: else
        fi
    };
    do                                                  /* isSaved */
    :: i < count(position) ->
        got = m[NAME(u, i)];
        if
        :: got == r + 1 ->
            if
            :: m[UNTIL(u, i)] == ROLLEDBACK
            :: m[UNTIL(u, i)] != ROLLEDBACK -> goto failed
            fi
        :: else
        fi;
        if
        :: isName(got) -> i = i + entryOf(got)
        :: else -> break
        fi
    :: else -> break
    od;
    readShared(PAYLOAD(r));
    if
    :: m[POSITION(u)] == position
    :: m[POSITION(u)] != position -> goto failed
    fi;
    if
    :: m[WORD0(r)] == word0 -> goto found
    :: m[WORD0(r)] != word0
    fi
}

/* DirtyBitmap.mark, by the engine. */
inline markAgain() {
    m[DIRTY] = m[DIRTY] | page(r);
    m[SUMMARY] = 1
}

inline forget() {
    word0 = 0; since = 0; position = 0; got = 0; got2 = 0; later = 0; x = 0; u = 0; i = 0
}

inline closeWindow() {
    if
    :: m[ABANDONED] == cut -> goto dropped
    :: m[ABANDONED] != cut
    fi;
    atomic { m[CAPTURED] = cut; noteClosed() };
    atomic { ship(); lastShipped = cut };
    m[TAKEN] = m[TAKEN] & ~bits
}

inline drop() {
    m[CAPTURED] = cut;
#ifdef NAMES
    nameAll(bits);
#endif
    m[DIRTY] = m[DIRTY] | bits;                         /* DirtyBitmap.restore */
    m[SUMMARY] = 1;
    m[TAKEN] = m[TAKEN] & ~bits
}

/* ChangeMap.noteAll, of each page. */
inline nameAll(pages) {
    d_step {
        for (k : 0 .. RECORDS - 1) {
            if
            :: page(k) & (pages) -> m[NAMED(k)] = 1
            :: else
            fi
        }
        k = 0
    }
}

/* What a killed replicator left: ReplicationEngine.inherit, then resume, which dirties what is missed. */
inline inherit() {
    m[MISSED] = m[MISSED] | m[TAKEN];
    m[TAKEN] = 0;
    if
    :: m[DIRTY] != 0 -> m[SUMMARY] = 1                  /* rebuildSummary */
    :: m[DIRTY] == 0
    fi;
    m[CAPTURED] = m[E] - 1;
    lastShipped = copyCut;
    if
    :: m[MISSED] != 0 ->
#ifdef NAMES
        nameAll(m[MISSED]);
#endif
        m[DIRTY] = m[DIRTY] | m[MISSED];
        m[SUMMARY] = 1;
        m[MISSED] = 0
    :: m[MISSED] == 0
    fi
}
