// What the library needs of C for itself; not installed.

#ifndef TANDEM_SUPPORT_H
#define TANDEM_SUPPORT_H

#include <stdint.h>

// Keeps a text for `tandem_last_error` of the calling thread; what is too long is cut.
void tandem_set_last_error(const char *text);

// A word that is 1 in the process that asks, and 0 in its forked children: the kernel
// wipes its page there, so that looking costs one load. NULL when the kernel cannot.
const uint64_t *tandem_process_mark(void);

// The descriptor of a lock: a forked child closes its duplicate at once. Else the lock
// would outlive its writer for as long as the child lives, and nobody would finish what
// a dead writer left.
void tandem_keep_from_children(int descriptor);
void tandem_forget_descriptor(int descriptor);

#endif
