// What tandem.h says, tried by a C program: one function a sentence. Ends with the
// number of sentences that did not hold.

#include "check.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct account {
    uint64_t balance;
    char name[24];
};

static const struct tandem_table_definition tables[] = {
    {.name = "accounts", .payload_bytes = sizeof(struct account), .kind = TANDEM_SHARED, .capacity = 1000},
    {.name = "trunks", .payload_bytes = 16, .kind = TANDEM_PARTITIONED, .capacity = 10},
};

static char path[256];
static tandem_source *source;
static const tandem_table *accounts;

static tandem_writer *new_writer(void) {
    tandem_writer *writer = NULL;
    CHECK(tandem_writer_open(source, &writer) == TANDEM_OK);
    return writer;
}

static uint64_t balance(uint64_t index) {
    struct account account = {.balance = UINT64_MAX};
    CHECK(tandem_read(accounts, index, &account, sizeof account) == TANDEM_OK);
    return account.balance;
}

static void a_source_is_made_once_and_opened_again(void) {
    tandem_source *other = NULL;
    CHECK(tandem_open(path, &source) == TANDEM_NOT_FOUND);
    CHECK(source == NULL);
    CHECK(strstr(tandem_last_error(), path) != NULL);
    struct tandem_options options = {.size = sizeof options, .writers = 4};
    CHECK(tandem_create(path, tables, 2, &options, &source) == TANDEM_OK);
    CHECK(tandem_create(path, tables, 2, NULL, &other) == TANDEM_EXISTS);
    CHECK(tandem_open_or_create(path, tables, 2, NULL, &other) == TANDEM_OK);
    tandem_close(other);
    CHECK(tandem_open_or_create(path, tables, 1, NULL, &other) == TANDEM_WRONG_SCHEMA);
}

static void a_table_says_what_it_is(void) {
    accounts = tandem_find_table(source, "accounts");
    CHECK(accounts != NULL);
    CHECK(tandem_table_capacity(accounts) == 1000);
    CHECK(tandem_table_payload_bytes(accounts) == sizeof(struct account));
    CHECK(strcmp(tandem_table_name(accounts), "accounts") == 0);
    CHECK(tandem_table_at(source, 0) == accounts);
    CHECK(tandem_table_at(source, 2) == NULL);
    CHECK(tandem_find_table(source, "calls") == NULL);
    CHECK(strstr(tandem_last_error(), "accounts, trunks") != NULL);
}

static void all_of_a_transaction_counts_or_nothing(void) {
    tandem_writer *writer = new_writer();
    CHECK(tandem_begin(writer) == TANDEM_OK);
    struct account *from = tandem_hold(writer, accounts, 1), *to = tandem_hold(writer, accounts, 2);
    CHECK(from && to);
    from->balance = 7;
    to->balance = 8;
    CHECK(balance(1) == 0 && balance(2) == 0);  // not committed yet
    CHECK(tandem_commit(writer) == TANDEM_OK);
    CHECK(balance(1) == 7 && balance(2) == 8);

    CHECK(tandem_begin(writer) == TANDEM_OK);
    from = tandem_hold(writer, accounts, 1);
    from->balance = 100;
    CHECK(tandem_hold(writer, accounts, 1000) == NULL);  // there is no such record
    CHECK(tandem_commit(writer) == TANDEM_INDEX_OUT_OF_RANGE);
    CHECK(balance(1) == 7);

    CHECK(tandem_begin(writer) == TANDEM_OK);
    from = tandem_hold(writer, accounts, 1);
    from->balance = 200;
    tandem_abort(writer);
    CHECK(balance(1) == 7);
    CHECK(tandem_commit(writer) == TANDEM_NOT_BEGUN);
    tandem_writer_close(writer);
}

static void a_transaction_reads_what_it_has_changed(void) {
    tandem_writer *writer = new_writer();
    struct account account;
    CHECK(tandem_begin(writer) == TANDEM_OK);
    struct account *held = tandem_hold(writer, accounts, 3);
    held->balance = 30;
    CHECK(tandem_hold(writer, accounts, 3) == held);
    CHECK(tandem_read_within(writer, accounts, 3, &account, sizeof account) == TANDEM_OK);
    CHECK(account.balance == 30 && balance(3) == 0);
    CHECK(tandem_read_within(writer, accounts, 3, &account, 4) == TANDEM_WRONG_SIZE);
    tandem_abort(writer);
    tandem_writer_close(writer);
}

static void a_writer_that_meets_another_is_told_to_try_again(void) {
    tandem_writer *first = new_writer(), *second = new_writer();
    CHECK(tandem_begin(first) == TANDEM_OK);
    CHECK(tandem_hold(first, accounts, 4) != NULL);
    CHECK(tandem_begin(second) == TANDEM_OK);
    CHECK(tandem_hold(second, accounts, 4) == NULL);
    // Both are of this thread: waiting would never end.
    CHECK(tandem_commit(second) == TANDEM_HELD_BY_THIS_THREAD);
    CHECK(tandem_commit(first) == TANDEM_OK);
    tandem_writer_close(first);
    tandem_writer_close(second);
}

static void a_call_out_of_order_is_an_answer(void) {
    tandem_writer *writer = new_writer();
    CHECK(tandem_hold(writer, accounts, 1) == NULL);
    CHECK(tandem_commit(writer) == TANDEM_NOT_BEGUN);
    tandem_abort(writer);
    CHECK(tandem_begin(writer) == TANDEM_OK);
    CHECK(tandem_begin(writer) == TANDEM_ALREADY_BEGUN);
    CHECK(tandem_hold(writer, accounts, 1) == NULL);
    CHECK(tandem_commit(writer) == TANDEM_ALREADY_BEGUN);
    CHECK(tandem_begin(writer) == TANDEM_OK);
    CHECK(tandem_hold(writer, NULL, 1) == NULL);
    CHECK(tandem_commit(writer) == TANDEM_BAD_ARGUMENT);
    tandem_writer_close(writer);
}

static void null_is_a_bad_argument(void) {
    struct account account;
    struct tandem_status status = {.size = sizeof status};
    CHECK(tandem_open(NULL, &source) == TANDEM_BAD_ARGUMENT);
    CHECK(tandem_open(path, NULL) == TANDEM_BAD_ARGUMENT);
    CHECK(tandem_writer_open(NULL, NULL) == TANDEM_BAD_ARGUMENT);
    CHECK(tandem_begin(NULL) == TANDEM_BAD_ARGUMENT);
    CHECK(tandem_hold(NULL, accounts, 0) == NULL);
    CHECK(tandem_commit(NULL) == TANDEM_BAD_ARGUMENT);
    CHECK(tandem_read(NULL, 0, &account, sizeof account) == TANDEM_BAD_ARGUMENT);
    CHECK(tandem_read(accounts, 0, NULL, sizeof account) == TANDEM_BAD_ARGUMENT);
    CHECK(tandem_read(accounts, UINT64_MAX, &account, sizeof account) == TANDEM_INDEX_OUT_OF_RANGE);
    CHECK(tandem_get_status(NULL, &status) == TANDEM_BAD_ARGUMENT);
    tandem_abort(NULL);
    tandem_prefetch(NULL, 0);
    tandem_writer_close(NULL);
    tandem_close(NULL);
}

static void the_slots_run_out_and_come_back(void) {
    tandem_writer *writers[5];
    for (int i = 0; i < 4; i++) writers[i] = new_writer();
    CHECK(tandem_writer_open(source, &writers[4]) == TANDEM_NO_WRITER_SLOT);
    CHECK(writers[4] == NULL);
    for (int i = 0; i < 4; i++) tandem_writer_close(writers[i]);
    tandem_writer_close(new_writer());
}

static void a_forked_child_writes_through_a_writer_of_its_own(void) {
    tandem_writer *writer = new_writer();
    CHECK(tandem_begin(writer) == TANDEM_OK);
    struct account *held = tandem_hold(writer, accounts, 5);
    held->balance = 1;
    pid_t child = fork();
    if (child == 0) {
        failed = 0;
        CHECK(balance(5) == 0);
        tandem_writer *own = new_writer();
        CHECK(tandem_begin(own) == TANDEM_OK);
        held = tandem_hold(own, accounts, 6);
        if (held) held->balance = 66;
        CHECK(tandem_commit(own) == TANDEM_OK);
        CHECK(tandem_begin(writer) == TANDEM_FORKED);
        CHECK(tandem_hold(writer, accounts, 5) == NULL && tandem_commit(writer) == TANDEM_FORKED);
        struct account account;
        CHECK(tandem_read_within(writer, accounts, 5, &account, sizeof account) == TANDEM_OK && account.balance == 0);
        tandem_abort(writer);         // nor does it put the parent's back
        tandem_writer_close(writer);  // the parent's goes on
        tandem_writer_close(own);
        _exit(failed);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    held->balance = 55;
    CHECK(tandem_commit(writer) == TANDEM_OK);
    CHECK(balance(5) == 55 && balance(6) == 66);
    tandem_writer_close(writer);
}

static void a_child_that_lives_on_keeps_no_dead_parents_lock(void) {
    int pipes[2];
    CHECK(pipe(pipes) == 0);
    pid_t parent = fork();
    if (parent == 0) {
        tandem_writer *writer = new_writer();
        tandem_begin(writer);
        struct account *held = tandem_hold(writer, accounts, 7);
        if (held) held->balance = 77;
        if (fork() == 0) {
            char byte;
            close(pipes[1]);
            (void)!read(pipes[0], &byte, 1);  // until the test closes its end
            _exit(0);
        }
        kill(getpid(), SIGKILL);
    }
    close(pipes[0]);
    waitpid(parent, NULL, 0);
    // The killed parent's record is free within the time that a writer waits for one.
    tandem_writer *writer = new_writer();
    int result;
    do {
        tandem_begin(writer);
        struct account *held = tandem_hold(writer, accounts, 7);
        if (held) held->balance += 1;
        result = tandem_commit(writer);
    } while (result == TANDEM_CONFLICT);
    CHECK(result == TANDEM_OK);
    CHECK(balance(7) == 1);
    tandem_writer_close(writer);
    close(pipes[1]);
}

static void *add_a_thousand(void *unused) {
    (void)unused;
    tandem_writer *writer = new_writer();
    for (int i = 0; i < 1000; i++) {
        int result;
        do {
            tandem_begin(writer);
            struct account *account = tandem_hold(writer, accounts, 8);
            if (account) account->balance++;
            result = tandem_commit(writer);
        } while (result == TANDEM_CONFLICT);
        CHECK(result == TANDEM_OK);
    }
    tandem_writer_close(writer);
    return NULL;
}

static void threads_lose_no_increment(void) {
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) CHECK(pthread_create(&threads[i], NULL, add_a_thousand, NULL) == 0);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    CHECK(balance(8) == 4000);
}

static void the_status_tells_of_the_copy(void) {
    struct tandem_status status = {.size = sizeof status};
    CHECK(tandem_get_status(source, &status) == TANDEM_OK);
    CHECK(status.size == sizeof status);
    CHECK(status.copy_state == TANDEM_COPY_OFFLINE && status.age_nanoseconds == -1);
    CHECK(status.is_replicator_alive == 0 && status.is_superseded == 0 && status.writers == 0);
    CHECK(status.dirty_pages > 0 && status.dirty_pages <= status.pages && status.epoch > status.cut);
    CHECK(strcmp(status.reason, "no replicator has run yet") == 0);
    struct tandem_status older = {.size = offsetof(struct tandem_status, epoch), .epoch = 4711};
    CHECK(tandem_get_status(source, &older) == TANDEM_OK && older.epoch == 4711);
    older.size = 0;
    CHECK(tandem_get_status(source, &older) == TANDEM_BAD_ARGUMENT);
    tandem_writer *writer = new_writer();
    CHECK(tandem_begin(writer) == TANDEM_OK);
    CHECK(tandem_commit_replicated(writer, 1000000) == TANDEM_NOT_REPLICATED_IN_TIME);
    tandem_writer_close(writer);
}

static void no_more_copies_are_waited_for_than_there_are(void) {
    tandem_writer *writer = new_writer();
    uint64_t before = balance(8);
    for (uint32_t copies = 0; copies <= 9; copies += 9) {
        CHECK(tandem_begin(writer) == TANDEM_OK);
        struct account *account = tandem_hold(writer, accounts, 8);
        CHECK(account != NULL);
        account->balance += 1;
        CHECK(tandem_commit_replicated_by(writer, 1000000, copies) == TANDEM_BAD_ARGUMENT);
        CHECK(strstr(tandem_last_error(), "copies") != NULL);
        CHECK(balance(8) == before);
    }
    CHECK(tandem_commit_replicated_by(writer, 1000000, 2) == TANDEM_NOT_BEGUN);
    CHECK(tandem_begin(writer) == TANDEM_OK);
    CHECK(tandem_commit_replicated_by(writer, 1000000, 1) == TANDEM_NOT_REPLICATED_IN_TIME);
    tandem_writer_close(writer);
}

static void codes_have_names(void) {
    CHECK(strcmp(tandem_code_name(TANDEM_CONFLICT), "conflict") == 0);
    CHECK(strcmp(tandem_code_name(TANDEM_FORKED), "forked") == 0);
    CHECK(strcmp(tandem_code_name(1000), "unknown") == 0);
    CHECK(tandem_interface() == TANDEM_INTERFACE);
}

int main(int count, char **arguments) {
    snprintf(path, sizeof path, "%s", count > 1 ? arguments[1] : "/dev/shm/tandem-c-program");
    unlink(path);
    a_source_is_made_once_and_opened_again();
    a_table_says_what_it_is();
    all_of_a_transaction_counts_or_nothing();
    a_transaction_reads_what_it_has_changed();
    a_writer_that_meets_another_is_told_to_try_again();
    a_call_out_of_order_is_an_answer();
    null_is_a_bad_argument();
    the_slots_run_out_and_come_back();
    a_forked_child_writes_through_a_writer_of_its_own();
    a_child_that_lives_on_keeps_no_dead_parents_lock();
    threads_lose_no_increment();
    the_status_tells_of_the_copy();
    no_more_copies_are_waited_for_than_there_are();
    codes_have_names();
    unlink(path);
    if (failed) return 1;
    puts("tandem.h: every sentence holds");
    return 0;
}
