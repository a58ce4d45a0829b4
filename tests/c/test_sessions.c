/* Proves that a session is found by its token and by nothing else, that it ends in time, with its
 * user and on demand, that there are never too many, and that each end is told once; and how a
 * cookie is found in its header. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "hmi/cookie.h"
#include "hmi/sessions.h"

#define S INT64_C(1000000000)

struct bed {
    struct sessions *sessions;
    uint64_t ended[600];
    size_t count;
};

static void ended(void *context, uint64_t id)
{
    struct bed *bed = context;
    bed->ended[bed->count++] = id;
}

static int make(void **state)
{
    struct bed *bed = calloc(1, sizeof *bed);
    bed->sessions = sessions_create(ended, bed);
    *state = bed;
    return bed->sessions ? 0 : -1;
}

static int destroy(void **state)
{
    struct bed *bed = *state;
    sessions_destroy(bed->sessions);
    free(bed);
    return 0;
}

static struct user kim = {"kim", ROLE_OPERATOR, "hash"}, zoe = {"zoe", ROLE_VIEWER, "other"};

static void found_by_its_token(void **state)
{
    struct bed *bed = *state;
    char token[TOKEN], other[TOKEN];
    uint64_t id = sessions_begin(bed->sessions, &kim, S, token);
    assert_int_not_equal(id, sessions_begin(bed->sessions, &zoe, S, other));
    assert_int_equal(strlen(token), TOKEN - 1);
    assert_string_not_equal(token, other);
    const struct session *session = sessions_find(bed->sessions, token, 2 * S);
    assert_non_null(session);
    assert_int_equal(session->id, id);
    assert_string_equal(session->user.name, "kim");
    assert_string_equal(sessions_find(bed->sessions, other, 2 * S)->user.name, "zoe");
    token[0] = token[0] == 'A' ? 'B' : 'A';
    assert_null(sessions_find(bed->sessions, token, 2 * S));
    assert_null(sessions_find(bed->sessions, "", 2 * S));
    sessions_end(bed->sessions, id);
    sessions_end(bed->sessions, id);
    assert_int_equal(bed->count, 1);
    assert_int_equal(bed->ended[0], id);
}

static void ends_in_time(void **state)
{
    struct bed *bed = *state;
    char token[TOKEN];
    int64_t now = S;
    uint64_t id = sessions_begin(bed->sessions, &kim, now, token);
    sessions_use(bed->sessions, id, now += SESSIONS_IDLE - 1);
    assert_non_null(sessions_find(bed->sessions, token, now += SESSIONS_IDLE - 1));
    assert_null(sessions_find(bed->sessions, token, now += SESSIONS_IDLE));
    assert_int_equal(bed->count, 1);
    now = S;
    sessions_begin(bed->sessions, &kim, now, token);
    for (; now < SESSIONS_AGE; now += SESSIONS_IDLE / 2)
        assert_non_null(sessions_find(bed->sessions, token, now));
    assert_null(sessions_find(bed->sessions, token, S + SESSIONS_AGE));
    assert_int_equal(bed->count, 2);
}

static void ends_with_its_user(void **state)
{
    struct bed *bed = *state;
    char token[TOKEN];
    struct user list[] = {kim, zoe};
    struct users users = {list, 2};
    uint64_t id = sessions_begin(bed->sessions, &kim, S, token);
    sessions_begin(bed->sessions, &zoe, S, token);
    sessions_sweep(bed->sessions, &users, S);
    assert_int_equal(bed->count, 0);
    list[0].role = ROLE_ENGINEER;
    sessions_sweep(bed->sessions, &users, S);
    assert_int_equal(bed->count, 1);
    assert_int_equal(bed->ended[0], id);
    strcpy(list[1].hash, "new");
    sessions_sweep(bed->sessions, &users, S);
    assert_int_equal(bed->count, 2);
    sessions_begin(bed->sessions, &kim, S, token);
    sessions_sweep(bed->sessions, &(struct users){NULL, 0}, S);
    assert_int_equal(bed->count, 3);
}

static void never_too_many(void **state)
{
    struct bed *bed = *state;
    char first[TOKEN], token[TOKEN];
    uint64_t oldest = sessions_begin(bed->sessions, &kim, S, first);
    for (int i = 1; i < SESSIONS_OF_ONE; i++)
        sessions_begin(bed->sessions, &kim, S + i, token);
    assert_int_equal(bed->count, 0);
    sessions_begin(bed->sessions, &kim, 2 * S, token);
    assert_int_equal(bed->count, 1);
    assert_int_equal(bed->ended[0], oldest);
    assert_null(sessions_find(bed->sessions, first, 2 * S));
    for (int i = 0; i < 2 * SESSIONS_MOST; i++) {
        struct user user = {"", ROLE_VIEWER, ""};
        snprintf(user.name, sizeof user.name, "user%d", i);
        sessions_begin(bed->sessions, &user, 3 * S + i, token);
        assert_non_null(sessions_find(bed->sessions, token, 3 * S + i));
    }
    assert_int_equal(bed->count, 1 + SESSIONS_OF_ONE + 2 * SESSIONS_MOST - SESSIONS_MOST);
}

static void cookie(const char *header, const char *expected)
{
    char value[8] = "";
    bool found = cookie_find(header, "sid", value, sizeof value);
    if (found != (expected != NULL) || (found && strcmp(value, expected) != 0))
        fail_msg("\"%s\": %s", header ? header : "NULL", found ? value : "none");
}

static void cookies_are_found(void **state)
{
    (void)state;
    cookie("sid=abc", "abc");
    cookie("a=1; sid=abc; b=2", "abc");
    cookie("a=1;sid=abc ;b=2", "abc");
    cookie("sid=", "");
    cookie("sid=a=b", "a=b");
    cookie("sid=1234567", "1234567");
    cookie("sid=12345678", NULL);
    cookie("xsid=abc", NULL);
    cookie("sidx=abc", NULL);
    cookie("sid", NULL);
    cookie("", NULL);
    cookie(";;; ", NULL);
    cookie(NULL, NULL);
    cookie("sid=abc; sid=def", NULL);
    cookie("SID=abc", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(found_by_its_token, make, destroy),
        cmocka_unit_test_setup_teardown(ends_in_time, make, destroy),
        cmocka_unit_test_setup_teardown(ends_with_its_user, make, destroy),
        cmocka_unit_test_setup_teardown(never_too_many, make, destroy),
        cmocka_unit_test(cookies_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
