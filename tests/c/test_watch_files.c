/* Proves that a watched file's change is told once, also where the kernel had too many events to
 * remember this one, or where it came between the reading and the watching; that it is told when
 * the file has been left alone for a while; and that what changes nothing is not told. What happens
 * to folders and links is proven over the wire (test_reload_watch.py). */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "run/watch_files.h"

enum { MOST_EVENTS = 200000 };

#define DEADLINE (30 * (int64_t)NS_PER_S)

struct bed {
    struct loop *loop;
    struct watch_files *watch;
    struct loop_timer end;
    char folder[64], script[96];
    unsigned told;
    int64_t told_at;
};

static void write_file(const struct bed *bed, const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", bed->folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void told(void *context)
{
    struct bed *bed = context;
    bed->told++;
    bed->told_at = clock_monotonic();
    loop_stop(bed->loop);
}

static void end(struct loop_timer *timer)
{
    loop_stop(((struct bed *)((char *)timer - offsetof(struct bed, end)))->loop);
}

static void run_for(struct bed *bed, int64_t time)
{
    bed->end.fire = end;
    loop_set_timer(bed->loop, &bed->end, clock_monotonic() + time);
    loop_run(bed->loop);
    loop_unset_timer(bed->loop, &bed->end);
}

/* Nothing is told while the files are looked at twice more. */
static void check_quiet(struct bed *bed)
{
    unsigned before = bed->told;
    run_for(bed, 3 * WATCH_LOOK);
    assert_int_equal(bed->told, before);
}

static void check_told_once(struct bed *bed)
{
    run_for(bed, DEADLINE);
    assert_int_equal(bed->told, 1);
    check_quiet(bed);
}

static int set_up(void **state)
{
    struct bed *bed = calloc(1, sizeof *bed);
    struct error error;
    strcpy(bed->folder, "/tmp/msm-watch-XXXXXX");
    assert_non_null(mkdtemp(bed->folder));
    snprintf(bed->script, sizeof bed->script, "%s/tank.lua", bed->folder);
    write_file(bed, "tank.lua", "-- 1");
    bed->loop = loop_create(&error);
    assert_non_null(bed->loop);
    bed->watch = watch_files_open(bed->loop, told, bed, &error);
    assert_non_null(bed->watch);
    watch_files_set(bed->watch, &(struct source){.path = bed->script}, 1);
    *state = bed;
    return 0;
}

static int tear_down(void **state)
{
    struct bed *bed = *state;
    char command[96];
    watch_files_close(bed->watch);
    loop_destroy(bed->loop);
    snprintf(command, sizeof command, "rm -r %s", bed->folder);
    assert_int_equal(system(command), 0);
    free(bed);
    return 0;
}

/* Two files in turn, or the kernel would make one event of equal ones. */
static void flood(const struct bed *bed)
{
    unsigned most = 0;
    FILE *file = fopen("/proc/sys/fs/inotify/max_queued_events", "re");
    if (!file || fscanf(file, "%u", &most) != 1 || most > MOST_EVENTS)
        most = 0;
    if (file)
        fclose(file);
    if (!most)
        skip();
    for (unsigned i = 0; i <= most; i++)
        write_file(bed, i % 2 ? "one" : "two", "");
}

static void test_overflow(void **state)
{
    struct bed *bed = *state;
    flood(bed);
    write_file(bed, "tank.lua", "-- 2, of another size");
    check_told_once(bed);
}

static void test_overflow_of_others(void **state)
{
    struct bed *bed = *state;
    flood(bed);
    check_quiet(bed);
}

/* The paths of a second call are the same: nothing is told anew, and nothing is missed. */
static void test_set_again(void **state)
{
    struct bed *bed = *state;
    write_file(bed, "tank.lua", "-- 2, of another size");
    watch_files_set(bed->watch, &(struct source){.path = bed->script}, 1);
    check_told_once(bed);
}

/* The file as it was when its text was read. */
static void watch_as_read(struct bed *bed, const struct file_identity *read)
{
    watch_files_set(bed->watch, NULL, 0);
    watch_files_set(bed->watch, &(struct source){.path = bed->script, .file = *read}, 1);
}

static void test_changed_before(void **state)
{
    struct bed *bed = *state;
    struct file_identity read;
    watch_files_set(bed->watch, NULL, 0);
    assert_true(file_identify(bed->script, &read));
    write_file(bed, "tank.lua", "-- 2, of another size");
    run_for(bed, 0); /* nobody is told of it */
    assert_int_equal(bed->told, 0);
    watch_as_read(bed, &read);
    check_told_once(bed);
}

static void test_unchanged_before(void **state)
{
    struct bed *bed = *state;
    struct file_identity read;
    assert_true(file_identify(bed->script, &read));
    watch_as_read(bed, &read);
    check_quiet(bed);
}

/* A text in two pieces, with a pause between them that is shorter than 0.3 s. */
static void test_left_alone(void **state)
{
    struct bed *bed = *state;
    int64_t written = clock_monotonic();
    write_file(bed, "tank.lua", "-- 2, of another size");
    check_told_once(bed);
    assert_true(bed->told_at - written >= INT64_C(300) * NS_PER_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_overflow, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_overflow_of_others, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_set_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_changed_before, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unchanged_before, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_left_alone, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
