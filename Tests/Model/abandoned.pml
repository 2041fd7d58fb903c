/* Who has given up on which cut: the word `abandoned` alone. A smaller number over a larger one does harm with two
   writers and two windows, and with records of two sizes in one log, which cut.pml has no room for.

   So the log is left out. `overwritten` says that a writer has begun its log anew although that cut may want an entry
   of it: the worst that can have been read. No cut may be closed with what was read behind that. All loads and stores
   in question are ordered on x86-64: a store that is locked, loads that are not moved. */

byte epoch = 1, captured, abandoned;
bit overwritten[CUTS + 1];

/* The last transaction has filled its log. */
inline giveUp() {
    if
    :: captured < cut ->
        if
        :: abandoned != cut -> seen = abandoned; raise()
        :: abandoned == cut
        fi
    :: captured >= cut
    fi
}

/* Only ever upwards. */
inline raise() {
    do
    :: seen >= cut -> break
    :: atomic { seen < cut && abandoned == seen -> abandoned = cut }; break
    :: atomic { seen < cut && abandoned != seen -> seen = abandoned }
    od
}

/* A writer that begins: with a log that has run full, or to find that somebody else has given up on the cut. */
proctype Beginner() {
    byte begins, e, cut, seen;

    do
    :: begins < BEGINS ->
        begins++;
        e = epoch;
        if
        :: captured + 1 == e                            /* no capture runs */
        :: captured + 1 != e ->
            cut = e - 1;
            if
            :: giveUp(); overwritten[cut] = 1
            :: abandoned == cut -> overwritten[cut] = 1
            :: abandoned != cut                         /* behind what is kept */
            fi
        fi;
        d_step { e = 0; cut = 0; seen = 0 }
    :: else -> break
    od
}

proctype Controller() {
    byte cut;
    bit harmed;

    do
    :: epoch <= CUTS ->
        d_step { cut = epoch; epoch = cut + 1 };
        harmed = overwritten[cut];                      /* the last of its entries has been read */
        if
        :: abandoned == cut                             /* dropped: what it has taken is put back */
        :: abandoned != cut -> assert(!harmed)
        fi;
        captured = cut;
        harmed = 0
    :: else -> break
    od
}

init {
    atomic {
        run Controller();
        run Beginner();
        run Beginner()
    }
}
