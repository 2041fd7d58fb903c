#define _GNU_SOURCE
#include "include/CLinuxMemory.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

int file_open_direct(const char *path) {
    int file = open(path, O_RDWR | O_DIRECT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
    return file < 0 ? -errno : file;
}

int file_direct_alignment(int file, uint32_t *memory, uint32_t *offset) {
#ifdef STATX_DIOALIGN
    struct statx answer = {0};
    if (statx(file, "", AT_EMPTY_PATH, STATX_DIOALIGN, &answer) != 0) return -errno;
    if (answer.stx_mask & STATX_DIOALIGN) {
        *memory = answer.stx_dio_mem_align;
        *offset = answer.stx_dio_offset_align;
        return 0;
    }
#endif
    return -EOPNOTSUPP;
}

int device_block_bytes(int file) {
    int bytes = 0;
    return ioctl(file, BLKSSZGET, &bytes) < 0 ? -errno : bytes;
}
