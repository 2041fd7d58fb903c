// What Linux offers for memory and files that processes share, and Glibc's Swift import does not reach: variadic
// calls, GNU-only constants, and system calls without a wrapper. One function per question; every int result is
// -errno on failure. May go when swift-system covers OFD locks, O_TMPFILE and futex.

#ifndef TANDEM_LINUX_MEMORY_H
#define TANDEM_LINUX_MEMORY_H

#include <stddef.h>
#include <stdint.h>

// ── checksum ──

// CRC-32C as everybody writes it (check value of "123456789": 0xE3069283). Starts from 0; continues from the result
// of the piece before.
uint32_t memory_crc32c(const void *bytes, long count, uint32_t seed);
// Those of `count` rows of `bytes` bytes, each `stride` behind the last. `sums` holds their seeds when called.
void memory_crc32c_rows(const void *first, long stride, long bytes, long count, uint32_t *sums);

// ── waiting for a word ──

// Waits while *word == expected, at most `nanoseconds`. 0 woken, or -EAGAIN value differs, -ETIMEDOUT, -EINTR.
int memory_wait(uint32_t *word, uint32_t expected, uint64_t nanoseconds);
// Wakes all waiters of all processes; returns how many.
int memory_wake_all(uint32_t *word);

// ── mappings ──

// Whole file, shared. NULL and *error on failure.
void *memory_map(int file, size_t count, int writable, int *error);
// Zeroed memory of this process's own, of which only what is written to takes room. NULL and *error on failure.
void *memory_still(size_t count, int *error);
int memory_unmap(void *base, size_t count);
// Asks for 2 MiB pages; advice only.
int memory_advise_huge(void *base, size_t count);
// Says that it is read once, in order; advice only.
int memory_advise_sequential(void *base, size_t count);
// Makes every page present now, writable, rather than at its first touch.
int memory_populate(void *base, size_t count);

// Between the two, on this thread, a file that is cut short under its mapping is no SIGBUS: what is gone becomes memory
// of nobody's, and `end` says so with 1. The mapping is good for nothing then but to be unmapped. Any other SIGBUS goes
// to whoever handled it before.
void memory_guard_begin(void *base, size_t count);
int memory_guard_end(void);

// ── files ──

// O_RDWR (O_RDONLY unless writable), O_CLOEXEC, O_NOFOLLOW, O_NOCTTY. Returns the descriptor.
int file_open(const char *path, int writable);
// A new file, mode 0600 whatever the umask; -EEXIST if the name is taken by anything at all.
int file_create(const char *path);
// A file without a name yet in `directory`, mode 0600.
int file_create_unnamed(const char *directory);
// Gives that file its name; -EEXIST if it is taken.
int file_name(int file, const char *path);
// Gives a file another name; -EEXIST if that is taken by anything at all.
int file_rename(const char *path, const char *to);
// A second, independent open file description of the same file.
int file_reopen(int file);
// A description of its own of a file that another process has open, whatever has become of its name.
int file_open_held(int process, int descriptor, int writable);
// The descriptor `file` becomes one of `by`'s open file description.
int file_replace(int file, int by);
// All bytes of the file backed by storage, or -ENOSPC. -EOPNOTSUPP: this file system cannot say.
int file_reserve(int file, int64_t count);
// As file_reserve, of a file that has its length: its holes, and what it shares with other files, get storage of their
// own; its contents stay. Where the file system cannot reserve, holes are written if the file `is_own`: a hole that
// another process fills meanwhile would be lost.
int file_back(int file, int64_t count, int is_own);
// Zeros there, still backed by storage, without writing them. -EOPNOTSUPP: this file system cannot.
int file_zero(int file, int64_t start, int64_t count);
// 1 if all of it is inside the file and nothing has been written there, as far as the file system says: it reads as
// zeros.
int file_is_hole(int file, int64_t start, int64_t count);
// Where the file's first hole begins; its length if it has none.
int64_t file_first_hole(int file);
// Where something has been written, from there on, and where that ends; -ENXIO: nowhere.
int64_t file_next_data(int file, int64_t from, int64_t *end);

// Write lock of the open file description on `count` bytes, 0 = to the end. -EAGAIN: another one holds it.
int file_lock(int file, int64_t start, int64_t count);
int file_unlock(int file, int64_t start, int64_t count);
// 1 if another open file description holds a lock there, 0 if none.
int file_is_locked(int file, int64_t start, int64_t count);

// Which kind of file system, as far as it matters.
enum { FILE_SYSTEM_OTHER = 0, FILE_SYSTEM_FUSE = 1, FILE_SYSTEM_MEMORY = 2 };
int file_system_kind(int file);
int file_system_kind_at(const char *path);

// ── past the page cache ──

// A second open file description of what stands at `path`, O_RDWR and O_DIRECT. -EINVAL: its file system refuses it.
int file_open_direct(const char *path);
// What such I/O has to be aligned to, in memory and in the file; both 0: the kernel says that this file has none.
// -EOPNOTSUPP: the kernel does not say (before 6.1, and on file systems that keep it to themselves).
int file_direct_alignment(int file, uint32_t *memory, uint32_t *offset);
// A block device's logical block: what it reads and writes at least.
int device_block_bytes(int file);

// ── signals and sockets ──

// A file that hits RLIMIT_FSIZE shall get an error, not kill the process. Leaves a handler of the program's alone.
void file_size_signal_ignore(void);
// The same of what is sent to somebody who has gone.
void broken_pipe_signal_ignore(void);
// Sleeps until a socket can be read or written to, whichever is asked for, at most this long.
void socket_wait(int socket, int reads, int writes, uint64_t nanoseconds);
// A peer of a TCP socket that has gone without a word is found out: it is asked for a sign of life after so many
// seconds without one, again every `interval`, `probes` times; and what it does not confirm for so many milliseconds
// ends it.
void socket_keep_alive(int socket, int idle, int interval, int probes, int unconfirmed);

// ── sockets on this host ──

// Listens at a path, which may be longer than a socket's address; mode 0600. -EADDRINUSE: something stands there.
int local_listen(const char *path);
int local_connect(const char *path);
// The next connection of this user or of root; those of others are closed.
int local_accept(int listener);

#endif
