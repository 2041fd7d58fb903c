/* Transactions, cuts, committed reads, dead writers and a dead replicator, over one memory with store buffers.

   Every cut that is shipped must hold each record as it was committed by the end of its epoch, and nobody may commit
   into a cut that is closed. In the end no record is locked, and what is not dirty is on the copy. */

#include "memory.pml"
#include "checks.pml"
#include "buffers.pml"
#include "transaction.pml"
#include "recovery.pml"
#include "capture.pml"
#include "read.pml"

#ifdef OWN_RECORDS
#define chosen(q)       w
#else
#define chosen(q)       ((q + t + 1 + w) % RECORDS)         /* each transaction in another order than the one before */
#endif

byte finished;                          /* writers that are through, */
bit through[WRITERS];                   /* and which */
byte kills = KILLS, engineKills = ENGINEKILLS, aborts = ABORTS;
bit killed[WRITERS], engineKilled;

proctype Writer(byte w) {
    byte t = 1, q, number, e, i, j, n;
    short x;
    byte keep, place, restarts, oldest;
    byte word[RECORDS], held[RECORDS], image[RECORDS];
    bit crowded = CROWDED, doomed, forward;

life:
    {
        recover();
        makeWriter();
        do
        :: t <= TRANSACTIONS ->
            begin();
            do
            :: q < HELD && !doomed && !touches(w, number, chosen(q)) -> q++
            :: q < HELD && !doomed && touches(w, number, chosen(q)) ->
                hold(chosen(q));
                if
                :: !doomed -> change(chosen(q))
                :: else
                fi;
                q++
            :: else -> break
            od;
            q = 0;
            if
            :: !doomed -> commit(); t++
            :: doomed || aborts > 0 ->
                if
                :: doomed && number < TRANSACTIONS + RETRIES
                :: doomed && number >= TRANSACTIONS + RETRIES -> t++
                :: !doomed -> aborts--; t++
                fi;
                rollBack()
            fi
        :: else -> break
        od;
        atomic { finished++; through[w] = 1 }
    } unless {
        killed[w] ->
        d_step {
            killed[w] = 0; q = 0; number = 0; e = 0; x = 0; i = 0; j = 0; n = 0;
            keep = 0; place = 0; restarts = 0; oldest = 0;
            for (k : 0 .. RECORDS - 1) { word[k] = 0; held[k] = 0; image[k] = 0 }
            crowded = 0; doomed = 0; forward = 0; k = 0
        };
        goto life
    }
}

proctype Buffers() {
end:
    do
    :: drain(0)
#if WRITERS > 1
    :: drain(1)
#endif
    od
}

proctype Engine() {
    byte cut, lastShipped, bits, r, word0, since, got, got2, x, u, i;
    short position;
    byte read[RECORDS], names, later;

life:
    {
        do
        :: m[E] <= CUTS ->
            openWindow();
            readChanges();
            closeWindow();
            goto opened;
dropped:    drop();
opened:     skip;
            d_step { forget(); cut = 0; bits = 0; names = 0; r = 0; for (k : 0 .. RECORDS - 1) { read[k] = 0 } k = 0 }
        :: finished == WRITERS && isDrained && (m[SUMMARY] == 0 || m[E] > CUTS) -> break
        od;
        noteEnd()
    } unless {
        engineKilled ->
        d_step {
            engineKilled = 0; lastShipped = 0;
            forget(); cut = 0; bits = 0; names = 0; r = 0; for (k : 0 .. RECORDS - 1) { read[k] = 0 } k = 0
        };
        inherit();
        goto life
    }
}

/* At any instant, the middle of a recovery included; what had not left the store buffer has not happened. */
inline kill(v) {
    d_step {
        kills > 0 && !through[v] && !killed[v] ->
        kills--; killed[v] = 1; length[v] = 0;
        for (k : 0 .. DEPTH - 1) { at[(v) * DEPTH + k] = 0; put[(v) * DEPTH + k] = 0 }
        k = 0
    }
}

proctype Death() {
end:
    do
    :: kill(0)
#if WRITERS > 1
    :: kill(1)
#endif
    :: d_step { engineKills > 0 -> engineKills--; engineKilled = 1 }
    od
}

init {
    atomic {
        fill();
        begun();
        run Buffers();
        run Engine();
#if KILLS + ENGINEKILLS > 0
        run Death();
#endif
#ifdef READS
        run Reader();
#endif
        run Writer(0);
#if WRITERS > 1
        run Writer(1);
#endif
    }
}
