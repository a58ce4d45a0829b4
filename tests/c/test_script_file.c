/* Proves that a script's file is read as what it is and no further, and replaced as a whole: with
 * its mode, through a link, and with nothing left beside it where that fails. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "store/script_file.h"

static char folder[64], path[128];

static int set_up(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/msm-script-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/tank.lua", folder);
    return 0;
}

static int tear_down(void **state)
{
    char name[512];
    DIR *dir = opendir(folder);
    (void)state;
    for (struct dirent *entry; (entry = readdir(dir));) {
        snprintf(name, sizeof name, "%s/%s", folder, entry->d_name);
        unlink(name);
    }
    closedir(dir);
    return rmdir(folder);
}

static void put(const char *to, const char *text, size_t length)
{
    FILE *file = fopen(to, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    fclose(file);
}

static void assert_text(const char *of, const char *text)
{
    struct script_text script;
    struct error error;
    assert_true(script_read(of, &script, &error));
    assert_int_equal(script.length, strlen(text));
    assert_string_equal(script.text, text);
    free(script.text);
}

static size_t count_files(void)
{
    size_t count = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *entry; (entry = readdir(dir));)
        count += *entry->d_name != '.';
    closedir(dir);
    return count;
}

static void reads_text_only(void **state)
{
    struct script_text script;
    struct error error;
    (void)state;
    assert_false(script_read(path, &script, &error));
    assert_non_null(strstr(error.text, "No such file"));
    put(path, "", 0);
    assert_text(path, "");
    put(path, "-- \xC3\xA4\n", 6);
    assert_text(path, "-- \xC3\xA4\n");
    put(path, "-- \xC3\n", 5);
    assert_false(script_read(path, &script, &error));
    assert_non_null(strstr(error.text, "UTF-8"));
    assert_null(script.text);
    put(path, "a\0b", 3);
    assert_false(script_read(path, &script, &error));
    assert_false(script_read(folder, &script, &error));
    assert_non_null(strstr(error.text, "no file"));
}

static void reads_so_much(void **state)
{
    struct script_text script;
    struct error error;
    char *text = malloc(SCRIPT_MOST + 1);
    (void)state;
    assert_non_null(text);
    memset(text, '-', SCRIPT_MOST + 1);
    put(path, text, SCRIPT_MOST);
    assert_true(script_read(path, &script, &error));
    assert_int_equal(script.length, SCRIPT_MOST);
    free(script.text);
    put(path, text, SCRIPT_MOST + 1);
    assert_false(script_read(path, &script, &error));
    assert_non_null(strstr(error.text, "longer than"));
    free(text);
}

static void tells_texts_apart(void **state)
{
    char one[SCRIPT_VERSION], other[SCRIPT_VERSION];
    (void)state;
    script_version("a\n", 2, one);
    script_version("a\n", 2, other);
    assert_string_equal(one, other);
    script_version("b\n", 2, other);
    assert_string_not_equal(one, other);
    script_version("", 0, other);
    assert_string_not_equal(one, other);
}

static void replaces(void **state)
{
    struct script_staged staged;
    struct error error;
    struct stat status;
    (void)state;
    put(path, "old", 3);
    assert_int_equal(chmod(path, 0640), 0);
    assert_true(script_stage(path, "new text", 8, &staged, &error));
    assert_text(path, "old");
    assert_int_equal(count_files(), 2);
    assert_true(script_place(&staged, &error));
    assert_text(path, "new text");
    assert_int_equal(count_files(), 1);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0640);
    assert_int_equal(status.st_ino, staged.file.number);
    assert_true(script_stage(path, "no", 2, &staged, &error));
    script_unstage(&staged);
    assert_text(path, "new text");
    assert_int_equal(count_files(), 1);
}

static void follows_links(void **state)
{
    struct script_staged staged;
    struct error error;
    struct stat status;
    char link[160];
    (void)state;
    put(path, "old", 3);
    snprintf(link, sizeof link, "%s/link.lua", folder);
    assert_int_equal(symlink("tank.lua", link), 0);
    assert_true(script_stage(link, "new", 3, &staged, &error));
    assert_true(script_place(&staged, &error));
    assert_text(path, "new");
    assert_int_equal(lstat(link, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
}

static void makes_what_has_gone(void **state)
{
    struct script_staged staged;
    struct error error;
    (void)state;
    assert_true(script_stage(path, "new", 3, &staged, &error));
    assert_true(script_place(&staged, &error));
    assert_text(path, "new");
}

static void fails_before_anything(void **state)
{
    struct script_staged staged;
    struct error error;
    char nowhere[160];
    (void)state;
    snprintf(nowhere, sizeof nowhere, "%s/none/tank.lua", folder);
    assert_false(script_stage(nowhere, "new", 3, &staged, &error));
    assert_non_null(strstr(error.text, "cannot write beside"));
    assert_true(script_stage(path, "new", 3, &staged, &error));
    assert_int_equal(unlink(staged.beside), 0);
    assert_false(script_place(&staged, &error));
    assert_int_equal(count_files(), 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(reads_text_only),       CASE(reads_so_much),
        CASE(tells_texts_apart),     CASE(replaces),
        CASE(follows_links),         CASE(makes_what_has_gone),
        CASE(fails_before_anything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
