// Actors that share memory as processors do, on one thread and under one seed.
//
// Why it exists: the simulator runs the production write path and the production engine, compiled so that every
// access to shared memory comes here. Each access is a step, at which another actor may be run instead; stores go
// through the actor's own store buffer (total store order), so that a missing barrier shows. In the product
// nothing of this is compiled.
//
// Actors are fibers: they are switched in some nanoseconds, as a seed takes tens of thousands of steps.
#ifndef C_SIMULATION_H
#define C_SIMULATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    TANDEM_STORES_MAX = 64,           // a store buffer of today's processors holds about as many
    TANDEM_GHOST_STORES_MAX = 1 << 16 // what a killed actor may still "store" until it has returned
};

typedef struct tandem_store {
    uint64_t *address;
    uint64_t value;
    uint64_t mask;                    // the bytes of the word that are stored
} tandem_store;

typedef struct tandem_actor {
    void *saved;                      // stack pointer while another runs
    void *stack;
    int64_t budget;                   // steps left before it yields
    uint64_t steps;
    uint64_t wakes;                   // not run before this time; never, once it has finished
    uint64_t seen;                    // a bit for each pending address, hashed: most loads need not search
    uint32_t first, count;            // pending stores, oldest first: a ring
    uint32_t limit;                   // more than these leave at once
    bool ghost;                       // killed: what it stores goes nowhere any more
    bool paused;                      // it waits for somebody else
    bool finished;
    tandem_store *stores;
    void (*body)(void *);
    void *context;
} tandem_actor;

extern tandem_actor *tandem_current;  // NULL: nobody is simulated, memory is plain

// Virtual time, and whether something has happened that the run as a whole must look at before the next step.
typedef struct tandem_clock { uint64_t now; bool rings; } tandem_clock;
extern tandem_clock tandem_time;
static inline uint64_t tandem_now(void) { return tandem_time.now; }
static inline void tandem_set_now(uint64_t now) { tandem_time.now = now; }
static inline bool tandem_rings(void) { return tandem_time.rings; }
static inline void tandem_ring(bool rings) { tandem_time.rings = rings; }

// Who is running; a function, as Swift may not read a variable that changes.
static inline tandem_actor *tandem_running(void) { return tandem_current; }

tandem_actor *tandem_actor_make(void);
void tandem_actor_start(tandem_actor *actor, void (*body)(void *), void *context);
void tandem_actor_free(tandem_actor *actor);
// Runs it until it yields or returns.
void tandem_actor_resume(tandem_actor *actor, int64_t budget);
void tandem_yield(void);

// The oldest `count` pending stores become visible.
void tandem_drain(tandem_actor *actor, uint32_t count);
// It runs on by itself until it returns, without any effect.
void tandem_actor_kill(tandem_actor *actor);

// For who has one actor only, the caller, and wants to be asked after some of its steps: `body` is called when `budget`
// is used up, and sets the next one. No stack of its own, no store buffer.
tandem_actor *tandem_watcher_make(void (*body)(void *), void *context);
void tandem_watch(tandem_actor *watcher, int64_t budget);
// Steps taken since.
uint64_t tandem_watch_end(void);

uint64_t tandem_pending_value(const tandem_actor *actor, const uint64_t *address);
void tandem_store_slow(tandem_actor *actor, uint64_t *address, uint64_t value, uint64_t mask);
void tandem_copy_shared_slow(uint64_t *destination, const uint64_t *source, size_t words);
void tandem_read_shared_slow(uint64_t *destination, const uint64_t *source, size_t words);

static inline void tandem_step(tandem_actor *actor) {
    actor->steps++;
    if (--actor->budget < 0 && !actor->ghost) tandem_yield();
}

static inline uint64_t tandem_load(const uint64_t *address) {
    tandem_actor *actor = tandem_current;
    if (!actor) return *address;
    tandem_step(actor);
    return actor->count ? tandem_pending_value(actor, address) : *address;
}

static inline void tandem_store_word(uint64_t *address, uint64_t value) {
    tandem_actor *actor = tandem_current;
    if (!actor) { *address = value; return; }
    tandem_step(actor);
    tandem_store_slow(actor, address, value, UINT64_MAX);
}

// Some bytes of one word, or all of them.
static inline void tandem_store_part(void *address, uint64_t value, unsigned bytes) {
    tandem_actor *actor = tandem_current;
    if (!actor) { memcpy(address, &value, bytes); return; }
    tandem_step(actor);
    const unsigned shift = ((uintptr_t)address & 7) * 8;
    const uint64_t mask = UINT64_MAX >> (64 - 8 * bytes);
    tandem_store_slow(
        actor, (uint64_t *)((uintptr_t)address & ~(uintptr_t)7), (value & mask) << shift, mask << shift);
}

// A locked instruction: what is pending leaves first, then it acts on memory at once.
static inline uint64_t tandem_locked_begin(const uint64_t *address) {
    tandem_actor *actor = tandem_current;
    if (!actor) return *address;
    tandem_step(actor);
    if (actor->ghost) return tandem_pending_value(actor, address);
    tandem_drain(actor, actor->count);
    return *address;
}

static inline void tandem_locked_end(uint64_t *address, uint64_t value) {
    tandem_actor *actor = tandem_current;
    if (actor && actor->ghost) tandem_store_slow(actor, address, value, UINT64_MAX);
    else *address = value;
}

static inline void tandem_full_fence(void) {
    tandem_actor *actor = tandem_current;
    if (!actor) return;
    tandem_step(actor);
    if (!actor->ghost) tandem_drain(actor, actor->count);
}

// The pause instruction: somebody else has to move first.
static inline void tandem_pause(void) {
    tandem_actor *actor = tandem_current;
    if (!actor || actor->ghost) return;
    actor->steps++;
    actor->paused = true;
    tandem_yield();
}

// Word by word, as memcpy does; both sides are shared.
static inline void tandem_copy_shared(void *destination, const void *source, size_t bytes) {
    if (!tandem_current) { memcpy(destination, source, bytes); return; }
    tandem_copy_shared_slow((uint64_t *)destination, (const uint64_t *)source, bytes / 8);
}

// The same into private memory.
static inline void tandem_read_shared(void *destination, const void *source, size_t bytes) {
    tandem_actor *actor = tandem_current;
    int64_t words = (int64_t)(bytes / 8);
    if (!actor) { memcpy(destination, source, bytes); return; }
    if (actor->budget > words && !actor->count) {
        actor->budget -= words;
        actor->steps += (uint64_t)words;
        memcpy(destination, source, bytes);
        return;
    }
    tandem_read_shared_slow((uint64_t *)destination, (const uint64_t *)source, (size_t)words);
}

// An invariant that stops the process is a finding too: which run it was is printed before it ends.
void tandem_simulation_names(const char *run);

// CRC-32C by the processor: the simulator computes little else.
uint32_t tandem_simulation_crc32c(const void *bytes, long count, uint32_t seed);

#endif
