#define _GNU_SOURCE
#include "CLinuxRing.h"

#include <errno.h>
#include <liburing.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <time.h>

struct ring {
    struct io_uring uring;
    bool has_file;
};

static const int operations[] = {IORING_OP_WRITE, IORING_OP_WRITE_FIXED, IORING_OP_READ, IORING_OP_FSYNC};

static int check_operations(struct io_uring *uring) {
    struct io_uring_probe *probe = io_uring_get_probe_ring(uring);
    if (probe == NULL) return -EOPNOTSUPP;
    int answer = 0;
    for (unsigned i = 0; i < sizeof operations / sizeof *operations; i++)
        if (!io_uring_opcode_supported(probe, operations[i])) answer = -EOPNOTSUPP;
    io_uring_free_probe(probe);
    return answer;
}

int ring_open(struct ring **out, unsigned depth) {
    *out = NULL;
    struct ring *ring = calloc(1, sizeof *ring);
    if (ring == NULL) return -ENOMEM;
    // The thread polls and enters the kernel by itself, so completions need not interrupt it (from 5.19 on).
    int answer = io_uring_queue_init(depth, &ring->uring, IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG);
    if (answer == -EINVAL) answer = io_uring_queue_init(depth, &ring->uring, 0);
    if (answer < 0) {
        free(ring);
        return answer;
    }
    answer = check_operations(&ring->uring);
    if (answer == 0) answer = io_uring_ring_dontfork(&ring->uring);
    if (answer < 0) {
        ring_close(ring);
        return answer;
    }
    *out = ring;
    return 0;
}

void ring_close(struct ring *ring) {
    io_uring_queue_exit(&ring->uring);
    free(ring);
}

int ring_register_buffers(struct ring *ring, const struct ring_region *regions, unsigned count) {
    struct iovec *vectors = calloc(count, sizeof *vectors);
    if (vectors == NULL) return -ENOMEM;
    for (unsigned i = 0; i < count; i++)
        vectors[i] = (struct iovec){.iov_base = (void *)regions[i].base, .iov_len = regions[i].count};
    int answer = io_uring_register_buffers(&ring->uring, vectors, count);
    free(vectors);
    return answer;
}

int ring_register_file(struct ring *ring, int cached, int direct) {
    // Unregistering, not replacing: 6.1 keeps a replaced file, and with it the lock, for another second.
    if (ring->has_file) {
        int answer = io_uring_unregister_files(&ring->uring);
        if (answer < 0) return answer;
        ring->has_file = false;
    }
    if (cached < 0) return 0;
    int files[] = {[RING_CACHED] = cached, [RING_DIRECT] = direct};
    int answer = io_uring_register_files(&ring->uring, files, direct < 0 ? 1 : 2);
    ring->has_file = answer >= 0;
    return answer < 0 ? answer : 0;
}

static int prepared(struct ring *ring, struct io_uring_sqe *entry, uint64_t token) {
    if (ring->has_file) io_uring_sqe_set_flags(entry, IOSQE_FIXED_FILE);
    io_uring_sqe_set_data64(entry, token);
    return 0;
}

int ring_write(
    struct ring *ring, int file, enum ring_way way, const void *bytes, uint32_t count, uint64_t offset, int region,
    uint64_t token) {
    struct io_uring_sqe *entry = io_uring_get_sqe(&ring->uring);
    if (entry == NULL) return -EBUSY;
    int target = ring->has_file ? (int)way : file;
    if (region >= 0) io_uring_prep_write_fixed(entry, target, bytes, count, offset, region);
    else io_uring_prep_write(entry, target, bytes, count, offset);
    return prepared(ring, entry, token);
}

int ring_read(
    struct ring *ring, int file, enum ring_way way, void *bytes, uint32_t count, uint64_t offset, uint64_t token) {
    struct io_uring_sqe *entry = io_uring_get_sqe(&ring->uring);
    if (entry == NULL) return -EBUSY;
    io_uring_prep_read(entry, ring->has_file ? (int)way : file, bytes, count, offset);
    return prepared(ring, entry, token);
}

int ring_flush(struct ring *ring, int file, uint64_t token) {
    struct io_uring_sqe *entry = io_uring_get_sqe(&ring->uring);
    if (entry == NULL) return -EBUSY;
    io_uring_prep_fsync(entry, ring->has_file ? RING_CACHED : file, IORING_FSYNC_DATASYNC);
    return prepared(ring, entry, token);
}

unsigned ring_unsubmitted(const struct ring *ring) { return io_uring_sq_ready(&ring->uring); }

int ring_submit(struct ring *ring) {
    while (ring_unsubmitted(ring) > 0) {
        int answer = io_uring_submit(&ring->uring);
        if (answer == -EINTR) continue;
        // No memory for a request, or completions to be taken first.
        if (answer == 0 || answer == -EAGAIN || answer == -EBUSY) return -EAGAIN;
        if (answer < 0) return answer;
    }
    return 0;
}

int ring_reap(struct ring *ring, struct ring_completion *completions, unsigned limit) {
    struct io_uring_cqe *entries[64];
    unsigned total = 0;
    while (total < limit) {
        unsigned room = limit - total < 64 ? limit - total : 64;
        unsigned count = io_uring_peek_batch_cqe(&ring->uring, entries, room);
        if (count == 0) break;
        for (unsigned i = 0; i < count; i++)
            completions[total + i] =
                (struct ring_completion){.token = io_uring_cqe_get_data64(entries[i]), .result = entries[i]->res};
        // Releases the entries after they have been read, seen by the kernel when it next needs room.
        io_uring_cq_advance(&ring->uring, count);
        total += count;
    }
    return (int)total;
}

int ring_wait(struct ring *ring, uint64_t nanoseconds) {
    if (io_uring_cq_ready(&ring->uring) > 0) return 0;
    // poll, not io_uring_wait_cqe_timeout: on old kernels that submits, and what is prepared may have been given up.
    struct pollfd ready = {.fd = ring->uring.ring_fd, .events = POLLIN};
    struct timespec limit = {
        .tv_sec = (time_t)(nanoseconds / 1000000000u), .tv_nsec = (long)(nanoseconds % 1000000000u)};
    int answer = ppoll(&ready, 1, &limit, NULL);
    if (answer > 0) return 0;
    return answer == 0 ? -ETIME : -errno;
}
