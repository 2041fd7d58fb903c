// What the programs here have in common: sentences that hold or do not.

#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <tandem.h>

static int failed;

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            failed++;                                                                                                  \
            fprintf(stderr, "%s:%d: %s (last error: %s)\n", __func__, __LINE__, #condition, tandem_last_error());      \
        }                                                                                                              \
    } while (0)

#endif
