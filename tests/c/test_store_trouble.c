/* Proves that trouble with the disk is never the program's: it stands in the status, is said once
 * and once more when it is over, is tried again, and nothing that was read or committed before is
 * lost by it. And that two processes never have one file. */

#include "store_bed.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include "drop_vfs.h"

static void declare(struct shop *shop)
{
    shop_plan(shop);
    shop_declare(shop, WORD("SPEED", 0, .retain = true));
    shop_image(shop);
}

static void open_declared(struct shop *shop)
{
    declare(shop);
    shop_open(shop);
}

/* ---- a full disk, and one with errors ---- */

static void expect_trouble_and_its_end(struct shop *shop, int code)
{
    char text[4096];
    struct drop_disk *disk = drop_disk_create(1);
    open_declared(shop);
    shop_set(shop, "SPEED", WORDS(1));
    shop_round(shop);
    disk->refuses = code;
    struct ear ear = listen_begin();
    for (int i = 0; i < 200; i++) {
        shop_set(shop, "SPEED", WORDS((uint16_t)(2 + i)));
        shop_round(shop);
    }
    struct store_status status = store_status(shop->store);
    disk->refuses = 0;
    for (int i = 0; i < 31; i++)
        shop_round(shop);
    assert_int_equal(listen_end(&ear, text, sizeof text), 2);
    assert_false(status.works);
    assert_non_null(strstr(text, status.problem));
    assert_non_null(strstr(text, "test: retained values are saved again\n"));
    assert_true(store_status(shop->store).works);
    assert_string_equal(store_status(shop->store).problem, "");
    assert_int_equal(shop_commits(shop), 2);
    shop_close(shop);
    drop_cut(disk);
    drop_restore(disk);
    open_declared(shop);
    assert_int_equal(bed_value(&shop->bed, "SPEED"), 201);
    shop_close(shop);
    drop_disk_destroy(disk);
}

static void a_full_disk_is_said_once_and_tried_again(void **state)
{
    expect_trouble_and_its_end(*state, SQLITE_FULL);
}

static void a_disk_with_errors_too(void **state)
{
    expect_trouble_and_its_end(*state, SQLITE_IOERR_WRITE);
}

static void the_pauses_grow_to_half_a_minute(void **state)
{
    struct shop *shop = *state;
    struct drop_disk *disk = drop_disk_create(1);
    open_declared(shop);
    disk->refuses = SQLITE_FULL;
    shop_set(shop, "SPEED", WORDS(1));
    shop_round(shop);
    int64_t expected[] = {2, 4, 8, 16, 30, 30};
    int64_t at = store_round(shop->store, shop->now, false) + 0;
    assert_int_equal(at - shop->now, 1 * SECOND);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        assert_int_equal(store_round(shop->store, at - 1, false), at);
        int64_t next = store_round(shop->store, at, false);
        assert_int_equal(next - at, expected[i] * SECOND);
        at = next;
    }
    shop_close(shop);
    drop_disk_destroy(disk);
}

static void what_cannot_be_opened_at_the_start_is_opened_later(void **state)
{
    struct shop *shop = *state;
    struct drop_disk *disk = drop_disk_create(1);
    disk->refuses = SQLITE_FULL;
    open_declared(shop);
    assert_false(store_status(shop->store).works);
    shop_set(shop, "SPEED", WORDS(7));
    shop_round(shop);
    disk->refuses = 0;
    for (int i = 0; i < 5; i++)
        shop_round(shop);
    assert_true(store_status(shop->store).works);
    shop_close(shop);
    open_declared(shop);
    assert_int_equal(bed_value(&shop->bed, "SPEED"), 7);
    shop_close(shop);
    drop_disk_destroy(disk);
}

/* ---- a file that may only be read ---- */

static bool become_nobody(const struct shop *shop)
{
    return geteuid() != 0 || (chmod(shop->folder, 0555) == 0 && seteuid(65534) == 0);
}

static void become_root(const struct shop *shop)
{
    if (geteuid() != getuid())
        assert_int_equal(seteuid(getuid()), 0);
    chmod(shop->folder, 0700);
    chmod(shop->path, 0600);
}

static void read_only_files_are_read(void **state)
{
    struct shop *shop = *state;
    open_declared(shop);
    shop_set(shop, "SPEED", WORDS(42));
    store_force(shop->store, 0, false);
    shop_round(shop);
    shop_close(shop);
    chmod(shop->path, 0444);
    assert_true(become_nobody(shop));
    open_declared(shop);
    uint16_t value = bed_value(&shop->bed, "SPEED");
    struct store_status status = store_status(shop->store);
    become_root(shop);
    assert_int_equal(value, 42);
    assert_false(status.works);
    assert_true(status.problem[0] != '\0');
    shop_set(shop, "SPEED", WORDS(43));
    for (int i = 0; i < 5; i++)
        shop_round(shop);
    assert_true(store_status(shop->store).works);
    shop_close(shop);
    open_declared(shop);
    assert_int_equal(bed_value(&shop->bed, "SPEED"), 43);
    shop_close(shop);
}

static void the_log_of_a_read_only_file_is_read_too(void **state)
{
    struct shop *shop = *state;
    char command[300];
    open_declared(shop);
    shop_set(shop, "SPEED", WORDS(42));
    shop_round(shop);
    snprintf(command, sizeof command,
             "cd '%s' && mkdir c && cp test.state* c && chmod a+rX,a-w c/*",
             shop->folder); /* as kill -9 would leave them */
    assert_int_equal(system(command), 0);
    shop_close(shop);
    struct shop copy = *shop;
    snprintf(copy.folder, sizeof copy.folder, "%.50s/c", shop->folder);
    snprintf(copy.path, sizeof copy.path, "%.50s/c/test.state", shop->folder);
    chmod(shop->folder, 0755);
    assert_true(become_nobody(&copy));
    open_declared(&copy);
    become_root(&copy);
    assert_int_equal(bed_value(&copy.bed, "SPEED"), 42);
    shop_close(&copy);
}

static void a_folder_is_made_with_those_above_it(void **state)
{
    struct shop *shop = *state, deep = *shop;
    struct stat folder;
    snprintf(deep.folder, sizeof deep.folder, "%.40s/a/b/c", shop->folder);
    open_declared(&deep);
    assert_true(store_status(deep.store).works);
    assert_int_equal(stat(deep.folder, &folder), 0);
    assert_int_equal(folder.st_mode & 0777, 0700);
    shop_close(&deep);
}

static void a_folder_that_cannot_be_made_is_named(void **state)
{
    struct shop *shop = *state, odd = *shop;
    struct store_status status;
    snprintf(odd.folder, sizeof odd.folder, "/proc/nowhere/x");
    open_declared(&odd);
    status = store_status(odd.store);
    assert_false(status.works);
    assert_non_null(strstr(status.problem, "cannot make the folder /proc/nowhere: "));
    shop_close(&odd);
}

/* ---- others ---- */

static void a_file_that_is_taken_away_is_begun_anew(void **state)
{
    struct shop *shop = *state;
    static const struct source text = {.path = "tank.lua", .text = "return 1", .length = 8};
    size_t count;
    open_declared(shop);
    shop_set(shop, "SPEED", WORDS(42));
    store_settle(shop->store, &text, 1);
    shop_round(shop);
    assert_int_equal(unlink(shop->path), 0);
    shop_round(shop); /* nothing has changed but that */
    assert_true(shop_has(shop, "test.state"));
    shop_close(shop);
    open_declared(shop);
    assert_int_equal(bed_value(&shop->bed, "SPEED"), 42);
    free(store_proven(shop->store, &count));
    assert_int_equal(count, 1);
    shop_close(shop);
}

/* Holds the file in another process until it is killed. */
static pid_t hold(struct shop *shop)
{
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct error error;
        _exit(shop_try_open(shop, &error) && write(ready[1], "x", 1) == 1 ? pause() : 1);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

static void a_second_process_is_refused_by_name(void **state)
{
    struct shop *shop = *state;
    struct error error;
    char expected[400];
    pid_t pid = hold(shop);
    struct store *store = shop_try_open(shop, &error);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert_null(store);
    snprintf(expected, sizeof expected,
             "%s is in use by process %d; end that one, or give this one a folder of its own with "
             "--state",
             shop->path, (int)pid);
    assert_string_equal(error.text, expected);
    open_declared(shop); /* one that is dead holds nothing */
    assert_true(store_status(shop->store).works);
    assert_false(shop_has(shop, "test.state-shm"));
    shop_close(shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(a_full_disk_is_said_once_and_tried_again),
        SHOP_TEST(a_disk_with_errors_too),
        SHOP_TEST(the_pauses_grow_to_half_a_minute),
        SHOP_TEST(what_cannot_be_opened_at_the_start_is_opened_later),
        SHOP_TEST(read_only_files_are_read),
        SHOP_TEST(the_log_of_a_read_only_file_is_read_too),
        SHOP_TEST(a_folder_is_made_with_those_above_it),
        SHOP_TEST(a_folder_that_cannot_be_made_is_named),
        SHOP_TEST(a_file_that_is_taken_away_is_begun_anew),
        SHOP_TEST(a_second_process_is_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
