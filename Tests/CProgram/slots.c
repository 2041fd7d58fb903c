// What tandem.h says of keyed tables and slots, tried by a C program: one function a
// sentence. Ends with the number of sentences that did not hold.

#include "check.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct call {
    uint64_t trunk;
    char caller[40];
};

static const struct tandem_table_definition tables[] = {
    {.name = "calls", .payload_bytes = sizeof(struct call), .kind = TANDEM_KEYED, .capacity = 100, .key_bytes = 32,
     .partitions = 4},
    {.name = "legs", .payload_bytes = 8, .kind = TANDEM_SLOTS, .capacity = 10, .partitions = 2},
    {.name = "trunks", .payload_bytes = 8, .kind = TANDEM_SHARED, .capacity = 10},
};

static char path[256];
static tandem_source *source;
static tandem_slots *calls, *legs;
static const tandem_table *trunks;
static tandem_writer *writer;

static struct call call_on(uint64_t trunk) {
    struct call call = {.trunk = trunk};
    snprintf(call.caller, sizeof call.caller, "+431%u", (unsigned)trunk);
    return call;
}

// Puts a call in by a transaction of its own.
static int insert(const char *key, uint64_t trunk, tandem_handle *handle) {
    struct call call = call_on(trunk);
    int found, result;
    do {
        tandem_begin(writer);
        found = tandem_insert(writer, calls, key, strlen(key), &call, handle);
        result = tandem_commit(writer);
    } while (result == TANDEM_CONFLICT);
    return result ? result : found;
}

static int removed(const char *key) {
    CHECK(tandem_begin(writer) == TANDEM_OK);
    int found = tandem_remove_key(writer, calls, key, strlen(key));
    int result = tandem_commit(writer);
    return result ? result : found;
}

static int find(const char *key, struct call *call, tandem_handle *handle) {
    return tandem_find(calls, key, strlen(key), call, handle);
}

static uint64_t count(const tandem_slots *slots) {
    struct tandem_fill fill = {.size = sizeof fill};
    CHECK(tandem_get_fill(slots, &fill) == TANDEM_OK);
    return fill.count;
}

static void a_definition_that_makes_no_sense_is_refused(void) {
    struct tandem_table_definition wrong[] = {
        {.name = "a", .payload_bytes = 8, .kind = 4, .capacity = 1},
        {.name = "a", .payload_bytes = 8, .kind = TANDEM_KEYED, .capacity = 1},
        {.name = "a", .payload_bytes = 8, .kind = TANDEM_KEYED, .capacity = 1, .key_bytes = 1025},
        {.name = "a", .payload_bytes = 8, .kind = TANDEM_KEYED, .capacity = 1, .key_bytes = 8, .load_percent = 101},
        {.name = "a", .payload_bytes = 8, .kind = TANDEM_KEYED, .capacity = 1, .key_bytes = 8, .partitions = 1025},
        {.name = "a", .payload_bytes = 8, .kind = TANDEM_KEYED, .capacity = 1, .key_bytes = 8, .reserved = {1}},
        {.name = "a", .payload_bytes = 8, .kind = TANDEM_SLOTS, .capacity = 1, .key_bytes = 8},
        {.name = "a", .payload_bytes = 8, .kind = TANDEM_SHARED, .capacity = 1, .key_bytes = 8},
        {.name = "a-name-that-is-too-long-for-it", .payload_bytes = 8, .kind = TANDEM_SLOTS, .capacity = 1},
    };
    tandem_source *none;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK(tandem_create(path, &wrong[i], 1, NULL, &none) == TANDEM_BAD_ARGUMENT && none == NULL);
    struct tandem_options options = {.size = sizeof options, .undo_bytes = 1ull << 50};
    CHECK(tandem_create(path, tables, 3, &options, &none) == TANDEM_BAD_ARGUMENT);
    CHECK(strstr(tandem_last_error(), "undo") != NULL);
}

static void a_table_is_opened_for_what_it_was_made_for(void) {
    struct tandem_options options = {.size = sizeof options, .writers = 4, .undo_bytes = 1 << 20};
    CHECK(tandem_create(path, tables, 3, &options, &source) == TANDEM_OK);
    CHECK(tandem_slots_open(source, "calls", 32, 8, &calls) == TANDEM_WRONG_SCHEMA && calls == NULL);
    CHECK(tandem_slots_open(source, "calls", 16, sizeof(struct call) + 16, &calls) == TANDEM_OK);
    tandem_slots_close(calls);
    // The first who opens it says how long its keys are.
    CHECK(tandem_slots_open(source, "calls", 32, sizeof(struct call), &calls) == TANDEM_WRONG_SCHEMA);
    tandem_close(source);
    unlink(path);
    CHECK(tandem_create(path, tables, 3, &options, &source) == TANDEM_OK);
    CHECK(tandem_slots_open(source, "calls", 0, sizeof(struct call), &calls) == TANDEM_WRONG_SCHEMA);
    CHECK(tandem_slots_open(source, "trunks", 0, 8, &calls) == TANDEM_WRONG_SCHEMA);
    CHECK(tandem_slots_open(source, "trunk", 0, 8, &calls) == TANDEM_NO_SUCH_TABLE);
    CHECK(tandem_slots_open(source, "calls", SIZE_MAX, SIZE_MAX, &calls) == TANDEM_BAD_ARGUMENT);
    CHECK(tandem_slots_open(NULL, "calls", 32, 8, &calls) == TANDEM_BAD_ARGUMENT);
    CHECK(tandem_slots_open(source, "calls", 32, sizeof(struct call), &calls) == TANDEM_OK);
    CHECK(tandem_slots_open(source, "legs", 0, 8, &legs) == TANDEM_OK);
    CHECK((trunks = tandem_find_table(source, "trunks")) != NULL);
    CHECK(tandem_writer_open(source, &writer) == TANDEM_OK);
    struct tandem_fill fill = {.size = sizeof fill};
    CHECK(tandem_get_fill(calls, &fill) == TANDEM_OK);
    CHECK(fill.capacity == 100 && fill.count == 0 && fill.partitions == 4 && fill.key_bytes == 32);
    CHECK(fill.payload_bytes == sizeof(struct call) && fill.buckets > 4 && fill.overflow_buckets_used == 0);
    struct tandem_fill older = {.size = offsetof(struct tandem_fill, buckets), .buckets = 4711};
    CHECK(tandem_get_fill(legs, &older) == TANDEM_OK && older.capacity == 10 && older.buckets == 4711);
    older.size = 0;
    CHECK(tandem_get_fill(legs, &older) == TANDEM_BAD_ARGUMENT);
}

static void a_key_is_put_in_once_and_found_with_its_record(void) {
    struct call call;
    tandem_handle handle = 0, again = 0, found = 0;
    CHECK(insert("a84b4c76", 7, &handle) == TANDEM_OK && handle != 0);
    CHECK(insert("a84b4c76", 8, &again) == TANDEM_PRESENT && again == handle);
    CHECK(find("a84b4c76", &call, &found) == TANDEM_OK && found == handle);
    CHECK(call.trunk == 7 && strcmp(call.caller, "+4317") == 0);
    CHECK(find("a84b4c77", &call, &found) == TANDEM_ABSENT);
    CHECK(find("a84b4c76", NULL, NULL) == TANDEM_OK);
    char key[32];
    struct tandem_entry entry;
    CHECK(tandem_read_handle(calls, handle, &entry, key, &call) == TANDEM_OK);
    CHECK(entry.handle == handle && entry.deadline == 0 && entry.key_bytes == 8 && memcmp(key, "a84b4c76", 8) == 0);
    CHECK(tandem_read_handle(calls, handle, NULL, NULL, NULL) == TANDEM_OK);
    CHECK(tandem_find(calls, NULL, 0, NULL, NULL) == TANDEM_ABSENT);  // a key of no bytes is one
    CHECK(removed("a84b4c76") == TANDEM_OK && removed("a84b4c76") == TANDEM_ABSENT);
    CHECK(tandem_read_handle(calls, handle, &entry, key, &call) == TANDEM_ABSENT);
    CHECK(tandem_read_handle(calls, UINT64_MAX, &entry, key, &call) == TANDEM_ABSENT);
    CHECK(tandem_read_handle(calls, 0, &entry, key, &call) == TANDEM_ABSENT);
    CHECK(count(calls) == 0);
}

static void keys_and_other_records_change_together_or_not_at_all(void) {
    struct call call = call_on(1);
    tandem_handle handle;
    uint64_t busy = 9;
    CHECK(tandem_begin(writer) == TANDEM_OK);
    CHECK(tandem_insert(writer, calls, "one", 3, &call, &handle) == TANDEM_OK);
    uint64_t *trunk = tandem_hold(writer, trunks, 1);
    if (trunk) ++*trunk;
    CHECK(find("one", NULL, NULL) == TANDEM_ABSENT);  // not committed yet
    CHECK(tandem_find_within(writer, calls, "one", 3, &call, NULL) == TANDEM_OK && call.trunk == 1);
    CHECK(tandem_read_handle_within(writer, calls, handle, NULL, NULL, &call) == TANDEM_OK);
    CHECK(tandem_remove_key(writer, calls, "none", 4) == TANDEM_ABSENT);  // no failure
    CHECK(tandem_commit(writer) == TANDEM_OK);
    CHECK(find("one", NULL, NULL) == TANDEM_OK);
    CHECK(tandem_read(trunks, 1, &busy, sizeof busy) == TANDEM_OK && busy == 1);

    CHECK(tandem_begin(writer) == TANDEM_OK);
    struct call *held = tandem_hold_key(writer, calls, "one", 3);
    CHECK(held && tandem_hold_handle(writer, calls, handle) == held);
    if (held) held->trunk = 5;
    CHECK(tandem_remove_key(writer, calls, "one", 3) == TANDEM_OK);
    CHECK(tandem_hold_handle(writer, calls, handle) == NULL);  // removed, and the transaction goes on
    CHECK(tandem_find_within(writer, calls, "one", 3, NULL, NULL) == TANDEM_ABSENT);
    tandem_abort(writer);
    CHECK(find("one", &call, NULL) == TANDEM_OK && call.trunk == 1);
    CHECK(tandem_find_within(writer, calls, "one", 3, &call, NULL) == TANDEM_OK);  // outside of a transaction

    call = call_on(6);
    CHECK(tandem_begin(writer) == TANDEM_OK);
    CHECK(tandem_upsert(writer, calls, "one", 3, &call, NULL) == TANDEM_PRESENT);
    CHECK(tandem_upsert(writer, calls, "two", 3, &call, NULL) == TANDEM_OK);
    CHECK(tandem_remove_handle(writer, calls, handle) == TANDEM_OK);
    CHECK(tandem_remove_handle(writer, calls, handle) == TANDEM_ABSENT);
    CHECK(tandem_commit(writer) == TANDEM_OK);
    CHECK(find("one", NULL, NULL) == TANDEM_ABSENT && find("two", &call, NULL) == TANDEM_OK && call.trunk == 6);
    CHECK(removed("two") == TANDEM_OK);
}

static void a_failure_stays_with_its_transaction(void) {
    static const char longest[33] = "a Call-ID that is far too long..";
    struct call call = call_on(1);
    CHECK(tandem_insert(writer, calls, "a", 1, &call, NULL) == TANDEM_NOT_BEGUN);
    CHECK(tandem_hold_key(writer, calls, "a", 1) == NULL && tandem_hold_handle(writer, calls, 1) == NULL);
    CHECK(tandem_begin(writer) == TANDEM_OK);
    CHECK(tandem_insert(writer, calls, "a", 1, &call, NULL) == TANDEM_OK);
    CHECK(tandem_insert(writer, calls, longest, 33, &call, NULL) == TANDEM_KEY_TOO_LONG);
    CHECK(tandem_insert(writer, calls, "b", 1, &call, NULL) == TANDEM_KEY_TOO_LONG);
    CHECK(tandem_commit(writer) == TANDEM_KEY_TOO_LONG);
    CHECK(find("a", NULL, NULL) == TANDEM_ABSENT && insert(longest, 1, NULL) == TANDEM_OK);
    CHECK(removed(longest) == TANDEM_OK);
    CHECK(tandem_find(calls, "a", SIZE_MAX, NULL, NULL) == TANDEM_KEY_TOO_LONG);
    CHECK(tandem_find(calls, NULL, 1, NULL, NULL) == TANDEM_BAD_ARGUMENT);
    CHECK(tandem_find(legs, "a", 1, NULL, NULL) == TANDEM_BAD_ARGUMENT);

    CHECK(tandem_begin(writer) == TANDEM_OK);
    CHECK(tandem_insert(writer, calls, NULL, 1, &call, NULL) == TANDEM_BAD_ARGUMENT);
    CHECK(tandem_commit(writer) == TANDEM_BAD_ARGUMENT);
    CHECK(tandem_begin(writer) == TANDEM_OK);
    CHECK(tandem_hold_key(writer, NULL, "a", 1) == NULL);
    CHECK(tandem_commit(writer) == TANDEM_BAD_ARGUMENT);
    CHECK(tandem_begin(writer) == TANDEM_OK);
    CHECK(tandem_allocate(writer, calls, &call, &(tandem_handle){0}) == TANDEM_BAD_ARGUMENT);
    CHECK(tandem_commit(writer) == TANDEM_BAD_ARGUMENT);
    CHECK(tandem_insert(NULL, calls, "a", 1, &call, NULL) == TANDEM_BAD_ARGUMENT);

    char key[16];
    for (int i = 0; i < 100; i++) {
        snprintf(key, sizeof key, "%d", i);
        CHECK(insert(key, (uint64_t)i, NULL) == TANDEM_OK);
    }
    CHECK(count(calls) == 100 && insert("more", 1, NULL) == TANDEM_TABLE_FULL);
}

static void a_walk_meets_every_record_once(void) {
    struct tandem_entry entry;
    struct call call;
    char key[33], seen[100] = {0};
    uint64_t place = 0;
    int result, met = 0;
    while ((result = tandem_next(calls, &place, &entry, key, &call)) == TANDEM_OK) {
        key[entry.key_bytes] = 0;
        CHECK(call.trunk < 100 && (uint64_t)atoi(key) == call.trunk && !seen[call.trunk]);
        seen[call.trunk] = 1;
        met++;
    }
    CHECK(result == TANDEM_ABSENT && met == 100);
    CHECK(tandem_next(calls, &place, NULL, NULL, NULL) == TANDEM_ABSENT);
    place = UINT64_MAX;
    CHECK(tandem_next(calls, &place, NULL, NULL, NULL) == TANDEM_ABSENT);
    CHECK(tandem_next(calls, NULL, NULL, NULL, NULL) == TANDEM_BAD_ARGUMENT);
    for (int i = 0; i < 100; i++) {
        snprintf(key, sizeof key, "%d", i);
        CHECK(removed(key) == TANDEM_OK);
    }
    place = 0;
    CHECK(tandem_next(calls, &place, NULL, NULL, NULL) == TANDEM_ABSENT);
}

static void a_slot_without_a_key_is_known_by_its_handle(void) {
    uint64_t value = 5, read = 0;
    tandem_handle handle = 0, other = 0;
    CHECK(tandem_begin(writer) == TANDEM_OK);
    CHECK(tandem_allocate(writer, legs, &value, &handle) == TANDEM_OK);
    CHECK(tandem_commit(writer) == TANDEM_OK);
    CHECK(tandem_read_handle(legs, handle, NULL, NULL, &read) == TANDEM_OK && read == 5 && count(legs) == 1);
    CHECK(tandem_begin(writer) == TANDEM_OK);
    CHECK(tandem_remove_handle(writer, legs, handle) == TANDEM_OK);
    CHECK(tandem_commit(writer) == TANDEM_OK && count(legs) == 0);
    CHECK(tandem_read_handle(legs, handle, NULL, NULL, &read) == TANDEM_ABSENT);
    CHECK(tandem_begin(writer) == TANDEM_OK);
    for (int i = 0; i < 10; i++) CHECK(tandem_allocate(writer, legs, &value, &other) == TANDEM_OK && other != handle);
    // Its slot has another by now.
    CHECK(tandem_read_handle_within(writer, legs, handle, NULL, NULL, &read) == TANDEM_ABSENT);
    CHECK(tandem_hold_handle(writer, legs, handle) == NULL);
    CHECK(tandem_remove_handle(writer, legs, handle) == TANDEM_ABSENT);
    CHECK(tandem_allocate(writer, legs, &value, &other) == TANDEM_TABLE_FULL);
    CHECK(tandem_commit(writer) == TANDEM_TABLE_FULL && count(legs) == 0);
}

static void what_is_due_is_told_to_who_owns_the_partition(void) {
    static const uint32_t own[] = {1, 3}, none[] = {4};
    tandem_wheel *wheel;
    tandem_handle handles[3], due[4];
    size_t told;
    uint64_t now = tandem_now(calls), second = 1000000000;
    CHECK(now > 0);
    CHECK(tandem_wheel_open(calls, none, 1, 0, &wheel) == TANDEM_BAD_ARGUMENT && wheel == NULL);
    CHECK(tandem_wheel_open(calls, own, 0, 0, &wheel) == TANDEM_BAD_ARGUMENT);
    CHECK(tandem_wheel_open(calls, own, 2, 0, &wheel) == TANDEM_OK);
    for (uint32_t i = 0; i < 3; i++) {
        char key = (char)('a' + i);
        struct call call = call_on(i);
        tandem_prefer_partition(writer, i + 1);  // 1 and 3 are the wheel's
        CHECK(tandem_begin(writer) == TANDEM_OK);
        CHECK(tandem_insert(writer, calls, &key, 1, &call, &handles[i]) == TANDEM_OK);
        CHECK(tandem_set_deadline(writer, calls, handles[i], now + (i + 1) * second) == TANDEM_OK);
        CHECK(tandem_set_deadline(writer, calls, 0, now) == TANDEM_ABSENT);
        CHECK(tandem_commit(writer) == TANDEM_OK);
    }
    tandem_wheel_note(wheel, handles[0], now + second);  // the others are found by the scan
    CHECK(tandem_expire(wheel, writer, now, due, 4, &told) == TANDEM_OK && told == 0);
    CHECK(tandem_expire(wheel, writer, now + 2 * second, due, 4, &told) == TANDEM_OK);
    CHECK(told == 1 && due[0] == handles[0]);
    // Nobody has removed it, so it is told again; there is room for one at a time.
    for (int i = 0; i < 3; i += 2) {
        CHECK(tandem_expire(wheel, writer, now + 9 * second, due, 1, &told) == TANDEM_OK);
        CHECK(told == 1 && due[0] == handles[i]);
        CHECK(tandem_begin(writer) == TANDEM_OK);
        CHECK(tandem_set_deadline(writer, calls, due[0], now + 100 * second) == TANDEM_OK);
        CHECK(tandem_commit(writer) == TANDEM_OK);
    }
    CHECK(tandem_expire(wheel, writer, now + 9 * second, due, 1, &told) == TANDEM_OK && told == 0);
    CHECK(tandem_expire(wheel, writer, now, due, 0, &told) == TANDEM_BAD_ARGUMENT && told == 0);
    CHECK(tandem_begin(writer) == TANDEM_OK);
    CHECK(tandem_expire(wheel, writer, now, due, 4, &told) == TANDEM_ALREADY_BEGUN);
    CHECK(tandem_commit(writer) == TANDEM_OK);  // it is whole all the same
    struct tandem_entry entry;
    CHECK(tandem_read_handle(calls, handles[2], &entry, NULL, NULL) == TANDEM_OK);
    CHECK(entry.deadline == now + 100 * second);
    tandem_wheel_close(wheel);
    CHECK(removed("a") == TANDEM_OK && removed("b") == TANDEM_OK && removed("c") == TANDEM_OK);
}

static void a_child_finds_and_puts_in_through_a_writer_of_its_own(void) {
    struct call call = call_on(3);
    uint64_t leg = 6;
    tandem_handle handle;
    CHECK(insert("parent", 2, NULL) == TANDEM_OK);
    CHECK(tandem_begin(writer) == TANDEM_OK);
    CHECK(tandem_allocate(writer, legs, &leg, &handle) == TANDEM_OK);
    pid_t child = fork();
    if (child == 0) {
        failed = 0;
        CHECK(find("parent", &call, NULL) == TANDEM_OK && call.trunk == 2);
        CHECK(tandem_read_handle_within(writer, legs, handle, NULL, NULL, &leg) == TANDEM_ABSENT);
        CHECK(tandem_hold_handle(writer, legs, handle) == NULL);
        CHECK(tandem_insert(writer, calls, "child", 5, &call, NULL) == TANDEM_FORKED);
        CHECK(tandem_writer_open(source, &writer) == TANDEM_OK);
        CHECK(insert("child", 4, NULL) == TANDEM_OK);
        // It is killed with a key half put in.
        if (!failed && tandem_begin(writer) == TANDEM_OK &&
            tandem_insert(writer, calls, "half", 4, &call, NULL) == TANDEM_OK)
            kill(getpid(), SIGKILL);
        _exit(1);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    CHECK(tandem_commit(writer) == TANDEM_OK && count(legs) == 1);
    CHECK(find("half", NULL, NULL) == TANDEM_ABSENT && insert("half", 1, NULL) == TANDEM_OK);
    CHECK(find("child", &call, NULL) == TANDEM_OK && call.trunk == 4 && count(calls) == 3);
}

static void handles_outlive_who_opened_them_and_null_does_nothing(void) {
    tandem_close(source);  // its tables and writers are closed later
    CHECK(find("half", NULL, NULL) == TANDEM_OK && removed("half") == TANDEM_OK);
    tandem_writer_close(writer);
    tandem_slots_close(calls);
    tandem_slots_close(legs);
    tandem_slots_close(NULL);
    tandem_wheel_close(NULL);
    tandem_wheel_note(NULL, 1, 1);
    tandem_prefer_partition(NULL, 1);
    CHECK(tandem_now(NULL) == 0);
    CHECK(strcmp(tandem_code_name(TANDEM_ABSENT), "absent") == 0);
    CHECK(strcmp(tandem_code_name(TANDEM_PRESENT), "present") == 0);
}

int main(int count, char **arguments) {
    snprintf(path, sizeof path, "%s", count > 1 ? arguments[1] : "/dev/shm/tandem-c-slots");
    unlink(path);
    a_definition_that_makes_no_sense_is_refused();
    a_table_is_opened_for_what_it_was_made_for();
    a_key_is_put_in_once_and_found_with_its_record();
    keys_and_other_records_change_together_or_not_at_all();
    a_failure_stays_with_its_transaction();
    a_walk_meets_every_record_once();
    a_slot_without_a_key_is_known_by_its_handle();
    what_is_due_is_told_to_who_owns_the_partition();
    a_child_finds_and_puts_in_through_a_writer_of_its_own();
    handles_outlive_who_opened_them_and_null_does_nothing();
    unlink(path);
    if (failed) return 1;
    puts("keyed tables and slots: every sentence holds");
    return 0;
}
