/* One record of a standby's journal, in two pieces: the header, which names the cut, and the body. A connection breaks
   while they are on their way, and another session sends another cut to the same place: its body may be the same bytes,
   its number is another. Pieces come in any order. The standby applies what it finds whole.

   At every moment what it has applied is what anybody finds in the journal. And where a session has found the record
   whole, and goes on behind it, it is applied. */

#ifndef SESSIONS
#define SESSIONS 4
#endif

#define HEADER 1
#define BODY 2

byte header, body;              /* what stands there: a cut's number, and bytes */
byte bytes[SESSIONS + 1];       /* of each cut's body */
byte applied, givenUp;
byte session, onTheWay;
bit isOver;                     /* the primary has heard of it, or has found it */

#define isWhole (header != 0 && body == bytes[header])

/* Nothing is looked for here any more when something was applied: what follows goes behind it. */
inline advance() {
    if
    :: applied == 0 && isWhole && header != givenUp -> applied = header
    :: else
    fi
}

/* Who sends looks first. */
inline open() {
    session++;
    givenUp = 0; advance();
    if
    :: isWhole -> isOver = 1
    :: else ->
        givenUp = header; onTheWay = HEADER + BODY;
        if
        :: bytes[session] = session
        :: bytes[session] = bytes[session - 1]
        fi
    fi
}

inline arrive(piece) {
    onTheWay = onTheWay & ~piece; advance();
    if
    :: onTheWay == 0 -> isOver = 1
    :: else
    fi
}

inline check() {
    assert(applied == 0 || (isWhole && header == applied));
    assert(!isOver || applied == header)
}

active proctype all() {
    skip;                       /* what can be done in the very first step would be no place for model.sh */
    do
    :: atomic { !isOver && onTheWay == 0 && session < SESSIONS -> open(); check() }
    :: atomic { onTheWay & HEADER -> header = session; arrive(HEADER); check() }
    :: atomic { onTheWay & BODY -> body = bytes[session]; arrive(BODY); check() }
    :: atomic { onTheWay != 0 -> onTheWay = 0 }
    :: atomic { isOver || (session == SESSIONS && onTheWay == 0) -> break }
    od
}
