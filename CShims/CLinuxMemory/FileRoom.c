#define _GNU_SOURCE
#include "CLinuxMemory.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

// Storage behind a file's bytes, and where there is none.

static int result(long value) { return value < 0 ? -errno : (int)value; }

int file_reserve(int file, int64_t count) {
    // Not posix_fallocate: where the file system lacks it, that reads and writes every block by itself.
    int answer;
    do answer = result(fallocate(file, 0, 0, count));
    while (answer == -EINTR);
    return answer;
}

#ifndef FALLOC_FL_UNSHARE_RANGE
#define FALLOC_FL_UNSHARE_RANGE 0x40
#endif

// Zeros where nothing has been written: what is there stays.
static int write_holes(int file, int64_t count) {
    static const char zeros[65536];
    off_t at = 0;
    while (at < count) {
        at = lseek(file, at, SEEK_HOLE);
        if (at < 0) return -errno;
        if (at >= count) return 0;
        off_t end = lseek(file, at, SEEK_DATA);
        if (end < 0 && errno != ENXIO) return -errno;
        if (end < 0 || end > count) end = count;
        while (at < end) {
            size_t piece = end - at < (off_t)sizeof zeros ? (size_t)(end - at) : sizeof zeros;
            ssize_t done = pwrite(file, zeros, piece, at);
            if (done < 0 && errno == EINTR) continue;
            if (done <= 0) return done < 0 ? -errno : -ENOSPC;
            at += done;
        }
    }
    return 0;
}

int file_back(int file, int64_t count, int is_own) {
    int answer;
    do answer = result(fallocate(file, FALLOC_FL_UNSHARE_RANGE, 0, count));
    while (answer == -EINTR);
    if (answer != -EOPNOTSUPP && answer != -ENOSYS && answer != -EINVAL) return answer;
    answer = file_reserve(file, count);
    return is_own && (answer == -EOPNOTSUPP || answer == -ENOSYS) ? write_holes(file, count) : answer;
}

int file_zero(int file, int64_t start, int64_t count) {
    // Not FALLOC_FL_ZERO_RANGE, which tmpfs lacks. What is between the two is a hole, which reads as zeros too.
    int answer;
    do answer = result(fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, start, count));
    while (answer == -EINTR);
    if (answer < 0) return answer;
    do answer = result(fallocate(file, FALLOC_FL_KEEP_SIZE, start, count));
    while (answer == -EINTR);
    return answer;
}

int file_is_hole(int file, int64_t start, int64_t count) {
    if (lseek(file, 0, SEEK_END) < start + count) return 0;
    off_t data = lseek(file, start, SEEK_DATA);
    return data >= start + count || (data < 0 && errno == ENXIO);
}

int64_t file_first_hole(int file) {
    off_t at = lseek(file, 0, SEEK_HOLE);
    return at < 0 ? -errno : at;
}

int64_t file_next_data(int file, int64_t from, int64_t *end) {
    off_t start = lseek(file, from, SEEK_DATA);
    if (start < 0) return -errno;
    *end = lseek(file, start, SEEK_HOLE);
    return *end < 0 ? -errno : start;
}
