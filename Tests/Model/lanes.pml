/* Images that lanes read: runs handed out in a window, answered, given up, and the rooms of an arena that is reused.
   Each run is one page. Of the source there is only whether the window is open: what is read behind its end is torn,
   as undo logs begin anew then. That is the worst that can have been read. */

#ifndef LANES
#define LANES 1
#endif
/* Each page is handed out once in a window, at most. */
#define NUMBERS (WINDOWS * PAGES + 1)

byte cut, captured;
bit isFreed, isOver;

/* What stands in each room of the arena; who has it. */
byte roomPage[ROOMS], roomCut[ROOMS];
bit roomTorn[ROOMS], isUsed[ROOMS];
/* Jobs, by their numbers: whose extent, where, and whether that is gone. Void rooms are nobody's. */
byte extent[NUMBERS], place[NUMBERS], voids[ROOMS];
bit isOut[NUMBERS], isVoid[NUMBERS];

/* The ring: a page, its room and its window each. */
byte page[EXTENTS], room[EXTENTS], readIn[EXTENTS];
bit isRead[EXTENTS], isLanded[PAGES];
byte oldest, next, windowNext, cursor, windowCursor, awaited, out, lastJob;

chan jobs[LANES] = [JOBS] of { byte, byte, byte, byte };
chan answers = [(JOBS + 1) * LANES] of { byte };

inline open() {
    d_step { cut++; windowNext = next; windowCursor = cursor }
}

/* Room for the next page: none that an extent has, nor one that is void. */
inline findRoom() {
    d_step {
        found = 0;
        do
        :: found < ROOMS && (isUsed[found] || voids[found] > 0) -> found++
        :: else -> break
        od
    }
}

inline append(read) {
    page[next] = cursor; room[next] = found; readIn[next] = cut; isRead[next] = read;
    isUsed[found] = 1; next++; cursor++
}

inline readSelf() {
    d_step { roomPage[found] = cursor; roomCut[found] = cut; roomTorn[found] = 0; append(1) }
}

inline handOut(lane) {
    d_step {
        lastJob++; isOut[lastJob] = 1; extent[lastJob] = next; place[lastJob] = found; awaited++; out++;
        append(0)
    }
    jobs[lane] ! lastJob, page[next - 1], cut, room[next - 1]
}

/* Of a job whose extent is gone nothing comes but its room. */
inline take() {
    answers ? job;
    d_step {
        isOut[job] = 0; out--;
        if
        :: isVoid[job] -> isVoid[job] = 0; voids[place[job]]--
        :: else -> isRead[extent[job]] = 1; awaited--
        fi;
        extent[job] = 0; place[job] = 0; job = 0
    }
}

/* Extents from `first` on are gone; what lanes have of them is void. */
inline forget(first) {
    d_step {
        found = 1;
        do
        :: found < NUMBERS && isOut[found] && !isVoid[found] -> isVoid[found] = 1; voids[place[found]]++; found++
        :: found < NUMBERS && !(isOut[found] && !isVoid[found]) -> found++
        :: else -> break
        od;
        awaited = 0;
        do
        :: next > first -> next--; isUsed[room[next]] = 0; page[next] = 0; readIn[next] = 0; isRead[next] = 0
        :: else -> break
        od;
        found = 0
    }
}

inline drop() {
    forget(windowNext); cursor = windowCursor
}

/* The first extent that is waited for, and all behind it. */
inline giveUp() {
    d_step {
        number = windowNext;
        do
        :: isRead[number] -> number++
        :: else -> break
        od;
        cursor = page[number]
    }
    forget(number);
    number = 0
}

/* An image goes out. */
inline write() {
    d_step {
        assert(isRead[oldest]);
        assert(roomPage[room[oldest]] == page[oldest]);
        assert(roomCut[room[oldest]] == readIn[oldest] && !roomTorn[room[oldest]]);
        isLanded[page[oldest]] = 1; isUsed[room[oldest]] = 0; oldest++
    }
}

proctype Engine() {
    byte found, job, number, drops, late;

    do
    :: cut < WINDOWS && cursor < PAGES ->
        open();
        do
        :: cursor < PAGES && next < EXTENTS ->
            findRoom();
            if
            :: found < ROOMS -> readSelf()
            :: found < ROOMS && nfull(jobs[0]) -> handOut(0)
#if LANES > 1
            :: found < ROOMS && nfull(jobs[1]) -> handOut(1)
#endif
            :: found == ROOMS && awaited == 0 && oldest == windowNext && next == windowNext -> take()
            :: found == ROOMS && awaited > 0 -> take()
            :: found == ROOMS && next > windowNext && awaited == 0 -> break
            :: found == ROOMS && oldest < windowNext -> found = 0; write()
            fi;
            found = 0
        :: nempty(answers) -> take()
        :: oldest < windowNext -> write()
        :: awaited == 0 -> break
        :: awaited > 0 && late < LATE -> late++; giveUp(); break
        :: drops < DROPS -> drops++; drop(); break
        od;
        found = 0;
        captured = cut
    :: nempty(answers) -> take()
    :: oldest < next -> write()
    :: (cut == WINDOWS || cursor == PAGES) && oldest == next -> break
    od;
    /* The copy is gone: its memory is given back when nothing is lent of it. */
    do
    :: out > 0 -> take()
    :: out == 0 -> break
    od;
    isFreed = 1;
    isOver = 1
}

proctype Lane(byte lane) {
    byte job, its, itsCut, itsRoom;
    bit isWhole;

    do
    :: jobs[lane] ? job, its, itsCut, itsRoom ->
        isWhole = (captured < itsCut);
        d_step {
            assert(!isFreed);
            roomPage[itsRoom] = its; roomCut[itsRoom] = itsCut; roomTorn[itsRoom] = !isWhole
        }
        answers ! job;
        d_step { job = 0; its = 0; itsCut = 0; itsRoom = 0; isWhole = 0 }
    :: isOver && empty(jobs[lane]) -> break
    od
}

init {
    atomic {
        run Engine();
        run Lane(0);
#if LANES > 1
        run Lane(1)
#endif
    }
}
