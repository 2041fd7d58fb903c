#include "CSimulation.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#if !defined(__x86_64__)
#error "the simulator switches stacks by hand, on x86-64 only"
#endif

enum { STACK_BYTES = 256 << 10 };

tandem_actor *tandem_current;
tandem_clock tandem_time;
static void *scheduler_stack;

// Saves what a call must preserve, and goes on on the other stack.
void tandem_switch(void **save, void *load);
__asm__(
    ".text\n"
    ".globl tandem_switch\n"
    ".type tandem_switch, @function\n"
    "tandem_switch:\n"
    "    pushq %rbp\n    pushq %rbx\n    pushq %r12\n    pushq %r13\n    pushq %r14\n    pushq %r15\n"
    "    movq %rsp, (%rdi)\n"
    "    movq %rsi, %rsp\n"
    "    popq %r15\n    popq %r14\n    popq %r13\n    popq %r12\n    popq %rbx\n    popq %rbp\n"
    "    retq\n"
    ".size tandem_switch, .-tandem_switch\n");

static void fail(const char *why) {
    fprintf(stderr, "simulation: %s\n", why);
    abort();
}

static void enter(void) {
    tandem_actor *actor = tandem_current;
    actor->body(actor->context);
    actor->finished = true;
    actor->wakes = UINT64_MAX;
    tandem_time.rings = true;
    tandem_yield();
    fail("a finished actor was resumed");
}

tandem_actor *tandem_actor_make(void) {
    tandem_actor *actor = calloc(1, sizeof *actor);
    actor->stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (actor->stack == MAP_FAILED) fail("no memory for a stack");
    // The lowest page stays unmapped in effect: an overflow is a fault, not another actor's data.
    mprotect(actor->stack, 4096, PROT_NONE);
    actor->stores = malloc(TANDEM_GHOST_STORES_MAX * sizeof *actor->stores);
    actor->finished = true;
    actor->wakes = UINT64_MAX;
    return actor;
}

void tandem_actor_free(tandem_actor *actor) {
    munmap(actor->stack, STACK_BYTES);
    free(actor->stores);
    free(actor);
}

void tandem_actor_start(tandem_actor *actor, void (*body)(void *), void *context) {
    if (!actor->finished) fail("an actor was started that is running");
    uint64_t *top = (uint64_t *)((char *)actor->stack + STACK_BYTES);
    *--top = 0;                       // where a call would have left its return address
    *--top = (uint64_t)enter;
    for (int saved = 0; saved < 6; saved++) *--top = 0;
    actor->saved = top;
    actor->first = actor->count = 0;
    actor->seen = 0;
    actor->steps = 0;
    actor->ghost = actor->paused = actor->finished = false;
    actor->body = body;
    actor->context = context;
}

void tandem_actor_resume(tandem_actor *actor, int64_t budget) {
    actor->budget = budget;
    actor->paused = false;
    tandem_current = actor;
    tandem_switch(&scheduler_stack, actor->saved);
    tandem_current = NULL;
}

void tandem_yield(void) {
    tandem_actor *actor = tandem_current;
    if (!actor->stack) {
        // Nobody to switch to: whoever watches is asked, and memory is plain meanwhile.
        if (!actor->paused) {
            tandem_current = NULL;
            actor->body(actor->context);
            tandem_current = actor;
        }
        actor->paused = false;
        return;
    }
    if (actor->ghost && !actor->finished) return;
    tandem_switch(&actor->saved, scheduler_stack);
}

tandem_actor *tandem_watcher_make(void (*body)(void *), void *context) {
    tandem_actor *watcher = calloc(1, sizeof *watcher);
    if (!watcher) fail("no memory for a watcher");
    watcher->body = body;
    watcher->context = context;
    return watcher;
}

void tandem_watch(tandem_actor *watcher, int64_t budget) {
    watcher->steps = 0;
    watcher->budget = budget;
    tandem_current = watcher;
}

uint64_t tandem_watch_end(void) {
    uint64_t steps = tandem_current->steps;
    tandem_current = NULL;
    return steps;
}

void tandem_drain(tandem_actor *actor, uint32_t count) {
    if (count > actor->count) count = actor->count;
    for (; count > 0; count--) {
        tandem_store *store = &actor->stores[actor->first];
        *store->address = (*store->address & ~store->mask) | store->value;
        actor->first = (actor->first + 1) % TANDEM_STORES_MAX;
        actor->count--;
    }
    if (actor->count == 0) actor->seen = 0;
}

void tandem_actor_kill(tandem_actor *actor) {
    if (actor->finished || actor->ghost) return;
    // A processor completes the stores of a process that is taken off it.
    tandem_drain(actor, actor->count);
    actor->first = 0;
    actor->ghost = true;
    tandem_actor_resume(actor, 0);
    if (!actor->finished) fail("a killed actor did not return");
    actor->count = 0;
    actor->seen = 0;
}

static inline uint64_t hash_bit(const uint64_t *address) { return 1ull << (((uintptr_t)address >> 3) & 63); }

uint64_t tandem_pending_value(const tandem_actor *actor, const uint64_t *address) {
    if (!(actor->seen & hash_bit(address))) return *address;
    const uint32_t size = actor->ghost ? TANDEM_GHOST_STORES_MAX : TANDEM_STORES_MAX;
    uint64_t found = 0, missing = UINT64_MAX;
    for (uint32_t back = actor->count; back > 0 && missing; back--) {
        const tandem_store *store = &actor->stores[(actor->first + back - 1) % size];
        if (store->address != address) continue;
        found |= store->value & missing;
        missing &= ~store->mask;
    }
    return found | (*address & missing);
}

void tandem_store_slow(tandem_actor *actor, uint64_t *address, uint64_t value, uint64_t mask) {
    if (!actor->ghost && actor->limit == 0) {
        *address = (*address & ~mask) | value;
        return;
    }
    const uint32_t size = actor->ghost ? TANDEM_GHOST_STORES_MAX : TANDEM_STORES_MAX;
    if (actor->ghost && actor->count == size) fail("a killed actor does not end");
    actor->stores[(actor->first + actor->count) % size] = (tandem_store){address, value, mask};
    actor->count++;
    actor->seen |= hash_bit(address);
    if (!actor->ghost && actor->count > actor->limit) tandem_drain(actor, actor->count - actor->limit);
}

void tandem_copy_shared_slow(uint64_t *destination, const uint64_t *source, size_t words) {
    for (size_t word = 0; word < words; word++) tandem_store_word(&destination[word], tandem_load(&source[word]));
}

void tandem_read_shared_slow(uint64_t *destination, const uint64_t *source, size_t words) {
    for (size_t word = 0; word < words; word++) destination[word] = tandem_load(&source[word]);
}

static char running[80];

static void trapped(int signal_number) {
    char line[160];
    int length = snprintf(line, sizeof line, "%s: an invariant of the engine does not hold\n", running);
    if (write(1, line, (size_t)length) < 0) _exit(3);
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

void tandem_simulation_names(const char *run) {
    if (running[0] == 0) {
        signal(SIGILL, trapped);
        signal(SIGTRAP, trapped);
        signal(SIGSEGV, trapped);
        signal(SIGABRT, trapped);
    }
    snprintf(running, sizeof running, "%s", run);
}

__attribute__((target("sse4.2")))
uint32_t tandem_simulation_crc32c(const void *bytes, long count, uint32_t seed) {
    uint64_t crc = ~seed;
    const unsigned char *next = bytes;
    for (; count >= 8; count -= 8, next += 8) {
        uint64_t word;
        memcpy(&word, next, 8);
        crc = __builtin_ia32_crc32di(crc, word);
    }
    for (; count > 0; count--, next++) crc = __builtin_ia32_crc32qi((uint32_t)crc, *next);
    return ~(uint32_t)crc;
}
