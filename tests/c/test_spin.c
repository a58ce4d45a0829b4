/* Proves that the spinners start, one on each core, idle by policy, and that they end. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include "scan/spin.h"

/* Threads of this process that have the idle policy. */
static int count_idle(void)
{
    int count = 0;
    struct dirent *entry;
    DIR *tasks = opendir("/proc/self/task");
    assert_non_null(tasks);
    while ((entry = readdir(tasks)))
        if (entry->d_name[0] != '.' && sched_getscheduler(atoi(entry->d_name)) == SCHED_IDLE)
            count++;
    closedir(tasks);
    return count;
}

static void one_on_each_core(void **state)
{
    (void)state;
    struct error error;
    cpu_set_t cores;
    assert_int_equal(sched_getaffinity(0, sizeof cores, &cores), 0);
    int before = count_idle();
    struct spin *spin = spin_start(&error);
    assert_non_null(spin);
    assert_int_equal(count_idle() - before, CPU_COUNT(&cores));
    spin_stop(spin);
}

static void stopping_nothing_is_fine(void **state)
{
    (void)state;
    spin_stop(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_on_each_core),
        cmocka_unit_test(stopping_nothing_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
