// powercut LOG IMAGE SEED: what a disk may hold after its power was cut.
//
// LOG is the log device of dm-log-writes. A write to a disk with a cache is safe when a flush that was issued after its
// completion has completed, or if it was written through the cache (FUA). Until then any of its sectors may be there
// and any not, in any order.
//
//   entries   W W W F  W W F  W W W | W F …
//             safe──────────┘ at risk └ the power is cut at an entry that SEED chooses
//
// IMAGE gets every safe write, and of those at risk the 512-byte sectors that SEED chooses. It prints the newest mark
// before the cut (what had been promised by then), or "none", and what was chosen.

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { sector = 512, flush = 1, through = 2, discard = 4, mark = 8 };

// As in the kernel's drivers/md/dm-log-writes.c, little endian. Super and entries each take a sector of the log; data
// follow an entry.
struct super { uint64_t magic, version, entry_count; uint32_t sector_size; };
struct entry { uint64_t sector, sector_count, flags, data_bytes; };

static uint64_t state;

// splitmix64
static uint64_t chance(uint64_t below) {
    uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return (z ^ z >> 31) % below;
}

static char *map(const char *path, int writable, size_t *bytes) {
    int fd = open(path, writable ? O_RDWR : O_RDONLY);
    off_t end = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
    int access = PROT_READ | (writable ? PROT_WRITE : 0);
    char *base = end <= 0 ? MAP_FAILED : mmap(NULL, (size_t)end, access, MAP_SHARED, fd, 0);
    if (base == MAP_FAILED) {
        perror(path);
        exit(2);
    }
    *bytes = (size_t)end;
    return base;
}

static const char *behind(const char *entry) {
    const struct entry *at = (const void *)entry;
    // A mark's text is in the entry's own sector; a discard has no data.
    return entry + sector + (at->flags & (mark | discard) ? 0 : at->sector_count * sector);
}

// Each of the entry's sectors reaches the image with a chance of `odds` in 16.
static void apply(const char *entry, char *image, size_t bytes, unsigned odds, uint64_t *kept) {
    const struct entry *at = (const void *)entry;
    if (at->sector > bytes / sector || at->sector_count > bytes / sector - at->sector) {
        fprintf(stderr, "an entry for sectors behind the image's end\n");
        exit(2);
    }
    for (uint64_t number = 0; number < at->sector_count; number++) {
        if (chance(16) >= odds) continue;
        ++*kept;
        char *to = image + (at->sector + number) * sector;
        if (at->flags & discard) memset(to, 0, sector);
        else memcpy(to, entry + sector + number * sector, sector);
    }
}

int main(int count, char **words) {
    if (count != 4) return fprintf(stderr, "powercut LOG IMAGE SEED\n"), 2;
    state = strtoull(words[3], NULL, 10);
    size_t log_bytes, image_bytes;
    const char *log = map(words[1], 0, &log_bytes);
    char *image = map(words[2], 1, &image_bytes);
    const struct super *super = (const void *)log;
    if (super->magic != 0x6a736677736872 || super->version != 1 || super->sector_size != sector ||
        super->entry_count == 0)
        return fprintf(stderr, "%s: no log of dm-log-writes with sectors of %d bytes\n", words[1], sector), 2;

    uint64_t cut = chance(super->entry_count + 1), safe = 0, number = 0;
    char promised[sector] = "none";
    const char *entry = log + sector;
    for (; number < cut; number++, entry = behind(entry)) {
        const struct entry *at = (const void *)entry;
        if (entry + sector > log + log_bytes) return fprintf(stderr, "%s: cut short\n", words[1]), 2;
        if (at->flags & flush) safe = number;
        if (at->flags & mark) snprintf(promised, sizeof promised, "%.*s", (int)at->data_bytes, entry + sizeof *at);
    }

    // How much of what is at risk is there: little, half, or most.
    unsigned odds = (unsigned[]){1, 8, 15}[chance(3)];
    uint64_t kept = 0, risked = 0, certain = 0;
    for (number = 0, entry = log + sector; number < cut; number++, entry = behind(entry)) {
        const struct entry *at = (const void *)entry;
        if (at->flags & mark) continue;
        if (number < safe || at->flags & through) {
            apply(entry, image, image_bytes, 16, &certain);
        } else {
            risked += at->sector_count;
            apply(entry, image, image_bytes, odds, &kept);
        }
    }
    printf("%s entry=%llu/%llu kept=%llu/%llu\n", promised, (unsigned long long)cut,
           (unsigned long long)super->entry_count,
           (unsigned long long)kept, (unsigned long long)risked);
    return 0;
}
