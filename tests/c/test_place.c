/* Proves where running programs are looked for, that folders of somebody else or open to others are
 * refused, and that the one program that is meant is found or those that run are named. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "control/place.h"

struct home {
    char folder[64];
    int listening[4];
};

static int init(void **state)
{
    struct home *home = calloc(1, sizeof *home);
    strcpy(home->folder, "/tmp/msm-place-XXXXXX");
    assert_non_null(mkdtemp(home->folder));
    setenv("MSM_RUN", home->folder, 1);
    unsetenv("XDG_RUNTIME_DIR");
    *state = home;
    return 0;
}

static void in(const struct home *home, const char *file, char path[PLACE_PATH])
{
    snprintf(path, PLACE_PATH, "%s/%s", home->folder, file);
}

static int finish(void **state)
{
    struct home *home = *state;
    static const char *const files[] = {"tank.sock", "pump.sock", "dead.sock", "note.txt",
                                        ".x.sock"};
    char path[PLACE_PATH];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        in(home, files[i], path);
        unlink(path);
    }
    in(home, "msm", path);
    rmdir(path);
    int left = rmdir(home->folder);
    free(home);
    return left;
}

static int serve(const struct home *home, const char *file)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    in(home, file, address.sun_path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 8), 0);
    return fd;
}

static void which_folder(void **state)
{
    struct home *home = *state;
    char folder[PLACE_PATH], wanted[PLACE_PATH];
    struct stat status;
    struct error error;
    assert_true(place_folder(folder, false, &error));
    assert_string_equal(folder, home->folder);
    unsetenv("MSM_RUN");
    setenv("XDG_RUNTIME_DIR", home->folder, 1);
    in(home, "msm", wanted);
    assert_true(place_folder(folder, false, &error));
    assert_string_equal(folder, wanted);
    assert_int_equal(stat(folder, &status), -1); /* who only looks makes nothing */
    assert_true(place_folder(folder, true, &error));
    assert_int_equal(stat(folder, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    unsetenv("XDG_RUNTIME_DIR");
    place_folder(folder, false, &error);
    char other[32];
    snprintf(other, sizeof other, "/tmp/msm-%u", (unsigned)geteuid());
    assert_string_equal(folder, geteuid() == 0 ? "/run/msm" : other);
}

static void folders_of_others(void **state)
{
    struct home *home = *state;
    char folder[PLACE_PATH], path[PLACE_PATH];
    struct error error = {""};
    chmod(home->folder, 0770);
    assert_false(place_folder(folder, true, &error));
    assert_non_null(strstr(error.text, "chmod 700"));
    chmod(home->folder, 0700);
    in(home, "note.txt", path);
    assert_int_equal(symlink("/tmp", path), 0);
    setenv("MSM_RUN", path, 1);
    assert_false(place_folder(folder, true, &error));
    assert_non_null(strstr(error.text, "is no folder"));
    setenv("MSM_RUN", "/nowhere/at/all", 1);
    assert_false(place_folder(folder, true, &error));
    assert_non_null(strstr(error.text, "cannot be made"));
    assert_true(place_folder(folder, false, &error));
    if (geteuid() != 0)
        return;
    assert_int_equal(chown(home->folder, 4711, 4711), 0);
    setenv("MSM_RUN", home->folder, 1);
    assert_false(place_folder(folder, true, &error));
    assert_non_null(strstr(error.text, "belongs to user 4711"));
    assert_true(place_folder(folder, false, &error)); /* root may look */
}

static void names(void **state)
{
    (void)state;
    char path[PLACE_PATH], long_one[128];
    struct error error;
    memset(long_one, 'x', sizeof long_one - 1);
    long_one[64] = '\0';
    static const char *const bad[] = {"", ".", "..", ".x", "a/b", "a\nb"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(place_socket(path, bad[i], false, &error));
    assert_false(place_socket(path, long_one, false, &error));
    assert_true(place_socket(path, "tank 1", false, &error));
    char deep[256];
    memset(deep, '/', sizeof deep - 1);
    deep[255] = '\0';
    setenv("MSM_RUN", deep, 1);
    assert_false(place_socket(path, "tank", false, &error));
    assert_non_null(strstr(error.text, "too long"));
}

static void expect_none(const char *wanted, const char *part)
{
    char name[64];
    struct error error = {""};
    assert_int_equal(place_connect(wanted, name, &error), -1);
    if (!strstr(error.text, part))
        fail_msg("\"%s\" is not in \"%s\"", part, error.text);
}

static void expect_running(const char *wanted)
{
    char *running = place_running();
    assert_string_equal(running, wanted);
    free(running);
}

static void the_one_that_is_meant(void **state)
{
    struct home *home = *state;
    char name[64], path[PLACE_PATH];
    struct error error;
    expect_running("");
    expect_none(NULL, "no program is running (looked in /tmp/msm-place-");
    close(serve(home, "dead.sock")); /* a file that nobody listens at */
    in(home, "note.txt", path);
    fclose(fopen(path, "w"));
    expect_none("dead", "no program is running");
    int tank = serve(home, "tank.sock");
    int hidden = serve(home, ".x.sock");
    expect_running("tank\n");
    int fd = place_connect(NULL, name, &error);
    assert_true(fd >= 0);
    assert_string_equal(name, "tank");
    close(fd);
    expect_none("tnk", "no program \"tnk\" is running; did you mean tank?");
    int pump = serve(home, "pump.sock");
    expect_running("pump\ntank\n");
    expect_none(NULL, "several programs are running: pump, tank; --name says which");
    expect_none("boiler", "is running, only: pump, tank");
    fd = place_connect("pump", name, &error);
    assert_true(fd >= 0);
    assert_string_equal(name, "pump");
    close(fd);
    close(pump);
    close(tank);
    close(hidden);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(which_folder, init, finish),
        cmocka_unit_test_setup_teardown(folders_of_others, init, finish),
        cmocka_unit_test_setup_teardown(names, init, finish),
        cmocka_unit_test_setup_teardown(the_one_that_is_meant, init, finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
