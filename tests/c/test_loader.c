/* Proves that a loader which waits for a file for ever is given up after its patience with words
 * that say so, and that when it comes back all the same it begins nothing more: it neither looks at
 * the program that it was to be tried on, nor restores anything, nor loads a second time. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "image/keeps.h"
#include "run/loader.h"

#define PATIENCE (NS_PER_S / 5)

/* A folder on a network that does not answer until somebody lets it. */
static struct {
    atomic_bool hangs;
    sem_t answers;
} disk;

/* In the place of the system's, of which scripts are read with O_NONBLOCK. */
int open(const char *path, int flags, ...)
{
    int (*real)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
    va_list list;
    va_start(list, flags);
    mode_t mode = flags & O_CREAT ? va_arg(list, mode_t) : 0;
    va_end(list);
    if ((flags & O_NONBLOCK) && strstr(path, "/slow.lua") && disk.hangs)
        while (sem_wait(&disk.answers) != 0)
            continue;
    return real(path, flags, mode);
}

struct bed {
    struct loop *loop;
    struct keeps *keeps, *copy;
    struct loader *loader;
    char folder[64], script[96], module[96];
    unsigned told, restored;
    struct generation *loaded;
    struct error error;
};

static void write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void done(void *context, struct generation *generation, const struct error *error)
{
    struct bed *bed = context;
    bed->told++;
    bed->loaded = generation;
    if (!generation)
        bed->error = *error;
    loop_stop(bed->loop);
}

static void restore(void *context, struct image *image)
{
    (void)image;
    ((struct bed *)context)->restored++;
}

static int set_up(void **state)
{
    struct bed *bed = calloc(1, sizeof *bed);
    strcpy(bed->folder, "/tmp/msm-loader-XXXXXX");
    assert_non_null(mkdtemp(bed->folder));
    snprintf(bed->script, sizeof bed->script, "%s/tank.lua", bed->folder);
    snprintf(bed->module, sizeof bed->module, "%s/slow.lua", bed->folder);
    write_file(bed->module, "return 1");
    disk.hangs = false;
    sem_init(&disk.answers, 0, 0);
    write_file(bed->script, "require 'slow' mem.LEVEL = input.uint16(0)");
    bed->loop = loop_create(&bed->error);
    assert_non_null(bed->loop);
    bed->keeps = keeps_create(&bed->error);
    bed->copy = keeps_create(&bed->error);
    assert_true(bed->keeps && bed->copy);
    *state = bed;
    return 0;
}

/* What an abandoned loader was given stays for ever, and the leak checker should know it. */
static struct bed *kept[8];
static size_t kept_count;

static int tear_down(void **state)
{
    struct bed *bed = *state;
    char command[96];
    snprintf(command, sizeof command, "rm -r %s", bed->folder);
    assert_int_equal(system(command), 0);
    generation_destroy(bed->loaded);
    loop_destroy(bed->loop);
    if (disk.hangs) {
        kept[kept_count++] = bed;
        return 0;
    }
    keeps_destroy(bed->copy);
    keeps_destroy(bed->keeps);
    free(bed);
    return 0;
}

/* Returns whether it was abandoned. */
static bool load(struct bed *bed, const struct trial_order *trial)
{
    const struct load_order order = {
        .options = {.path = bed->script, .now = clock_now(), .why = "reload"},
        .trial = *trial,
        .patience = PATIENCE,
        .keeps = bed->keeps,
        .copy = bed->copy,
        .before_body = restore,
        .context = bed};
    bed->loader = loader_start(bed->loop, &order, done, bed, &bed->error);
    assert_non_null(bed->loader);
    loop_run(bed->loop);
    assert_int_equal(bed->told, 1);
    return loader_end(bed->loader);
}

static unsigned threads(void)
{
    unsigned count = 0;
    DIR *tasks = opendir("/proc/self/task");
    assert_non_null(tasks);
    while (readdir(tasks))
        count++;
    closedir(tasks);
    return count;
}

static void come_back(unsigned others)
{
    sem_post(&disk.answers);
    while (threads() > others)
        nanosleep(&(struct timespec){.tv_nsec = NS_PER_MS}, NULL);
}

static void test_loads(void **state)
{
    struct bed *bed = *state;
    assert_false(load(bed, &(struct trial_order){.from = NULL}));
    assert_non_null(bed->loaded);
    assert_int_equal(bed->restored, 1);
}

static void test_given_up(void **state)
{
    struct bed *bed = *state;
    unsigned others = threads();
    disk.hangs = true;
    assert_true(load(bed, &(struct trial_order){.from = NULL}));
    assert_null(bed->loaded);
    assert_non_null(strstr(bed->error.text, "for 200 ms; is its folder reachable?"));
    assert_null(strstr(bed->error.text, "pattern"));
    come_back(others);
    assert_int_equal(bed->restored, 0);
}

/* What it was to be tried on is gone; a second load would wait for the folder again. */
static void test_given_up_before_the_trial(void **state)
{
    struct bed *bed = *state;
    unsigned others = threads();
    assert_false(load(bed, &(struct trial_order){.from = NULL}));
    bed->told = bed->restored = 0;
    disk.hangs = true;
    struct generation *running = bed->loaded;
    bed->loaded = NULL;
    assert_true(load(bed, &(struct trial_order){.from = running->image}));
    generation_destroy(running);
    come_back(others);
    assert_int_equal(bed->restored, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_loads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_given_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_given_up_before_the_trial, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
