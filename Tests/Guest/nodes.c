// nodes FILE: on which memory nodes the kernel says that the file's pages lie, all of them.
// The pages are there already; mapping them only makes /proc/self/numa_maps count them.

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { node_max = 64, line_max = 4096 };

static int die(const char *what) {
    perror(what);
    return 2;
}

int main(int count, char **words) {
    if (count != 2) return die("nodes FILE");
    int fd = open(words[1], O_RDONLY);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0) return die(words[1]);
    size_t size = (size_t)status.st_size;
    if (mmap(NULL, size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0) == MAP_FAILED) return die("mmap");

    FILE *maps = fopen("/proc/self/numa_maps", "r");
    if (!maps) return die("numa_maps");
    char line[line_max], name[line_max];
    snprintf(name, sizeof name, "file=%s ", words[1]);
    long pages[node_max] = {0}, all = 0;
    int nodes = 0, last = 0;
    while (fgets(line, sizeof line, maps)) {
        if (!strstr(line, name)) continue;
        for (char *word = strtok(line, " \n"); word; word = strtok(NULL, " \n")) {
            int node;
            long number;
            if (sscanf(word, "N%d=%ld", &node, &number) != 2 || node < 0 || node >= node_max) continue;
            if (pages[node] == 0) nodes++;
            pages[node] += number;
            all += number;
            last = node;
        }
    }
    if (all * 4096 < status.st_size) {
        fprintf(stderr, "numa_maps counts %ld pages of %ld\n", all, (long)status.st_size / 4096);
        return 2;
    }
    if (nodes == 1) return printf("all on node %d\n", last) < 0;
    int even = 1;
    for (int node = 0; node < node_max; node++)
        if (pages[node] && labs(pages[node] * nodes - all) > all / 10) even = 0;
    printf(even ? "evenly on nodes" : "pages on nodes");
    for (int node = 0; node < node_max; node++)
        if (pages[node]) even ? printf(" %d", node) : printf(" %d: %ld", node, pages[node]);
    return printf("\n") < 0;
}
