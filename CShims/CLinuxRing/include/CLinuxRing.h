// io_uring in our words: writes, reads and flushes of one file at a time. liburing.h stays inside the .c, because
// importing it into Swift breaks debug builds (fd_set). Every int result is -errno on failure. One thread uses a
// ring.

#ifndef TANDEM_LINUX_RING_H
#define TANDEM_LINUX_RING_H

#include <stdint.h>

struct ring;

struct ring_completion {
    uint64_t token;
    int32_t result;  // bytes moved, or -errno
};

// A ring for `depth` operations in flight. *out stays NULL on failure.
// -EPERM sysctl or seccomp, -ENOMEM memlock, -ENOSYS no io_uring, -EOPNOTSUPP it lacks write, read or fsync.
int ring_open(struct ring **out, unsigned depth);
// The caller has seen every completion.
void ring_close(struct ring *ring);

// Fixes the memory that writes come from, so that the kernel need not look its pages up for each. At most 1 GiB a
// region.
struct ring_region {
    const void *base;
    uint64_t count;
};
int ring_register_buffers(struct ring *ring, const struct ring_region *regions, unsigned count);

// Through which of a file's two open file descriptions an operation goes.
enum ring_way { RING_CACHED = 0, RING_DIRECT = 1 };

// The file of the operations to come, kept open by the ring as well, by one description or by two; -1 for none.
// Nothing may be in flight.
int ring_register_file(struct ring *ring, int cached, int direct);

// Prepare one operation each; they start with ring_submit. -EBUSY: no entry is free.
// `file` counts where none is registered, `way` where one is. `region`: number of the registered region that holds all
// the bytes, or -1.
int ring_write(struct ring *ring, int file, enum ring_way way, const void *bytes, uint32_t count, uint64_t offset,
               int region, uint64_t token);
int ring_read(struct ring *ring, int file, enum ring_way way, void *bytes, uint32_t count, uint64_t offset,
              uint64_t token);
int ring_flush(struct ring *ring, int file, uint64_t token);

// Starts what is prepared; 0 when the kernel took all of it, -EAGAIN when some must wait for a later call,
// anything else: the ring is of no further use.
int ring_submit(struct ring *ring);
// Prepared operations that the kernel has not taken; always the latest.
unsigned ring_unsubmitted(const struct ring *ring);

// Takes up to `limit` completions; returns how many.
int ring_reap(struct ring *ring, struct ring_completion *completions, unsigned limit);
// Waits for a completion. 0, -ETIME or -EINTR. Starts nothing.
int ring_wait(struct ring *ring, uint64_t nanoseconds);

#endif
