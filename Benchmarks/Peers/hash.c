// A plain hash: BYTES DISK SCALE. Linear probing in private memory, half full, the records in a row beside it; no lock,
// no version, no copy. What finding a record by its key costs at least.
#include "peer.h"

struct record {
    uint64_t words[30];
};

static uint64_t count, mask;
static struct record *records;
/// Number + 1 of the record that stands there; 0: none.
static uint32_t *places;

static uint64_t place_of(uint64_t key) { return key * 0x9E3779B97F4A7C15u >> 20 & mask; }

static uint64_t random_word(void) { return random_below(UINT64_MAX) | 1; }

/// The key is the record's first word.
static void insert(uint32_t number) {
    uint64_t place = place_of(records[number].words[0]);
    while (places[place]) place = (place + 1) & mask;
    places[place] = number + 1;
}

static const struct record *find(uint64_t key) {
    for (uint64_t place = place_of(key); places[place]; place = (place + 1) & mask)
        if (records[places[place] - 1].words[0] == key) return &records[places[place] - 1];
    return NULL;
}

int main(int arguments, char **words) {
    if (arguments != 4) return fprintf(stderr, "usage: hash BYTES DISK SCALE\n"), 2;
    count = at_least(16, strtoull(words[1], NULL, 10) / 256);
    for (mask = 1; mask < 2 * count;) mask *= 2;
    records = malloc(count * sizeof *records), places = calloc(mask, sizeof *places);
    mask -= 1;
    if (!records || !places) return puts("missing memory"), 0;
    puts("version a plain hash in C, no copy");
    for (uint64_t number = 0; number < count; number++) {
        for (int word = 0; word < 30; word++) records[number].words[word] = random_word();
        insert(number);
    }
    int finds = at_least(20000, 2000000 * atof(words[3]));
    uint64_t *keys = malloc(finds * sizeof *keys), sum = 0;
    for (int i = 0; i < finds; i++) keys[i] = records[random_below(count)].words[0];
    puts("ready finds");
    fflush(stdout);
    for (char line[64]; fgets(line, sizeof line, stdin);) {
        double begun = nanoseconds();
        for (int i = 0; i < finds; i++) {
            const struct record *found = find(keys[i]);
            if (!found) return puts("failed a key is gone"), 0;
            sum += sum_of(found);
        }
        double each = (nanoseconds() - begun) / finds;
        // The sum is asked for, so that it is made.
        printf(sum == 1 ? "failed sum\n" : "finds %.1f\n", each);
        fflush(stdout);
    }
}
