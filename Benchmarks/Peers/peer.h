// What the peers written in C share: time, random numbers, percentiles, and the lines they speak.
#pragma once
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static double nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1e9 + now.tv_nsec;
}

/// Evenly from 0 to `bound`, without it.
static uint64_t random_below(uint64_t bound) {
    static uint64_t state = 88172645463325252u;
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return (uint64_t)(((__uint128_t)state * bound) >> 64);
}

static inline int compare(const void *one, const void *other) {
    double a = *(const double *)one, b = *(const double *)other;
    return a < b ? -1 : a > b;
}

/// Sorts the delays, in nanoseconds, and prints their p50 and p99 in microseconds.
static inline void print_percentiles(const char *work, double *delays, int count) {
    qsort(delays, count, sizeof *delays, compare);
    printf("%s%s%.3f %.3f\n", work, *work ? " " : "", delays[count / 2] / 1e3, delays[count * 99 / 100] / 1e3);
    fflush(stdout);
}

/// The words of a record added up, so that all of it is read.
static inline uint64_t sum_of(const void *record) {
    uint64_t sum = 0, word;
    for (int place = 0; place < 240; place += 8) {
        memcpy(&word, (const char *)record + place, 8);
        sum += word;
    }
    return sum;
}

static inline int at_least(int minimum, double count) { return count > minimum ? (int)count : minimum; }
