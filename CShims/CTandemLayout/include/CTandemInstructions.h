#ifndef CTANDEM_INSTRUCTIONS_H
#define CTANDEM_INSTRUCTIONS_H

#include <stdint.h>

// Five instructions that Swift has no word for.

static inline __attribute__((always_inline)) void tandem_spin_hint(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

// The calling thread, as a number that no other thread of this process has while it runs.
static inline __attribute__((always_inline)) uint64_t tandem_this_thread(void) {
    return (uint64_t)(uintptr_t)__builtin_thread_pointer();
}

static inline __attribute__((always_inline)) void tandem_prefetch(const void *address) {
    __builtin_prefetch(address, 0, 3);
}

static inline __attribute__((always_inline)) void tandem_prefetch_for_writing(const void *address) {
    __builtin_prefetch(address, 1, 3);
}

// Reads a byte, though nobody asks what it is.
static inline __attribute__((always_inline)) void tandem_touch(const void *address) {
    (void)*(const volatile unsigned char *)address;
}

#endif
