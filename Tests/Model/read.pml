/* Committed reads of record 0, as in Sources/TandemCore/Writer/CommittedRead.swift: each gives a value that was the
   committed one at some moment between its beginning and its end. The variables stand in Reader. */

#ifdef READS
inline readCommitted() {
    first = turns;
again:
    atomic { forgetRead(); word0 = m[WORD0(0)];
        if
        :: owner(word0) == 0 -> goto here
        :: else -> u = owner(word0) - 1
        fi
    };
    x = m[STATUS(u)];                                   /* isCommitted */
    if
    :: state(x) == COMMITTED && m[WORD0(0)] == word0 -> goto here
    :: else
    fi;
    atomic { position = m[POSITION(u)]; i = kept(position) };           /* readPreImage */
    do
    :: i < count(position) ->
        x = m[NAME(u, i)];
        if
        :: x == 1 ->
            copyOut(IMAGE(u, i));
            if
            :: m[WORD0(0)] == word0 -> goto given
            :: else -> goto again
            fi
        :: else
        fi;
        if
        :: isName(x) -> i = i + entryOf(x)
        :: else -> break
        fi
    :: else -> break
    od;
    copyOut(PAYLOAD(0));                                /* not saved yet, so not changed yet */
    if
    :: m[POSITION(u)] != position -> goto again
    :: else -> goto look
    fi;
here:
    copyOut(PAYLOAD(0));
look:
    if
    :: m[WORD0(0)] == word0
    :: else -> goto again
    fi;
given:
    skip
}

inline copyOut(from) {
    atomic { got = m[from]; got2 = got };
#if WORDS > 1
    got2 = m[from + 1]
#endif
}

inline forgetRead() { word0 = 0; position = 0; x = 0; u = 0; i = 0; got = 0; got2 = 0 }

proctype Reader() {
    byte reads = READS, first, word0, x, u, i, got, got2;
    short position;
end:
    do
    :: reads > 0 ->
        readCommitted();
        atomic {
            assert(got == got2 && turn[got] >= first && (turn[got] > 0 || got == initial(0)));
            reads--; first = 0; forgetRead()
        }
    :: else -> break
    od
}
#endif
