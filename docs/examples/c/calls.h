// The record that the examples keep: a call, as a switch would.

#ifndef CALLS_H
#define CALLS_H

#include <stdint.h>

enum call_state { CALL_FREE = 0, CALL_RINGING = 1, CALL_ANSWERED = 2 };

struct call {
    uint32_t state;
    uint32_t trunk;
    uint64_t answered_at;
    char caller[32];
    char callee[32];
};

#endif
