#define _GNU_SOURCE
#include "include/CTandemSupport.h"
#include "include/tandem.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static __thread char last_error[1024];

void tandem_set_last_error(const char *text) {
    strncpy(last_error, text, sizeof last_error - 1);
}

const char *tandem_last_error(void) { return last_error; }

int tandem_interface(void) { return TANDEM_INTERFACE; }

// One place for each lock that may be open: a source has 4,096 writer slots at most. A
// descriptor plus one, as 0 is free.
enum { LOCKS_MAX = 4096 };
static _Atomic int locks[LOCKS_MAX];

static _Atomic(const uint64_t *) mark;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int watches_forks;

// In the child, before fork returns there. Only close, which a child of a program with
// many threads may call.
static void leave_locks(void) {
    for (int place = 0; place < LOCKS_MAX; place++) {
        int held = atomic_exchange(&locks[place], 0);
        if (held) close(held - 1);
    }
}

static void watch_forks(void) { watches_forks = pthread_atfork(NULL, NULL, leave_locks) == 0; }

const uint64_t *tandem_process_mark(void) {
    pthread_once(&once, watch_forks);
    if (!watches_forks) return NULL;
    const uint64_t *seen = atomic_load(&mark);
    if (seen && *seen) return seen;
    // The first time, or in a child, where the parent's page is wiped: its writers look there.
    uint64_t *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return NULL;
    if (madvise(page, 4096, MADV_WIPEONFORK) != 0) {
        munmap(page, 4096);
        return NULL;
    }
    *page = 1;
    if (atomic_compare_exchange_strong(&mark, &seen, page)) return page;
    munmap(page, 4096);
    return seen;
}

void tandem_keep_from_children(int descriptor) {
    for (int place = 0; place < LOCKS_MAX; place++) {
        int none = 0;
        if (atomic_compare_exchange_strong(&locks[place], &none, descriptor + 1)) return;
    }
}

void tandem_forget_descriptor(int descriptor) {
    for (int place = 0; place < LOCKS_MAX; place++) {
        int own = descriptor + 1;
        if (atomic_compare_exchange_strong(&locks[place], &own, 0)) return;
    }
}
