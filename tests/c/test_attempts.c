/* Proves that who guesses passwords soon waits, from one address or from many, that a wait always
 * ends and is not made longer by what comes meanwhile, and that the user himself gets in: from an
 * address that he has used before, or with a new password. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "hmi/attempts.h"

#define S INT64_C(1000000000)

static int make(void **state)
{
    *state = attempts_create();
    return *state ? 0 : -1;
}

static int destroy(void **state)
{
    attempts_destroy(*state);
    return 0;
}

static const uint8_t *address(const char *text)
{
    static uint8_t bytes[16];
    char mapped[64];
    snprintf(mapped, sizeof mapped, "%s%s", strchr(text, ':') ? "" : "::ffff:", text);
    assert_int_equal(inet_pton(AF_INET6, mapped, bytes), 1);
    return bytes;
}

static int64_t try(struct attempts *attempts, const char *from, const char *user, int64_t now)
{
    return attempts_begin(attempts, address(from), user, now);
}

static void an_address_waits_longer_and_longer(void **state)
{
    struct attempts *attempts = *state;
    int64_t now = 100 * S;
    for (int i = 0; i < ATTEMPTS_FREE_ADDRESS; i++)
        assert_int_equal(try(attempts, "10.0.0.1", i % 2 ? "a" : "b", now), 0);
    for (int64_t wait = S; wait < ATTEMPTS_WAIT_ADDRESS; wait *= 2) {
        assert_int_equal(try(attempts, "10.0.0.1", "c", now), wait);
        assert_int_equal(try(attempts, "10.0.0.1", "c", now + wait - 1), 1); /* not counted */
        now += wait;
        assert_int_equal(try(attempts, "10.0.0.1", "c", now), 0);
    }
    for (int i = 0; i < 50; i++) {
        now += ATTEMPTS_WAIT_ADDRESS;
        assert_int_equal(try(attempts, "10.0.0.1", "d", now), 0);
        assert_int_equal(try(attempts, "10.0.0.1", "d", now), ATTEMPTS_WAIT_ADDRESS);
    }
    assert_int_equal(try(attempts, "10.0.0.2", "e", now), 0);
    assert_int_equal(try(attempts, "10.0.0.1", "f", now + ATTEMPTS_FORGET), 0);
    assert_int_equal(try(attempts, "10.0.0.1", "f", now + ATTEMPTS_FORGET), 0);
}

static void a_name_is_guarded_from_many(void **state)
{
    struct attempts *attempts = *state;
    char from[32];
    int64_t now = S;
    for (int i = 0; i < ATTEMPTS_FREE_USER; i++) {
        snprintf(from, sizeof from, "10.0.1.%d", i);
        assert_int_equal(try(attempts, from, "kim", now), 0);
    }
    assert_int_equal(try(attempts, "10.0.2.1", "kim", now), S);
    assert_int_equal(try(attempts, "10.0.2.1", "zoe", now), 0);
    for (int i = 0; i < 40; i++, now += ATTEMPTS_WAIT_USER) {
        snprintf(from, sizeof from, "10.0.3.%d", i);
        int64_t wait = try(attempts, from, "kim", now);
        assert_true(wait <= ATTEMPTS_WAIT_USER);
    }
}

static void the_user_gets_in(void **state)
{
    struct attempts *attempts = *state;
    char from[32];
    assert_int_equal(try(attempts, "10.0.0.9", "kim", S), 0);
    attempts_succeeded(attempts, address("10.0.0.9"), "kim", S);
    for (int i = 0; i < 200; i++) {
        snprintf(from, sizeof from, "10.1.%d.1", i);
        try(attempts, from, "kim", 2 * S);
    }
    assert_true(try(attempts, "10.0.0.8", "kim", 2 * S) > 0);
    assert_int_equal(try(attempts, "10.0.0.9", "kim", 2 * S), 0);
    attempts_forgive(attempts, "kim");
    assert_int_equal(try(attempts, "10.0.0.8", "kim", 2 * S), 0);
}

static void a_user_of_ones_own_helps_not(void **state)
{
    struct attempts *attempts = *state;
    int tried = 0;
    for (int i = 0; i < 20; i++) {
        tried += try(attempts, "10.0.0.1", "kim", S) == 0;
        if (try(attempts, "10.0.0.1", "mine", S) == 0)
            attempts_succeeded(attempts, address("10.0.0.1"), "mine", S);
    }
    assert_int_equal(tried, ATTEMPTS_FREE_ADDRESS);
}

static void what_was_not_tried_is_not_counted(void **state)
{
    struct attempts *attempts = *state;
    for (int i = 0; i < 50; i++) {
        assert_int_equal(try(attempts, "10.0.0.1", "kim", S), 0);
        attempts_take_back(attempts, address("10.0.0.1"), "kim");
    }
}

static void a_network_of_ipv6_is_one(void **state)
{
    struct attempts *attempts = *state;
    char from[64];
    int tried = 0;
    for (int i = 0; i < 50; i++) {
        snprintf(from, sizeof from, "2001:db8:0:1::%d", i);
        tried += try(attempts, from, i % 2 ? "a" : "b", S) == 0;
    }
    assert_int_equal(tried, ATTEMPTS_FREE_ADDRESS);
    assert_int_equal(try(attempts, "2001:db8:0:2::1", "c", S), 0);
}

static void a_flood_does_not_forget_the_user(void **state)
{
    struct attempts *attempts = *state;
    char from[32];
    try(attempts, "10.0.0.9", "kim", S);
    attempts_succeeded(attempts, address("10.0.0.9"), "kim", S);
    for (int i = 0; i < 5 * ATTEMPTS_MOST; i++) {
        snprintf(from, sizeof from, "10.%d.%d.1", 1 + i / 256, i % 256);
        try(attempts, from, "kim", 2 * S + i);
    }
    assert_int_equal(try(attempts, "10.0.0.9", "kim", 3 * S), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_address_waits_longer_and_longer, make, destroy),
        cmocka_unit_test_setup_teardown(a_name_is_guarded_from_many, make, destroy),
        cmocka_unit_test_setup_teardown(the_user_gets_in, make, destroy),
        cmocka_unit_test_setup_teardown(a_user_of_ones_own_helps_not, make, destroy),
        cmocka_unit_test_setup_teardown(what_was_not_tried_is_not_counted, make, destroy),
        cmocka_unit_test_setup_teardown(a_network_of_ipv6_is_one, make, destroy),
        cmocka_unit_test_setup_teardown(a_flood_does_not_forget_the_user, make, destroy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
