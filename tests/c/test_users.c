/* Proves that the users file is read strictly and as a whole, that one which others may read, or
 * that is no file, is refused, that what is saved comes back, and that a password is known by its
 * hash and by no other. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "hmi/token.h"
#include "hmi/users.h"

/* Of "correct horse". */
static char hash[PASSWORD_HASH];

static int hash_once(void **state)
{
    struct error error;
    (void)state;
    return password_hash("correct horse", hash, &error) ? 0 : -1;
}

static void one_password_is_right(void **state)
{
    struct error error;
    char other[PASSWORD_HASH];
    (void)state;
    assert_true(password_is(hash, "correct horse"));
    assert_false(password_is(hash, "correct horsf"));
    assert_false(password_is(hash, ""));
    assert_false(password_is("", ""));
    assert_false(password_is("$argon2id$", "correct horse"));
    assert_true(password_hash("correct horse", other, &error));
    assert_string_not_equal(hash, other);
    assert_true(password_is_hash(hash));
    assert_false(password_is_hash("$argon2id$v=19$m=4194304,t=100,p=1$c2FsdHNhbHQ$aGFzaA"));
    assert_false(password_is_hash("$6$salt$hash"));
    assert_false(password_check("1234567", &error));
    assert_true(password_check("12345678", &error));
}

static void a_token_is_a_program_s(void **state)
{
    char text[1024], token[TOKEN], other[TOKEN], word[TOKEN_HASH];
    struct users users;
    struct error error = {""};
    (void)state;
    assert_true(token_begin());
    token_make(token);
    token_make(other);
    assert_int_equal(strlen(token), TOKEN - 1);
    assert_string_not_equal(token, other);
    token_hash(token, word);
    assert_null(strstr(word, token));
    snprintf(text, sizeof text, "kim engineer %s\nprometheus viewer %s\n", hash, word);
    if (!users_parse(text, &users, &error))
        fail_msg("%s", error.text);
    assert_string_equal(users_find_token(&users, token)->name, "prometheus");
    assert_null(users_find_token(&users, other));
    assert_null(users_find_token(&users, ""));
    assert_null(users_find_token(&users, word)); /* who reads the file has no token */
    assert_true(user_has_password(&users.list[0]));
    assert_false(user_has_password(&users.list[1]));
    assert_false(password_is(word, token));
    users_free(&users);
}

static void refuses(const char *format, const char *with, const char *why)
{
    char text[1024];
    struct users users;
    struct error error = {""};
    snprintf(text, sizeof text, format, hash, with);
    if (users_parse(text, &users, &error))
        fail_msg("accepted: %s", text);
    if (!strstr(error.text, why))
        fail_msg("\"%s\" has no \"%s\"", error.text, why);
    assert_null(users.list);
    assert_int_equal(users.count, 0);
}

static void lines_are_read(void **state)
{
    char text[1024];
    struct users users;
    struct error error = {""};
    (void)state;
    snprintf(text, sizeof text, "# people\n\n  zoe\tviewer %s\r\nkim engineer %s", hash, hash);
    if (!users_parse(text, &users, &error))
        fail_msg("%s", error.text);
    assert_int_equal(users.count, 2);
    assert_string_equal(users.list[0].name, "kim"); /* in the order of names */
    assert_int_equal(users.list[0].role, ROLE_ENGINEER);
    assert_int_equal(users_find(&users, "zoe")->role, ROLE_VIEWER);
    assert_string_equal(users.list[1].hash, hash);
    assert_null(users_find(&users, "Kim"));
    users_free(&users);
    assert_true(users_parse("", &users, &error));
    assert_int_equal(users.count, 0);
}

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    refuses("kim viewer %s\nzoe viewer\n%s", "", "line 2: a line is a name, a role and a hash");
    refuses("kim viewer %s more%s", "", "line 1: a line is");
    refuses("kim admin %s%s", "", "\"admin\" is no role");
    refuses("kim none %s%s", "", "\"none\" is no role");
    refuses("k:m viewer %s%s", "", "cannot be a user's name");
    refuses("-kim viewer %s%s", "", "cannot be a user's name");
    refuses("kim viewer %s\nkim viewer %s", hash, "kim is here twice");
    refuses("kim viewer %s\nzoe viewer %s", "secret", "zoe has no hash");
    refuses("kim viewer %s\n%s viewer x", "abcdefghijabcdefghijabcdefghijabc", "1 to 32");
}

struct folder {
    char name[32], path[64];
};

static int make_folder(void **state)
{
    struct folder *folder = calloc(1, sizeof *folder);
    strcpy(folder->name, "/tmp/msm-users-XXXXXX");
    *state = folder;
    if (!mkdtemp(folder->name))
        return -1;
    snprintf(folder->path, sizeof folder->path, "%s/x.users", folder->name);
    return 0;
}

static int remove_folder(void **state)
{
    struct folder *folder = *state;
    unlink(folder->path);
    rmdir(folder->path);
    rmdir(folder->name); /* fails, and so does the next test's look, where more was left */
    free(folder);
    return 0;
}

static void put(struct users *users, const char *name, enum role role)
{
    struct user user = {"", role, ""};
    struct error error;
    strcpy(user.name, name);
    strcpy(user.hash, hash);
    assert_true(users_put(users, &user, &error));
}

static void saved_comes_back(void **state)
{
    const struct folder *folder = *state;
    struct users users = {NULL, 0}, read;
    struct error error = {""};
    struct stat status;
    assert_true(users_load(folder->path, &read, &error)); /* not there: none */
    assert_int_equal(read.count, 0);
    put(&users, "zoe", ROLE_VIEWER);
    put(&users, "kim", ROLE_OPERATOR);
    put(&users, "zoe", ROLE_ENGINEER);
    assert_int_equal(users.count, 2);
    assert_true(users_save(folder->path, &users, &error));
    assert_true(users_save(folder->path, &users, &error));
    assert_int_equal(stat(folder->path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    if (!users_load(folder->path, &read, &error))
        fail_msg("%s", error.text);
    assert_int_equal(read.count, 2);
    assert_int_equal(users_find(&read, "zoe")->role, ROLE_ENGINEER);
    assert_true(users_remove(&read, "kim"));
    assert_false(users_remove(&read, "kim"));
    assert_int_equal(read.count, 1);
    users_free(&read);
    users_free(&users);
}

static void load_refuses(const char *path, const char *why)
{
    struct users users;
    struct error error = {""};
    assert_false(users_load(path, &users, &error));
    if (!strstr(error.text, why))
        fail_msg("\"%s\" has no \"%s\"", error.text, why);
}

static void only_a_file_of_ours(void **state)
{
    const struct folder *folder = *state;
    struct users users = {NULL, 0};
    struct error error;
    put(&users, "kim", ROLE_OPERATOR);
    assert_true(users_save(folder->path, &users, &error));
    users_free(&users);
    chmod(folder->path, 0640);
    load_refuses(folder->path, "others may read or write");
    unlink(folder->path);
    mkfifo(folder->path, 0600);
    load_refuses(folder->path, "is no file");
    unlink(folder->path);
    assert_int_equal(symlink("/dev/null", folder->path), 0);
    load_refuses(folder->path, "x.users");
    unlink(folder->path);
    int fd = open(folder->path, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(fd, "kim\0viewer", 10), 10);
    close(fd);
    load_refuses(folder->path, "is no text");
}

static void there_is_an_end(void **state)
{
    struct users users = {NULL, 0};
    struct user user = {"", ROLE_VIEWER, ""};
    struct error error;
    (void)state;
    for (int i = 0; i < USERS_MOST; i++) {
        snprintf(user.name, sizeof user.name, "u%d", i);
        assert_true(users_put(&users, &user, &error));
    }
    strcpy(user.name, "more");
    assert_false(users_put(&users, &user, &error));
    users_free(&users);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_password_is_right),
        cmocka_unit_test(a_token_is_a_program_s),
        cmocka_unit_test(lines_are_read),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test_setup_teardown(saved_comes_back, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(only_a_file_of_ours, make_folder, remove_folder),
        cmocka_unit_test(there_is_an_end),
    };
    return cmocka_run_group_tests(tests, hash_once, NULL);
}
