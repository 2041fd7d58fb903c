/* The undo room that writers draw on: segments that are claimed, linked behind a writer's home, used, given back, taken
   back from writers that do nothing, and left by writers that die.

   Of the entries there is only, for each segment, the epoch with which its newest transaction has committed: a capture
   of cut e wants those of e + 1 and later, and reads them at any moment, along the chain from the writer's home. A step
   is one access to shared memory. All of them are ordered on x86-64: what is exchanged is exchanged behind all stores
   before it, and the stores in question leave in order, each behind an exchange. */

#ifndef KILLS
#define KILLS 0
#endif

/* A segment's word, and a home's: whose it is, + 1; which comes behind it, + 1; stamp. */
#define word(whose, behind, stamp) ((whose) | (behind) << 2 | (stamp) << 4)
#define whose(x)    ((x) & 3)
#define behind(x)   (((x) >> 2) & 3)
#define stampOf(x)  ((x) >> 4)

byte E = 1, captured, abandoned;
byte home[WRITERS], segment[SEGMENTS + 1];      /* number + 1 names a segment: 0 is the home */
byte status[WRITERS];                           /* number * 2 + active */
byte agreed[WRITERS];                           /* epoch of the slot's last commit */
byte stands[WRITERS];                           /* in which segment its log stands */

/* Known to the checks alone: what is in a segment, and what of a home. */
byte content[SEGMENTS + 1], kept[WRITERS];
#ifdef LOOKS
byte author[SEGMENTS + 1], restarts[WRITERS];   /* whose transaction has written there last; and how often anew */
#define noteRestart()   restarts[w]++
#define noteAuthor()    author[now] = number << 1 | w
#else
#define noteRestart()   skip
#define noteAuthor()    skip
#endif
byte finished, kills = KILLS;
bit killed[WRITERS], through[WRITERS];
hidden byte k;

#define isRunning   (captured + 1 != E && abandoned != E - 1)
#define wants(what) (isRunning && (what) >= E)

/* Whether the chain from the home of v leads to segment s. */
#define leads(v, s) (behind(home[v]) == (s) || (behind(home[v]) != 0 && behind(segment[behind(home[v])]) == (s)))
#define isMine(s)   (whose(segment[s]) == w + 1 && leads(w, s))

inline begin() {
    atomic { e = E;
        if
        :: noRoom
        :: else -> goto decide
        fi
    };
    abandon();
decide:
    atomic { x = captured };
    atomic {
        if
        :: x + 1 == e || abandoned == e - 1 || noRoom || agreed[w] < e -> goto anew
        :: else ->
            if
            :: behind(chain) == 0 -> goto keep
            :: else
            fi
        fi
    };
    claimChain();
anew:
    discardLog();
keep:
    atomic {
        if
        :: isAnew
        :: !isAnew && isHot -> now = keptAt
        :: !isAnew && !isHot -> keptAt = now
        fi;
        number++; status[w] = number << 1 | 1; stands[w] = now; noRoom = 0; e = 0; x = 0; isHot = 0
    }
}

inline abandon() {
    atomic { x = captured;
        if
        :: x + 1 == e -> goto decide
        :: else
        fi
    };
    atomic {
        if
        :: abandoned < e - 1 -> abandoned = e - 1
        :: else
        fi
    }
}

/* One transaction more goes on behind what is kept. */
inline claimChain() {
    atomic {
        if
        :: home[w] == chain -> chain = word(0, behind(chain), number + 1); home[w] = chain; goto keep
        :: else
        fi
    }
}

inline discardLog() {
    atomic { now = 0; keptAt = 0; isAnew = 1; chain = home[w]; noteRestart() };
    do
    :: atomic { behind(chain) == 0 || stampOf(chain) == number + 1 -> break }       /* the rest another time */
    :: behind(chain) != 0 -> freeFirst(w, chain, number + 1);
        atomic {
            if
            :: done
            :: !done -> chain = home[w]
            fi;
            done = 0
        }
    od
}

/* UndoPool.free: unlinked, then free. */
inline freeFirst(v, known, stamp) {
    atomic { x = segment[behind(known)] };
    atomic {
        done = 0;
        if
        :: home[v] == known ->
            i = behind(known);
            known = word(0, (whose(x) == v + 1 -> behind(x) : 0), stamp);
            home[v] = known;
            done = 1
        :: else
        fi
    };
    atomic {
        if
        :: done && whose(x) == v + 1 && segment[i] == x -> segment[i] = 0
        :: else
        fi;
        x = 0; i = 0
    }
}

/* It writes where its log stands: begins anew in its home, or appends. */
inline use() {
    if
    :: isAnew -> assert(now == 0 && !wants(kept[w])); kept[w] = 0; isAnew = 0
    :: else -> append()
    fi
}

inline append() {
    if
    :: now != 0 -> assert(isMine(now))
    :: else
    fi
}

/* The next segment that it has, else a free one, else one of the other's. */
inline goOn() {
    atomic {
        x = (now == 0 -> behind(home[w]) : behind(segment[now]));
        if
        :: x != 0 && whose(segment[x]) == w + 1 -> i = x; x = 0; goto enter
        :: else
        fi;
        x = 1
    };
    claim();
    takeBack(1 - w);
    atomic { x = 1 };
    claim();
    atomic { noRoom = 1; goto gone };
taken:
    link();
enter:
    atomic { now = i; stands[w] = now; i = 0; assert(isMine(now) && !wants(content[now])); content[now] = 0;
        noteAuthor() }
}

inline claim() {
    do
    :: atomic { x <= SEGMENTS ->
            if
            :: segment[x] == 0 -> segment[x] = word(w + 1, 0, number); i = x; x = 0; goto taken
            :: else
            fi;
            x++ }
    :: atomic { x > SEGMENTS -> x = 0; break }
    od
}

inline link() {
    atomic {
        if
        :: now == 0 -> chain = word(0, i, number); home[w] = chain
        :: else -> segment[now] = word(w + 1, i, stampOf(segment[now]))
        fi
    }
}

/* SourceMemory.takeBackRoom: from writer o, which is not this one. */
inline takeBack(o) {
    atomic { known = home[o];
        if
        :: behind(known) == 0 -> goto nothing
        :: else
        fi
    };
    atomic { x = status[o];
        if
        :: (x & 1) != 0 || stampOf(known) != x >> 1 -> goto nothing
        :: else
        fi
    };
    atomic { e = E };
    atomic { x = captured };
    atomic {
        if
        :: x + 1 != e && abandoned != e - 1 && agreed[o] >= e -> goto nothing
        :: else
        fi
    };
    do
    :: atomic { behind(known) == 0 -> break }
    :: behind(known) != 0 ->
        freeFirst(o, known, stampOf(known));
        atomic {
            if
            :: !done -> break
            :: else
            fi
        }
    od;
nothing:
    atomic { known = 0; x = 0; e = 0; done = 0 }
}

inline commit() {
    atomic { e = E };
    atomic { agreed[w] = e;
        if
        :: now == 0 -> kept[w] = (isHot -> kept[w] : e)
        :: else -> content[now] = (isHot -> content[now] : e)
        fi
    };
    atomic { status[w] = number << 1; e = 0 }
}

/* WriterRecovery, and settleRoom: who holds the slot's lock. */
inline recover() {
    atomic { number = status[w] >> 1; status[w] = number << 1 };
    do
    :: atomic { chain = home[w];
            if
            :: behind(chain) == 0 -> break
            :: else
            fi };
        atomic {
            if
            :: home[w] == chain -> chain = word(0, behind(chain), number); home[w] = chain; break
            :: else
            fi
        }
    od;
    atomic { claimed = 0;
        for (k : 1 .. SEGMENTS) {
            if
            :: whose(segment[k]) == w + 1 -> claimed = claimed | (1 << k)
            :: else
            fi
        };
        k = 0 };
    atomic { i = behind(home[w]) };
    do
    :: atomic { i == 0 -> break }
    :: atomic { i != 0 ->
            if
            :: whose(segment[i]) == w + 1 -> claimed = claimed & ~(1 << i); i = behind(segment[i])
            :: else -> i = 0
            fi }
    od;
    i = 1;
    do
    :: atomic { i > SEGMENTS -> break }
    :: atomic { i <= SEGMENTS -> x = segment[i] };
        atomic {
            if
            :: (claimed & (1 << i)) && whose(x) == w + 1 && segment[i] == x -> segment[i] = 0
            :: else
            fi;
            i++
        }
    od;
    atomic { i = 0; x = 0; claimed = 0 }
}

/* WriterLog.init: its log goes on where the last writer's stood, if that can be told. */
inline makeWriter() {
    atomic {
        chain = home[w];
        now = stands[w];
        if
        :: now != 0 && !isMine(now) -> now = 0; noRoom = 1
        :: else
        fi;
        keptAt = now
    }
}

proctype Writer(byte w) {
    byte t, number, e, x, i, chain, known, now, keptAt, claimed;
    bit noRoom, isHot, done, isAnew;

life:
    {
        recover();
        makeWriter();
        do
        :: t < BEGINS ->
            begin();
            atomic { t++; use();
                if
                :: isHot = 1
                :: isHot = 0
                fi;
                if
                :: goto mark
                :: true
                fi
            };
            goOn();
mark:
            atomic { append() };
            commit();
            goto ended;
gone:
            atomic { status[w] = number << 1; isHot = 1 };          /* rolled back */
ended:
            skip
        :: else -> break
        od;
        atomic { through[w] = 1; finished++ }
    } unless {
        killed[w] ->
        d_step {
            killed[w] = 0; number = 0; e = 0; x = 0; i = 0; chain = 0; known = 0; now = 0; keptAt = 0; claimed = 0;
            noRoom = 0; isHot = 0; done = 0; isAnew = 0
        };
        goto life
    }
}

/* All that it wants is there until the last has been read, unless somebody has said that it is not. */
inline closing() {
    for (k : 1 .. SEGMENTS) {
        if
        :: wants(content[k]) -> assert(whose(segment[k]) != 0 && leads(whose(segment[k]) - 1, k))
        :: else
        fi
    };
    k = 0
}

/* Nothing is lost but what a killed writer was just freeing. */
inline noteEnd() {
    atomic {
        for (k : 1 .. SEGMENTS) {
            assert(whose(segment[k]) == 0 || leads(whose(segment[k]) - 1, k) || KILLS > 0)
        };
        k = 0
    }
}

#ifdef LOOKS
/* An entry that no capture wants, in a segment of a writer that does nothing: from the look at its name to the copy of
   its payload it is one transaction's, or it is not believed. */
inline lookInto() {
    if
    :: v = 0
    :: v = 1
    fi;
    x = status[v];
    q = restarts[v];
    if
    :: x & 1 -> goto over
    :: else
    fi;
    atomic {
        s = behind(home[v]);
        if
        :: s != 0 && whose(segment[s]) == v + 1
        :: else -> goto over
        fi
    };
    a = author[s];                                          /* its name, */
    atomic {
        b = author[s];                                      /* its epochs and payload, */
        if
        :: content[s] != 0 && content[s] <= cut -> goto over
        :: else
        fi
    };
    atomic {                                                /* and whose it is, and his number and restarts */
        if
        :: status[v] == x && restarts[v] == q && whose(segment[s]) == v + 1 && abandoned != cut -> assert(a == b)
        :: else
        fi
    };
over:
    skip;
    d_step { v = 0; x = 0; q = 0; s = 0; a = 0; b = 0 }
}
#endif

proctype Controller() {
    byte cut;
#ifdef LOOKS
    byte q, v, x, s, a, b;
#endif

    do
    :: E <= CUTS ->
        d_step { cut = E; E = cut + 1 };
#ifdef LOOKS
        if
        :: lookInto()
        :: true
        fi;
#endif
        atomic { closing() };
        captured = cut
    :: else -> break
    od;
    cut = 0;
    finished == WRITERS;
    noteEnd()
}

proctype Death() {
end:
    do
    :: d_step { kills > 0 && !through[0] && !killed[0] -> kills--; killed[0] = 1 }
    :: d_step { kills > 0 && !through[1] && !killed[1] -> kills--; killed[1] = 1 }
    od
}

init {
    atomic {
        run Controller();
#if KILLS > 0
        run Death();
#endif
        run Writer(0);
        run Writer(1)
    }
}
