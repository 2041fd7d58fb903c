#define _GNU_SOURCE
#include "CLinuxMemory.h"

#include <errno.h>
#include <fcntl.h>
#include <isa-l/crc.h>
#include <linux/futex.h>
#include <linux/magic.h>
#if defined(__x86_64__)
#include <nmmintrin.h>
#endif
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

static int result(long value) { return value < 0 ? -errno : (int)value; }

// ── checksum ──

uint32_t memory_crc32c(const void *bytes, long count, uint32_t seed) {
    // ISA-L takes and gives the register as it is; the standard inverts it at both ends. Its length is an int.
    const long step_max = 1 << 30;
    uint32_t state = ~seed;
    unsigned char *at = (unsigned char *)bytes;
    while (count > 0) {
        int step = (int)(count < step_max ? count : step_max);
        state = crc32_iscsi(at, step, state);
        at += step;
        count -= step;
    }
    return ~state;
}

#if defined(__x86_64__)
// The instruction takes three cycles and can begin in each: a row of a few hundred bytes waits for itself most of the
// time, and is too short for ISA-L to cut in pieces. Four rows at once fill the gaps.
__attribute__((target("sse4.2"))) static void four_rows(const unsigned char *first, long stride, long bytes,
                                                        uint32_t *sums) {
    const unsigned char *at[4];
    uint64_t state[4], word;
    for (int row = 0; row < 4; row++) {
        at[row] = first + row * stride;
        state[row] = (uint32_t)~sums[row];
    }
    long place = 0;
    for (; place + 64 <= bytes; place += 64) {
        // The same line of the next page: the processor's own looking ahead ends with a page.
        for (int row = 0; row < 4; row++) __builtin_prefetch(at[row] + place + 4096, 0, 3);
#pragma unroll
        for (int eight = 0; eight < 64; eight += 8)
            for (int row = 0; row < 4; row++) {
                memcpy(&word, at[row] + place + eight, 8);
                state[row] = _mm_crc32_u64(state[row], word);
            }
    }
    for (; place + 8 <= bytes; place += 8)
        for (int row = 0; row < 4; row++) {
            memcpy(&word, at[row] + place, 8);
            state[row] = _mm_crc32_u64(state[row], word);
        }
    for (; place < bytes; place++)
        for (int row = 0; row < 4; row++) state[row] = _mm_crc32_u8((uint32_t)state[row], at[row][place]);
    for (int row = 0; row < 4; row++) sums[row] = ~(uint32_t)state[row];
}
#endif

void memory_crc32c_rows(const void *first, long stride, long bytes, long count, uint32_t *sums) {
    const unsigned char *at = first;
    long row = 0;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2"))
        for (; row + 4 <= count; row += 4) four_rows(at + row * stride, stride, bytes, sums + row);
#endif
    for (; row < count; row++) sums[row] = memory_crc32c(at + row * stride, bytes, sums[row]);
}

// ── waiting for a word ──

int memory_wait(uint32_t *word, uint32_t expected, uint64_t nanoseconds) {
    struct timespec limit = {
        .tv_sec = (time_t)(nanoseconds / 1000000000u), .tv_nsec = (long)(nanoseconds % 1000000000u)};
    return result(syscall(SYS_futex, word, FUTEX_WAIT, expected, &limit, NULL, 0));
}

int memory_wake_all(uint32_t *word) { return result(syscall(SYS_futex, word, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0)); }

// ── mappings ──

void *memory_map(int file, size_t count, int writable, int *error) {
    void *base = mmap(NULL, count, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, file, 0);
    if (base != MAP_FAILED) return base;
    *error = errno;
    return NULL;
}

int memory_unmap(void *base, size_t count) { return result(munmap(base, count)); }
int memory_advise_huge(void *base, size_t count) { return result(madvise(base, count, MADV_HUGEPAGE)); }
int memory_advise_sequential(void *base, size_t count) { return result(madvise(base, count, MADV_SEQUENTIAL)); }
int memory_populate(void *base, size_t count) { return result(madvise(base, count, MADV_POPULATE_WRITE)); }

static struct sigaction bus_before;
static __thread char *volatile guarded, *volatile guarded_end;
static __thread volatile sig_atomic_t guard_broken;

static void bus_error(int signal, siginfo_t *information, void *context) {
    char *at = (char *)((uintptr_t)information->si_addr & ~(uintptr_t)4095);
    if (at >= guarded && at < guarded_end) {
        // All that is left of it at once: page by page, a large file would use up the process's mappings.
        size_t count = (size_t)(guarded_end - at);
        int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;
        guard_broken = 1;
        if (mmap(at, count, PROT_READ | PROT_WRITE, flags, -1, 0) == at) return;
    }
    if (bus_before.sa_flags & SA_SIGINFO) return bus_before.sa_sigaction(signal, information, context);
    if (bus_before.sa_handler != SIG_DFL && bus_before.sa_handler != SIG_IGN) return bus_before.sa_handler(signal);
    // It happens again when this returns, to the kernel's own way with it.
    sigaction(SIGBUS, &bus_before, NULL);
}

void memory_guard_begin(void *base, size_t count) {
    struct sigaction now;
    if (sigaction(SIGBUS, NULL, &now) == 0 && now.sa_sigaction != bus_error) {
        bus_before = now;
        struct sigaction ours = {.sa_sigaction = bus_error, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};
        sigemptyset(&ours.sa_mask);
        sigaction(SIGBUS, &ours, NULL);
    }
    guard_broken = 0;
    guarded_end = (char *)base + count;
    guarded = base;
}

int memory_guard_end(void) {
    guarded = guarded_end = NULL;
    return guard_broken;
}

void *memory_still(size_t count, int *error) {
    void *base = mmap(NULL, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base != MAP_FAILED) return base;
    *error = errno;
    return NULL;
}

// ── files ──

int file_open(const char *path, int writable) {
    return result(open(path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY));
}

// The umask may only take bits away; 0600 is what the rules for opening ask for.
static int with_private_mode(int file) {
    if (file < 0) return -errno;
    if (fchmod(file, 0600) == 0) return file;
    int error = errno;
    close(file);
    return -error;
}

int file_create(const char *path) {
    return with_private_mode(open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
}

int file_create_unnamed(const char *directory) {
    return with_private_mode(open(directory, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600));
}

static void own_descriptor_path(char text[32], int file) { snprintf(text, 32, "/proc/self/fd/%d", file); }

int file_name(int file, const char *path) {
    char own[32];
    own_descriptor_path(own, file);
    if (linkat(AT_FDCWD, own, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0) return 0;
    if (errno != ENOENT) return -errno;
    // No /proc here. The other way needs a capability on older kernels.
    return result(linkat(file, "", AT_FDCWD, path, AT_EMPTY_PATH));
}

int file_rename(const char *path, const char *to) {
    return result(renameat2(AT_FDCWD, path, AT_FDCWD, to, RENAME_NOREPLACE));
}

int file_open_held(int process, int descriptor, int writable) {
    char other[48];
    snprintf(other, sizeof other, "/proc/%d/fd/%d", process, descriptor);
    return result(open(other, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOCTTY));
}

int file_reopen(int file) {
    char own[32];
    own_descriptor_path(own, file);
    return result(open(own, O_RDWR | O_CLOEXEC));
}

int file_replace(int file, int by) { return result(dup3(by, file, O_CLOEXEC)); }

static int ofd(int file, int command, short type, int64_t start, int64_t count, struct flock *lock) {
    *lock = (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = count};
    return result(fcntl(file, command, lock));
}

int file_lock(int file, int64_t start, int64_t count) {
    struct flock lock;
    int answer = ofd(file, F_OFD_SETLK, F_WRLCK, start, count, &lock);
    return answer == -EACCES ? -EAGAIN : answer;
}

int file_unlock(int file, int64_t start, int64_t count) {
    struct flock lock;
    return ofd(file, F_OFD_SETLK, F_UNLCK, start, count, &lock);
}

int file_is_locked(int file, int64_t start, int64_t count) {
    struct flock lock;
    int answer = ofd(file, F_OFD_GETLK, F_WRLCK, start, count, &lock);
    return answer < 0 ? answer : lock.l_type != F_UNLCK;
}

static int kind(const struct statfs *status) {
    switch ((unsigned long)status->f_type) {
    case FUSE_SUPER_MAGIC: return FILE_SYSTEM_FUSE;
    case TMPFS_MAGIC:
    case RAMFS_MAGIC: return FILE_SYSTEM_MEMORY;
    default: return FILE_SYSTEM_OTHER;
    }
}

int file_system_kind(int file) {
    // A device's node lies in a tmpfs, what it stands for does not.
    struct stat what;
    if (fstat(file, &what) == 0 && S_ISBLK(what.st_mode)) return FILE_SYSTEM_OTHER;
    struct statfs status;
    return fstatfs(file, &status) == 0 ? kind(&status) : -errno;
}

int file_system_kind_at(const char *path) {
    struct statfs status;
    return statfs(path, &status) == 0 ? kind(&status) : -errno;
}

static void ignore_unless_handled(int number) {
    struct sigaction now;
    if (sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_DFL) signal(number, SIG_IGN);
}

void file_size_signal_ignore(void) { ignore_unless_handled(SIGXFSZ); }
void broken_pipe_signal_ignore(void) { ignore_unless_handled(SIGPIPE); }

void socket_wait(int socket, int reads, int writes, uint64_t nanoseconds) {
    struct pollfd one = {.fd = socket, .events = (short)((reads ? POLLIN : 0) | (writes ? POLLOUT : 0))};
    struct timespec time = {.tv_sec = (time_t)(nanoseconds / 1000000000), .tv_nsec = (long)(nanoseconds % 1000000000)};
    ppoll(&one, 1, &time, NULL);
}

void socket_keep_alive(int socket, int idle, int interval, int probes, int unconfirmed) {
    int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes);
    setsockopt(socket, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    setsockopt(socket, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
    setsockopt(socket, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
    setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &unconfirmed, sizeof unconfirmed);
}
