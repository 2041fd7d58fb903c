/* The copy: a bulk copy, cuts and sweeps at the same time, a journal that may be too small, a copy that goes away and a
   replicator that dies.

   A transaction is one step here, and a cut reads exactly what was committed by its end: that is what cut.pml shows. At
   every instant, what recovery makes of the copy must be the last whole cut, and no older than what was acknowledged.
   */

#ifndef PAGES
#define PAGES 2         /* one record each */
#endif
#ifndef CHANGES
#define CHANGES 3       /* transactions */
#endif
#ifndef CUTS
#define CUTS 5
#endif
#ifndef JOURNAL
#define JOURNAL CUTS    /* cuts that the journal holds */
#endif
#ifndef OUTAGES
#define OUTAGES 0       /* of the copy */
#endif
#ifndef BACKUPS
#define BACKUPS 0       /* older files that are put back */
#endif
#ifndef MOVES
#define MOVES 0         /* files that are moved away, and back */
#endif
#define FILES (BACKUPS + MOVES)
#ifndef DEATHS
#define DEATHS 0        /* of the replicator */
#endif

#define NEVER 255
#define NONE 255
#define ALL ((1 << PAGES) - 1)
#define below(limit) ((1 << (limit)) - 1)
#define bit(p) (1 << (p))
#define minimum(a, b) ((a) < (b) -> (a) : (b))
#define maximum(a, b) ((a) > (b) -> (a) : (b))

#include "state.pml"
#include "replicator.pml"
#include "device.pml"

/* Transactions of one or more pages, whole and at once. */
inline transaction(set) {
    total++;
    for (k : 0 .. PAGES - 1) {
        if
        :: set & bit(k) -> now[k] = total; epoch[k] = E
        :: else
        fi
    }
    k = 0;
    dirty = dirty | set
}

proctype Source() {
    byte total;
end:
    do
    :: d_step { total < CHANGES -> transaction(1) }
#ifndef FIRST_PAGE                      /* only the first page is changed */
    :: d_step { total < CHANGES -> transaction(2) }
    :: d_step { total < CHANGES -> transaction(ALL) }
#if PAGES > 2
    :: d_step { total < CHANGES -> transaction(4) }
    :: d_step { total < CHANGES -> transaction(5) }
#endif
#endif
    od
}

init {
    atomic {
        run Source();
        run Device();
#if FILES > 0
        run Operator();
#endif
        run Replicator()
    }
}
