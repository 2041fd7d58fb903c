#ifndef CTANDEM_INSTRUCTIONS_H
#define CTANDEM_INSTRUCTIONS_H

#include <stdint.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

// Instructions that Swift has no word for.

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

// Which of the sixteen numbers in these four words, little end first, are `wanted`: a bit each.
static inline __attribute__((always_inline)) uint32_t tandem_equal_sixteenths(
    uint64_t first, uint64_t second, uint64_t third, uint64_t fourth, uint16_t wanted) {
#ifdef __SSE2__
    __m128i each = _mm_set1_epi16((short)wanted);
    __m128i low = _mm_cmpeq_epi16(_mm_set_epi64x((long long)second, (long long)first), each);
    __m128i high = _mm_cmpeq_epi16(_mm_set_epi64x((long long)fourth, (long long)third), each);
    return (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(low, high));
#else
    uint64_t words[4] = {first, second, third, fourth};
    uint32_t equal = 0;
    for (int place = 0; place < 16; place++)
        equal |= (uint32_t)((uint16_t)(words[place / 4] >> place % 4 * 16) == wanted) << place;
    return equal;
#endif
}

// Reads a byte, though nobody asks what it is.
static inline __attribute__((always_inline)) void tandem_touch(const void *address) {
    (void)*(const volatile unsigned char *)address;
}

#endif
