/* Proves that addresses and names are answered on the loop's thread and never from within the
 * question, that an unknown name comes with a text for people, that a forgotten question is not
 * answered, and that neither the end of the resolver nor a later question waits for names that are
 * still being looked up. The name server of this machine may be anything, or none. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "modbus/resolver.h"

static const char *const UNKNOWN = "plc7.no-such-name.invalid";

struct asker {
    struct resolver_question question; /* the first member */
    struct loop *loop;
    struct resolver *resolver;
    struct asker *victim; /* whose question is forgotten at the first answer */
    int *left;
    int answers;
    pthread_t thread;
};

struct desk {
    struct loop *loop;
    struct resolver *resolver;
    int left;
};

static int desk_open(void **state)
{
    struct desk *desk = calloc(1, sizeof *desk);
    struct error error;
    desk->loop = loop_create(&error);
    desk->resolver = resolver_create(desk->loop, &error);
    assert_non_null(desk->resolver);
    *state = desk;
    return 0;
}

static int desk_close(void **state)
{
    struct desk *desk = *state;
    resolver_destroy(desk->resolver);
    loop_destroy(desk->loop);
    free(desk);
    return 0;
}

static void answered(struct resolver_question *question)
{
    struct asker *asker = (struct asker *)question;
    asker->answers++;
    asker->thread = pthread_self();
    if (asker->victim)
        resolver_forget(asker->resolver, &asker->victim->question);
    if (--*asker->left == 0)
        loop_stop(asker->loop);
}

static void ask(struct desk *desk, struct asker *asker, const char *host, uint16_t port)
{
    *asker = (struct asker){
        .question = {.host = host, .port = port, .answered = answered},
        .loop = desk->loop,
        .resolver = desk->resolver,
        .left = &desk->left,
    };
    desk->left++;
    resolver_ask(desk->resolver, &asker->question);
    assert_int_equal(asker->answers, 0);
}

static void assert_v4(const struct asker *asker, const char *address, uint16_t port)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&asker->question.addresses[0];
    assert_int_equal(asker->answers, 1);
    assert_int_equal(asker->question.count, 1);
    assert_int_equal(v4->sin_family, AF_INET);
    assert_int_equal(v4->sin_addr.s_addr, inet_addr(address));
    assert_int_equal(ntohs(v4->sin_port), port);
    assert_true(pthread_equal(asker->thread, pthread_self()));
}

static void test_addresses(void **state)
{
    struct desk *desk = *state;
    struct asker v4, v6;
    ask(desk, &v4, "10.1.2.3", 502);
    ask(desk, &v6, "fd00::7", 1502);
    loop_run(desk->loop);
    assert_v4(&v4, "10.1.2.3", 502);
    const struct sockaddr_in6 *address = (const struct sockaddr_in6 *)&v6.question.addresses[0];
    assert_int_equal(v6.question.count, 1);
    assert_int_equal(address->sin6_family, AF_INET6);
    assert_int_equal(ntohs(address->sin6_port), 1502);
}

static void test_localhost(void **state)
{
    struct desk *desk = *state;
    struct asker asker;
    ask(desk, &asker, "localhost", 502);
    loop_run(desk->loop);
    assert_int_equal(asker.answers, 1);
    assert_true(asker.question.count >= 1);
    assert_true(pthread_equal(asker.thread, pthread_self()));
}

static void test_unknown(void **state)
{
    struct desk *desk = *state;
    struct asker asker;
    ask(desk, &asker, UNKNOWN, 502);
    loop_run(desk->loop);
    assert_int_equal(asker.answers, 1);
    assert_int_equal(asker.question.count, 0);
    assert_ptr_equal(strstr(asker.question.why, "the name "), asker.question.why);
    assert_non_null(strstr(asker.question.why, UNKNOWN));
    assert_non_null(strstr(asker.question.why, "is not known ("));
}

/* A name is asked for anew after an answer, and a long one is cut, not overrun. */
static void test_again_and_long(void **state)
{
    struct desk *desk = *state;
    struct asker asker;
    char name[250];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    for (int i = 0; i < 2; i++) {
        ask(desk, &asker, name, 502);
        loop_run(desk->loop);
        assert_int_equal(asker.question.count, 0);
        assert_true(strlen(asker.question.why) < sizeof asker.question.why);
    }
    ask(desk, &asker, "127.0.0.1", 1);
    loop_run(desk->loop);
    assert_v4(&asker, "127.0.0.1", 1);
    assert_string_equal(asker.question.why, "");
}

static void test_many(void **state)
{
    struct desk *desk = *state;
    struct asker askers[60];
    for (int i = 0; i < 60; i++)
        ask(desk, &askers[i], i % 3 ? "localhost" : UNKNOWN, 502);
    loop_run(desk->loop);
    for (int i = 0; i < 60; i++) {
        assert_int_equal(askers[i].answers, 1);
        assert_int_equal(askers[i].question.count > 0, i % 3 != 0);
    }
}

static void test_forgotten(void **state)
{
    struct desk *desk = *state;
    struct asker *gone = malloc(sizeof *gone), waits;
    ask(desk, gone, "localhost", 502);
    resolver_forget(desk->resolver, &gone->question);
    memset(gone, 0xEE, sizeof *gone);
    free(gone);
    desk->left = 0;
    ask(desk, &waits, "localhost", 502);
    loop_run(desk->loop);
    assert_int_equal(waits.answers, 1);
}

/* Both answers lie ready when the first is given. */
static void test_forgotten_by_another(void **state)
{
    struct desk *desk = *state;
    struct asker first, second, last;
    ask(desk, &first, "10.0.0.1", 502);
    ask(desk, &second, "10.0.0.2", 502);
    ask(desk, &last, "10.0.0.3", 502);
    first.victim = &second;
    desk->left = 2;
    loop_run(desk->loop);
    assert_int_equal(second.answers, 0);
    assert_int_equal(last.answers, 1);
}

/* Ended with questions waiting, being looked up and answered: none may be answered, leaked or
 * touched after. */
static void test_destroyed(void **state)
{
    (void)state;
    for (int round = 0; round < 50; round++) {
        void *inner;
        struct asker *askers = calloc(20, sizeof *askers);
        desk_open(&inner);
        struct desk *desk = inner;
        for (int i = 0; i < 20; i++)
            ask(desk, &askers[i], i % 2 ? "localhost" : UNKNOWN, 502);
        if (round % 2) {
            desk->left = 1;
            loop_run(desk->loop);
        }
        desk_close(&inner);
        free(askers);
    }
    resolver_destroy(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_open, desk_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_addresses),
        TEST(test_localhost),
        TEST(test_unknown),
        TEST(test_again_and_long),
        TEST(test_many),
        TEST(test_forgotten),
        TEST(test_forgotten_by_another),
        cmocka_unit_test(test_destroyed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
