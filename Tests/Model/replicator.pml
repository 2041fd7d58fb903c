/* The controllers of one copy, as in Sources/TandemCore/Images and Engine. Steps in any order that their guards allow,
   which is more than poll's. */

mtype = { offline, beginning, bulkCopying, settling, publishing, catchingUp, inSync };
mtype = { enough, short_ };              /* of the journal's room */
mtype = { noWalk, bulkCopy, sweep };
mtype = { closed, changes, images };                            /* of the window */

mtype phase = offline, room = enough, walk = noWalk, window = closed;
byte cut, taking, unread, careLimit, windowCursor;
bit takes, isJournalled;
byte lastShipped, onItsWay, gate, settleFrom;
byte journalStart, journalCuts;
byte start, cursor, lowWater, passedFrom, passedImage;
byte superseded, arrivedPages;          /* of images under way; of owed pages, until a flush */
byte sweepFrom = NONE;
byte stateSequence;
bit isReplaying, isMarking;             /* the journal is applied in place; the new tail is being written */
byte reached, replayEnd, applied;       /* cuts, and pages of the cut behind reached */
byte arriving;                          /* pages that will have arrived when the replay ends */
byte outages = OUTAGES, deaths = DEATHS;
#ifdef ONE_WINDOW
bit isOne;                              /* this bulk copy reads all that is owed in one window */
bit isVain;                             /* that window was dropped: the next bulk copy is made in many */
bit isTorn;                             /* a writer has overwritten what was to be read */
bit isMissedOnly;                       /* the copy has all but what is owed, missed and dirty */
byte wholeAs;                           /* the cut that the copy is when all images of that window have landed */
#else
#define isOne 0
#define isTorn 0
#endif
#define isOneOpen (isOne && window == images)
#define TORN 99

#define isIdle (window == closed && onItsWay == 0 && room == enough && E <= CUTS)
#define isUnderWay(p) (image[p] == submitted || image[p] == landed || image[p] == orphan)
#if PAGES > 2
#define isDrained !(isUnderWay(0) || isUnderWay(1) || isUnderWay(2))
#define isEmpty (image[0] == none && image[1] == none && image[2] == none)
#else
#define isDrained !(isUnderWay(0) || isUnderWay(1))
#define isEmpty (image[0] == none && image[1] == none)
#endif
#define isFinished (walk != noWalk && cursor == PAGES && isEmpty)
#define isConsistent (phase == inSync || phase == catchingUp)

/* SourceCapture.open: E, and then the bits. */
inline openForImages() {
    d_step {
        cut = E;
        for (k : 0 .. PAGES - 1) { before[k] = now[k]; beforeEpoch[k] = epoch[k]; asOf[cut * PAGES + k] = now[k] }
        k = 0;
        E = cut + 1;
        window = images;
        windowCursor = cursor
    }
}

inline open(isForced) {
    openForImages();
    d_step {
        careLimit = lowWater;
        takes = 1;
        taking = dirty & below(careLimit);
        taken = taken | taking;
        dirty = dirty & ~taking;
        if
        :: isForced || taking != 0 -> isJournalled = 1; window = changes; unread = taking
        :: else
        fi
    }
}

/* Capture.readPage, with ShippedThreshold. */
inline readPage(p) {
    d_step {
        unread = unread & ~bit(p);
        markAgain(p);
        if
        :: beforeEpoch[p] > (p >= passedFrom -> minimum(lastShipped, passedImage) : lastShipped) ->
            change[cut * PAGES + p] = before[p] + 1;
            supersede(p)
        :: else
        fi
    }
}

/* A record that is newer than the cut: its page stays dirty. */
inline markAgain(p) {
    if
    :: epoch[p] > cut -> dirty = dirty | bit(p)
    :: else
    fi
}

inline supersede(p) {
    owed = owed | bit(p);
    arrivedPages = arrivedPages & ~bit(p);
    arriving = arriving & ~bit(p);
    if
    :: image[p] != none && image[p] != orphan -> superseded = superseded | bit(p)
    :: else
    fi
}

/* One page of BulkCopyController.readImages. */
inline readImage() {
    d_step {
        do
        :: cursor < PAGES && !(owed & bit(cursor)) -> cursor++
        :: else -> break
        od;
        if
        :: cursor < PAGES ->
            markAgain(cursor);
            image[cursor] = read;
            imageOf[cursor] = before[cursor];
            imageCut[cursor] = cut;
            cursor++
        :: else
        fi;
        if
        :: isEmpty && !isOne -> advanceLowWater()
        :: else
        fi
    }
}

#ifdef ONE_WINDOW
/* CopyFollower.noteOpened, when E has moved: what is dirty may be of this cut or of an earlier one, and is in no image
   but this window's. */
inline openOne() {
    openForImages();
    d_step { owed = owed | dirty; arrived = ALL & ~owed }
}

/* What was read is no value of this cut, as will be known when the window ends. */
inline readTorn() {
    readImage();
    if
    :: image[cursor - 1] == read -> imageOf[cursor - 1] = TORN; isTorn = 1
    :: else
    fi
}

/* BulkCopyController.closeOnlyWindow: all that was owed is as of this cut, and so is what was not. */
inline closeOne() {
    d_step {
        start = cut;
        wholeAs = cut;
        forgetWindow();
        if
        :: isEmpty -> advanceLowWater()
        :: else
        fi
    }
}

/* All of its images are there: the copy is that cut, and its journal is empty. */
inline publishOne() {
    shipping = wholeAs;
    lastShipped = wholeAs; journalStart = wholeAs; journalCuts = 0;
    wholeAs = 0; isOne = 0;
    walk = noWalk;
    phase = publishing;
    writeState(1, journalStart)
}

/* The images that it has written say nothing: all is owed still. */
inline dropOne() {
    isOne = 0; isVain = 1; isTorn = 0;
    stopWalk();
    cursor = 0
}

/* What is owed, missed and dirty is copied again, of a copy that was whole or is not yet. */
inline beginAgain() {
    isMissedOnly = 1;
    phase = beginning;
    writeState(0, 0)
}
#endif

inline close() {
    if
    :: !isJournalled ->
        d_step {
            if
            :: takes -> noteCaptured(); gate = maximum(gate, cut)
            :: else
            fi;
            forgetWindow()
        }
    :: isJournalled && journalCuts == JOURNAL -> d_step { drop(); room = short_ }
    :: isJournalled && journalCuts < JOURNAL ->
        shipping = cut;
        d_step {
            previous[cut] = lastShipped;
            cutWritten = cut;
            cutWrite = submitted;
            journalCuts++;
            onItsWay = cut;
            lastShipped = cut;
            noteCaptured();
            window = closed
        }
    fi
}

inline noteCaptured() {
    passedFrom = careLimit;
    passedImage = (lowWater == careLimit -> NEVER : minimum(passedImage, (walk == bulkCopy -> start : NEVER)))
}

inline drop() {
    if
    :: takes -> dirty = dirty | taking; taken = taken & ~taking
    :: else
    fi;
    for (k : 0 .. PAGES - 1) {
        change[cut * PAGES + k] = 0;
        if
        :: image[k] == read && imageCut[k] == cut -> forgetImage(k)
        :: else
        fi
    }
    k = 0;
    cursor = windowCursor;
#ifdef ONE_WINDOW
    if
    :: isOne -> dropOne()
    :: else
    fi;
#endif
    forgetWindow()
}

inline forgetWindow() {
    window = closed; cut = 0; taking = 0; unread = 0; careLimit = 0; windowCursor = 0; takes = 0; isJournalled = 0
}

/* commitCut: the cut is whole on the copy. */
inline commit() {
    taken = taken & ~taking;
    d_step {
        cutWrite = none; cutWritten = 0;
        gate = maximum(gate, onItsWay);
        if
        :: isConsistent -> acknowledge(onItsWay)
        :: else
        fi;
        if
        :: phase == settling && onItsWay >= settleFrom -> phase = publishing; writeState(1, journalStart)
        :: phase == catchingUp -> enterSync()
        :: else
        fi;
        onItsWay = 0;
        forgetWindow();
        promote()
    }
}

inline writeState(role, from) {
    assert(slotWrite == none);
    slotRole = role; slotTail = from;
#if FILES > 0
    stateSequence++;
    slotSequence = stateSequence;
#endif
    slotWrite = submitted
}

/* BulkCopyController. */
inline beginWalk(which) {
    walk = which;
    arrivedPages = 0; arriving = 0;
    cursor = 0;
    if
    :: walk == bulkCopy -> lowWater = 0; passedFrom = 0; passedImage = NEVER; descriptor = 0; arrived = 0
    :: else
    fi
}

inline submit(p) {
    image[p] = submitted
}

#define mayWrite(p) (imageCut[p] <= (phase == inSync -> gate : NEVER) && \
    (window == closed || imageCut[p] < cut || isOne))

inline complete(p) {
    d_step {
        image[p] = done;
        if
        :: !(superseded & bit(p)) -> arrivedPages = arrivedPages | bit(p)
        :: else
        fi;
        if
        :: isOneOpen -> forgetImage(p)                  /* its room is free; the descriptor stands */
        :: else -> advanceLowWater()
        fi
    }
}

inline advanceLowWater() {
    c = lowWater;
    k = 0;
    do
    :: k < PAGES && image[k] == done ->
        if
        :: walk == bulkCopy -> passedImage = minimum(passedImage, (k > c -> minimum(start, imageCut[k]) : imageCut[k]))
        :: else
        fi;
        c = k + 1;
        superseded = superseded & ~bit(k);
        forgetImage(k);
        k++
    :: k < PAGES && image[k] == none -> k++
    :: else -> break
    od;
    if
    :: walk == bulkCopy ->
        k = minimum(k, cursor);
        if
        :: k > c -> passedImage = minimum(passedImage, start); c = k
        :: else
        fi;
        if
        :: c > lowWater -> lowWater = c; descriptor = c
        :: else
        fi;
        assert((arrived & below(descriptor)) == below(descriptor))
    :: else
    fi;
    c = 0; k = 0
}

inline stopWalk() {
    walk = noWalk;
    arrivedPages = 0; arriving = 0;
    superseded = 0;
    for (k : 0 .. PAGES - 1) {
        if
        :: image[k] == submitted -> image[k] = orphan
        :: image[k] == orphan
        :: else -> forgetImage(k)
        fi
    }
    k = 0
}

/* The journal is freed by a sweep or by a replay: which one moves less is left open. */
#define mayFree (slotWrite == none && room == enough && !isReplaying && window == closed)
#define isSweepDue (mayFree && \
    (sweepFrom == NONE && onItsWay == 0 && isDrained && journalStart != lastShipped || sweepFrom != NONE && isFinished))
#define isReplayDue (mayFree && sweepFrom == NONE && onItsWay == 0 && isDrained && journalStart != lastShipped)

/* A sweep frees the journal up to where it began. */
inline advanceSweep() {
    if
    :: sweepFrom == NONE -> sweepFrom = lastShipped; beginWalk(sweep)
    :: else -> walk = noWalk; writeState(1, sweepFrom); sweepFrom = NONE
    fi
}

#define isRoomDue (room == short_ && !isReplaying && onItsWay == 0 && window == closed && slotWrite == none && \
    (isDrained || phase == inSync && walk != noWalk))

/* A cut did not fit: all that the journal holds is applied in place. */
inline advanceRoom() {
    if
    :: phase == inSync && walk != noWalk -> stopWalk(); sweepFrom = NONE
    :: else
    fi;
    if
    :: isDrained -> beginReplay()
    :: else
    fi
}

inline beginReplay() {
    isReplaying = 1;
    reached = journalStart;
    replayEnd = lastShipped;
    arriving = owed & below(lowWater)
}

/* One page of the next cut; a slice is some cuts, and cuts go on in between, behind the replay's end. */
inline advanceReplay() {
    d_step {
        c = 0;
        for (k : 1 .. CUTS) {
            if
            :: c == 0 && k > reached && k <= replayEnd && whole[k] && previous[k] == reached -> c = k
            :: else
            fi
        }
        assert(c != 0);
        do
        :: applied < PAGES && change[c * PAGES + applied] == 0 -> applied++
        :: else -> break
        od;
        if
        :: applied < PAGES -> inPlace[applied] = change[c * PAGES + applied] - 1; applied++
        :: else
        fi;
        if
        :: applied == PAGES -> applied = 0; reached = c
        :: else
        fi;
        k = 0; c = 0;
        promote()
    }
}

inline finishReplay() {
    arrivedPages = arrivedPages | arriving;
    arriving = 0;
    if
    :: isConsistent -> isMarking = 1; writeState(1, replayEnd)
    :: else -> moveTail(replayEnd)
    fi
}

inline moveTail(end) {
    journalStart = end;
    countJournal();
    room = enough;
    isReplaying = 0; isMarking = 0; reached = 0; replayEnd = 0
}

inline slotWritten() {
    slotWrite = none;
#if FILES > 0
    copySequence = slotSequence;
#endif
    owed = owed & ~arrivedPages;                        /* noteFlushed */
    arrivedPages = 0;
    if
    :: phase == beginning -> beginBulkCopy()
    :: phase == publishing -> enterSync()
    :: else -> moveTail(slotTail)
    fi;
    slotRole = 0; slotTail = 0; slotSequence = 0
}

inline countJournal() {
    journalCuts = 0;
    c = journalStart;
    for (k : 1 .. CUTS) {
        if
        :: k > c && k <= lastShipped && previous[k] == c && (whole[k] || k == onItsWay) -> c = k; journalCuts++
        :: else
        fi
    }
    k = 0; c = 0
}

inline beginBulkCopy() {
    partWay = 1;
#ifdef ONE_WINDOW
    owed = (isMissedOnly -> owed | missed | dirty : ALL);
    isMissedOnly = 0; isOne = !isVain;
#else
    owed = ALL;
#endif
    missed = 0;
    lastShipped = E - 1;
    journalStart = lastShipped;
    journalCuts = 0;
    start = lastShipped;
    beginWalk(bulkCopy);
    arrived = ALL & ~owed;
    phase = bulkCopying
}

inline enterSync() {
    gate = lastShipped;
    acknowledge(lastShipped);
    partWay = 0;
#ifdef ONE_WINDOW
    isVain = 0;
#endif
    phase = inSync
}

/* SourceCapture.stop and goOffline. */
inline goOffline() {
    if
    :: takes -> missed = missed | taking; taken = taken & ~taking
    :: else
    fi;
    leave()
}

/* Killed: its successor finds taken, owed, missed, and begins anew. */
inline inherit() {
    missed = missed | taken;
    taken = 0;
    leave()
}

inline leave() {
    if
    :: window != closed ->
        for (k : 0 .. PAGES - 1) { change[cut * PAGES + k] = 0 }
        k = 0
    :: else
    fi;
    forgetWindow();
    onItsWay = 0;
    stopWalk();
    cursor = 0; lowWater = 0; passedFrom = 0; passedImage = 0; start = 0; gate = 0; settleFrom = 0; lastShipped = 0;
    journalStart = 0; journalCuts = 0; applied = 0;
    room = enough;
    isReplaying = 0; isMarking = 0; reached = 0; replayEnd = 0;
    sweepFrom = NONE; stateSequence = 0;
#ifdef ONE_WINDOW
    isOne = 0; isVain = 0; isTorn = 0; isMissedOnly = 0; wholeAs = 0;
#endif
    if
    :: cutWrite == landed -> cutWrite = none
    :: else
    fi;
    if
    :: slotWrite == landed -> slotWrite = none
    :: else
    fi;
    phase = offline
}

/* The copy answers, and nothing to it is under way: ReturnDecision.decide. */
#define isLastSlot (sequence == copySequence || sequence == copySequence + 1)

inline greet() {
    recover(0, tail);
    k = 0; value = 0;
    cutWritten = 0; slotRole = 0; slotTail = 0; slotSequence = 0;
    stateSequence = sequence;
    if
    :: consistent && !partWay && (c == committed || c == shipping) && isLastSlot -> resume()
    :: else -> phase = beginning; writeState(0, 0)
    fi;
    c = 0
}

inline resume() {
    lastShipped = c;
    journalStart = tail;
    countJournal();
    gate = lastShipped; acknowledge(lastShipped); shipping = lastShipped;
    copySequence = sequence;
    lowWater = PAGES; passedFrom = PAGES; passedImage = NEVER; descriptor = PAGES;
    phase = catchingUp;
    dirty = dirty | missed;
    missed = 0;
    promote()
}

proctype Replicator() {
end:
    do
    /* Windows. */
    :: isIdle && phase == bulkCopying && walk != noWalk && !isOne && dirty -> open(false)
    :: isIdle && phase == bulkCopying && walk != noWalk && !isOne && cursor < PAGES -> openForImages()
#ifdef ONE_WINDOW
    :: isIdle && phase == bulkCopying && isOne && wholeAs == 0 -> openOne()
    :: d_step { isOneOpen && cursor < PAGES -> readTorn() }
    :: isOneOpen && cursor == PAGES && !isTorn -> closeOne()
    :: d_step { phase == bulkCopying && walk == noWalk && isDrained -> beginAgain() }
    /* A cut that does not fit an empty journal. */
    :: d_step { isIdle && phase == inSync && walk == noWalk && journalStart == lastShipped && !isReplaying &&
        slotWrite == none && isDrained -> beginAgain() }
#endif
    :: isIdle && (phase == settling || phase == catchingUp) -> open(true)
    :: isIdle && phase == inSync && (dirty || walk == sweep && cursor < PAGES) -> open(false)
    :: window == changes && unread & bit(0) -> readPage(0)
    :: window == changes && unread & bit(1) -> readPage(1)
#if PAGES > 2
    :: window == changes && unread & bit(2) -> readPage(2)
#endif
    :: window == changes && unread == 0 -> window = images
    :: window == images && walk != noWalk && cursor < PAGES -> readImage()
    :: window == images && !isOne -> close()
    :: window != closed -> d_step { drop() }
    :: cutWrite == landed && onItsWay != 0 -> commit()
    /* Images: in order out, in any order back. */
    :: (phase == bulkCopying || phase == inSync) && image[0] == read && mayWrite(0) -> submit(0)
    :: (phase == bulkCopying || phase == inSync) && image[0] != read && image[1] == read && mayWrite(1) -> submit(1)
#if PAGES > 2
    :: (phase == bulkCopying || phase == inSync) && image[0] != read && image[1] != read && image[2] == read &&
        mayWrite(2) -> submit(2)
#endif
    :: image[0] == landed -> complete(0)
    :: image[1] == landed -> complete(1)
#if PAGES > 2
    :: image[2] == landed -> complete(2)
#endif
    /* Life. */
    :: d_step { phase == bulkCopying && isFinished && window == closed && !isOne ->
        settleFrom = E; walk = noWalk; phase = settling }
#ifdef ONE_WINDOW
    :: d_step { phase == bulkCopying && isFinished && window == closed && isOne -> publishOne() }
#endif
    :: d_step { phase == inSync && isSweepDue -> advanceSweep() }
    :: d_step { slotWrite == landed && phase != offline -> slotWritten() }
    :: d_step { phase == inSync && isReplayDue -> beginReplay() }
    :: d_step { isRoomDue -> advanceRoom() }
    :: isReplaying && reached != replayEnd -> advanceReplay()
    :: d_step { isReplaying && reached == replayEnd && !isMarking && slotWrite == none -> finishReplay() }
    :: d_step { phase == offline && isEmpty && cutWrite == none && slotWrite == none -> greet() }
    :: d_step { phase != offline && outages > 0 -> outages--; goOffline() }
    :: d_step { phase != offline && deaths > 0 -> deaths--; inherit() }
    od
}
