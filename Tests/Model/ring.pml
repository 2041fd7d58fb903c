/* What goes between the engine and one lane: jobs and answers in a ring, and a lane that falls asleep and is woken.

   The kernel compares the word and falls asleep in one step, and a wake finds whoever sleeps. Each side's stores stand
   in its store buffer, in order, until they drain: a fence waits for that, and so does the kernel. A lane that wakes by
   itself does so EARLY times at most: nobody may need that. */

#define WORDS 6
#define JOB 0
#define POSTED 1
#define ASLEEP 2
#define ENDING 3
#define ANSWER 4
#define ANSWERED 5

byte jobs[PLACES], answers[PLACES], words[WORDS];
bit sleeps, hasEnded;
byte taken, early;

/* Of the engine's thread, and of the lane's. */
chan buffers[2] = [4] of { byte, byte, byte };

#define isDrained(who) (empty(buffers[who]))

inline store(who, word, place, value) { buffers[who] ! word, place, value }

/* The processor empties a buffer when it likes. */
proctype Buffer(byte who) {
    byte word, place, value;

end:
    do
    :: d_step {
        buffers[who] ? word, place, value;
        if
        :: word == JOB -> jobs[place] = value
        :: word == ANSWER -> answers[place] = value
        :: else -> words[word] = value
        fi;
        word = 0; place = 0; value = 0
    }
    od
}

inline wake() {
    isDrained(0);                                       /* the fence */
    if
    :: words[ASLEEP] == 1 ->
        store(0, ASLEEP, 0, 0);
        atomic { isDrained(0); sleeps = 0 }             /* the kernel */
    :: words[ASLEEP] == 0
    fi
}

inline post() {
    store(0, JOB, posted % PLACES, posted + 1);
    posted++;
    store(0, POSTED, 0, posted);
    wake()
}

inline take() {
    count = words[ANSWERED];
    do
    :: taken < count -> atomic { assert(answers[taken % PLACES] == taken + 1); taken++ }
    :: taken == count -> break
    od;
    count = 0
}

/* It may end while jobs are out. */
proctype Engine() {
    byte posted, count;

    do
    :: posted < JOBS && posted - taken < OUT -> post()
    :: posted > taken && words[ANSWERED] > taken -> take()
    :: posted == JOBS -> break
    od;
    store(0, ENDING, 0, 1);
    wake();
    hasEnded;
    take()
}

inline sleep() {
    store(1, ASLEEP, 0, 1);
    isDrained(1);                                       /* the fence */
    if
    :: words[POSTED] == performed ->
        if
        :: words[ENDING] == 0 ->
            atomic {
                isDrained(1);                           /* the kernel */
                if
                :: words[ASLEEP] == 1 -> sleeps = 1
                :: words[ASLEEP] == 0
                fi
            };
            if
            :: !sleeps
            :: early < EARLY -> atomic { early++; sleeps = 0 }
            fi
        :: words[ENDING] == 1
        fi
    :: words[POSTED] != performed
    fi;
    store(1, ASLEEP, 0, 0)
}

inline answer() {
    store(1, ANSWER, performed % PLACES, performed + 1);
    performed++;
    store(1, ANSWERED, 0, performed)
}

proctype Lane() {
    byte performed;

    do
    :: words[POSTED] != performed ->
        assert(jobs[performed % PLACES] == performed + 1);
        answer()
    :: words[POSTED] == performed ->
        if
        :: words[ENDING] == 1 ->
            if
            :: words[POSTED] == performed -> break
            :: words[POSTED] != performed
            fi
        :: words[ENDING] == 0 -> sleep()
        fi
    od;
    atomic { isDrained(1); hasEnded = 1 }
}

/* When nothing moves any more, each job has been answered, and the lane has ended. */
active proctype Watch() {
    timeout -> assert(hasEnded && taken == JOBS)
}

init {
    atomic {
        run Buffer(0);
        run Buffer(1);
        run Engine();
        run Lane()
    }
}
