/* Proves that texts that were edited can be had again, newest first, that each file has its own,
 * and that neither the oldest nor what others put into the folder is in the way. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "store/versions.h"

static char top[64], folder[128];

static int set_up(void **state)
{
    (void)state;
    strcpy(top, "/tmp/msm-versions-XXXXXX");
    if (!mkdtemp(top))
        return -1;
    snprintf(folder, sizeof folder, "%s/tank.versions", top);
    return 0;
}

static int tear_down(void **state)
{
    char name[512];
    DIR *dir = opendir(folder);
    (void)state;
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        snprintf(name, sizeof name, "%s/%s", folder, entry->d_name);
        unlink(name);
    }
    if (dir)
        closedir(dir);
    rmdir(folder);
    return rmdir(top);
}

static void add(const char *path, const char *who, const char *text)
{
    struct error error;
    assert_true(versions_add(folder, path, who, text, strlen(text), &error));
}

static void assert_text(uint32_t id, const char *text)
{
    struct version version;
    struct error error;
    char *read = versions_read(folder, id, &version, &error);
    assert_non_null(read);
    assert_string_equal(read, text);
    assert_int_equal(version.size, strlen(text));
    free(read);
}

static void gives_back(void **state)
{
    struct version list[VERSIONS_MOST];
    (void)state;
    assert_int_equal(versions_list(folder, "tank.lua", list), 0);
    add("tank.lua", "", "-- one\n\n-- not a head\n");
    add("driver.lua", "kim@10.0.0.5", "");
    add("tank.lua", "user 0 (pid 12)", "no newline at the end");
    assert_int_equal(versions_list(folder, "tank.lua", list), 2);
    assert_string_equal(list[0].who, "user 0 (pid 12)");
    assert_string_equal(list[1].who, "");
    assert_true(list[0].time >= list[1].time && list[1].time > 0);
    assert_text(list[0].id, "no newline at the end");
    assert_text(list[1].id, "-- one\n\n-- not a head\n");
    assert_int_equal(versions_list(folder, "driver.lua", list), 1);
    assert_text(list[0].id, "");
}

static void forgets_the_oldest(void **state)
{
    struct version list[VERSIONS_MOST];
    char text[16];
    (void)state;
    add("driver.lua", "", "stays");
    for (int i = 0; i < VERSIONS_MOST + 3; i++) {
        snprintf(text, sizeof text, "%d", i);
        add("tank.lua", "", text);
    }
    assert_int_equal(versions_list(folder, "tank.lua", list), VERSIONS_MOST);
    assert_text(list[0].id, "22");
    assert_text(list[VERSIONS_MOST - 1].id, "3");
    assert_int_equal(versions_list(folder, "driver.lua", list), 1);
}

static void passes_over_others(void **state)
{
    struct version list[VERSIONS_MOST], version;
    struct error error;
    char name[160];
    (void)state;
    add("tank.lua", "", "text");
    snprintf(name, sizeof name, "%s/00000007.lua", folder);
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    fputs("print 'somebody put this here'\n", file);
    fclose(file);
    assert_int_equal(versions_list(folder, "tank.lua", list), 1);
    assert_null(versions_read(folder, 7, &version, &error));
    assert_null(versions_read(folder, 8, &version, &error));
    assert_string_equal(error.text, "there is no version 8");
    add("tank.lua", "", "more");
    assert_int_equal(versions_list(folder, "tank.lua", list), 2);
    assert_int_equal(list[0].id, 8);
}

static void fails_in_words(void **state)
{
    struct error error;
    (void)state;
    assert_false(versions_add("/dev/null/versions", "tank.lua", "", "", 0, &error));
    assert_non_null(strstr(error.text, "/dev/null"));
}

/* Its head could not be read again, so it would never be found, nor removed. */
static void refuses_what_is_not_found_again(void **state)
{
    struct version list[VERSIONS_MOST];
    struct error error;
    char path[VERSION_PATH + 1];
    (void)state;
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    assert_false(versions_add(folder, path, "", "", 0, &error));
    assert_false(versions_add(folder, "two\nlines.lua", "", "", 0, &error));
    path[VERSION_PATH - 1] = '\0';
    add(path, "", "text");
    assert_int_equal(versions_list(folder, path, list), 1);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(gives_back),
        CASE(forgets_the_oldest),
        CASE(passes_over_others),
        CASE(fails_in_words),
        CASE(refuses_what_is_not_found_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
