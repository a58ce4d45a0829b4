/* Proves that names whose server is silent hold up neither other names nor the end of the resolver,
 * and that a look-up which comes back after that end frees what it held. getaddrinfo itself is
 * replaced here: "hang…" waits until it is let go. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "modbus/resolver.h"

enum { HANGING = 7 };

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int inside;
static bool open_gate;

static int hang(void)
{
    pthread_mutex_lock(&gate);
    inside++;
    pthread_cond_broadcast(&changed);
    while (!open_gate)
        pthread_cond_wait(&changed, &gate);
    inside--;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&gate);
    return EAI_AGAIN;
}

static void wait_for_inside(int count)
{
    pthread_mutex_lock(&gate);
    while (inside != count)
        pthread_cond_wait(&changed, &gate);
    pthread_mutex_unlock(&gate);
}

static void set_gate(bool opened)
{
    pthread_mutex_lock(&gate);
    open_gate = opened;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&gate);
}

int getaddrinfo(const char *restrict host, const char *restrict port,
                const struct addrinfo *restrict hints, struct addrinfo **restrict list)
{
    (void)port;
    if (hints->ai_flags & AI_NUMERICHOST)
        return EAI_NONAME;
    if (strncmp(host, "hang", 4) == 0)
        return hang();
    struct {
        struct addrinfo info;
        struct sockaddr_in address;
    } *answer = calloc(1, sizeof *answer);
    answer->address.sin_family = AF_INET;
    answer->info.ai_addr = (struct sockaddr *)&answer->address;
    answer->info.ai_addrlen = sizeof answer->address;
    *list = &answer->info;
    return 0;
}

void freeaddrinfo(struct addrinfo *list)
{
    free(list);
}

static struct loop *loop;
static int answers, stop_at;

static void answered(struct resolver_question *question)
{
    (void)question;
    if (++answers == stop_at)
        loop_stop(loop);
}

static struct resolver *new_resolver(void)
{
    struct error error;
    loop = loop_create(&error);
    struct resolver *resolver = resolver_create(loop, &error);
    assert_non_null(resolver);
    answers = 0;
    set_gate(false);
    return resolver;
}

static void ask_hanging(struct resolver *resolver, struct resolver_question questions[HANGING])
{
    for (int i = 0; i < HANGING; i++) {
        questions[i] = (struct resolver_question){.host = "hang", .answered = answered};
        resolver_ask(resolver, &questions[i]);
    }
    wait_for_inside(HANGING);
}

static void test_others_are_answered(void **state)
{
    (void)state;
    struct resolver *resolver = new_resolver();
    struct resolver_question hanging[HANGING];
    struct resolver_question quick = {.host = "plc", .answered = answered};
    ask_hanging(resolver, hanging);
    stop_at = 1;
    resolver_ask(resolver, &quick);
    loop_run(loop);
    assert_int_equal(quick.count, 1);
    stop_at = 1 + HANGING;
    set_gate(true);
    loop_run(loop);
    for (int i = 0; i < HANGING; i++)
        assert_non_null(strstr(hanging[i].why, "the name hang is not known ("));
    resolver_destroy(resolver);
    loop_destroy(loop);
}

static void test_the_end_does_not_wait(void **state)
{
    (void)state;
    struct resolver *resolver = new_resolver();
    struct resolver_question *hanging = calloc(HANGING, sizeof *hanging);
    ask_hanging(resolver, hanging);
    resolver_destroy(resolver);
    loop_destroy(loop);
    free(hanging);
    set_gate(true);
    wait_for_inside(0);
    assert_int_equal(answers, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_others_are_answered),
        cmocka_unit_test(test_the_end_does_not_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
