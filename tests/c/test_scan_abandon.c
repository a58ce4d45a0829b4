/* Proves that who abandons a scan has the image for himself: the outputs are safe at once, and
 * the hook that comes back at last reaches neither image nor program any more. The watchdog here
 * takes notes only; its "signals" are calls. */

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include "base/watchdog.h"
#include "image/plan_match.h"
#include "scan_bed.h"

struct watchdog {
    struct watchdog_hooks hooks;
    int begun, ended;
};

void watchdog_begin(struct watchdog *watchdog, const struct watchdog_hooks *hooks, int64_t deadline)
{
    assert_true(deadline > 0);
    watchdog->hooks = *hooks;
    watchdog->begun++;
}

void watchdog_end(struct watchdog *watchdog)
{
    watchdog->ended++;
}

/* What the thread that is stuck and the one that loses patience tell each other. */
static struct {
    sem_t inside, let_back, in_stuck, let_stuck;
    struct watchdog dog;
    atomic_int lates, stucks;
    atomic_bool stuck_is_over, waited;
} talk;

/* An abandoned scan stays for ever, and the leak checker should know it. */
static struct scan *kept[32];
static size_t kept_count;

static void wait_for(sem_t *event)
{
    while (sem_wait(event) != 0)
        continue;
}

static void on_late(void *context)
{
    (void)context;
    talk.lates++;
}

static void on_stuck(void *context)
{
    (void)context;
    talk.stucks++;
}

static void on_slow_stuck(void *context)
{
    (void)context;
    sem_post(&talk.in_stuck);
    wait_for(&talk.let_stuck);
    for (int i = 0; i < 1000; i++)
        sched_yield();
    talk.stuck_is_over = true;
}

static int setup_talk(void **state)
{
    memset(&talk, 0, sizeof talk);
    sem_init(&talk.inside, 0, 0);
    sem_init(&talk.let_back, 0, 0);
    sem_init(&talk.in_stuck, 0, 0);
    sem_init(&talk.let_stuck, 0, 0);
    return setup(state);
}

static int teardown_kept(void **state)
{
    struct fixture *f = *state;
    if (scan_is_abandoned(f->scan)) {
        kept[kept_count++] = f->scan;
        f->scan = NULL;
    }
    return teardown(state);
}

static bool open_all(struct fixture *f, size_t task)
{
    (void)task;
    assign(f, "A", 1);
    assign(f, "VALVE", 1);
    assign(f, "SPEED", 70);
    return true;
}

static bool get_stuck(struct fixture *f, size_t task)
{
    open_all(f, task);
    assign(f, "A", 2);
    sem_post(&talk.inside);
    wait_for(&talk.let_back);
    return true;
}

static bool get_stuck_and_break(struct fixture *f, size_t task)
{
    get_stuck(f, task);
    return false;
}

/* Two tasks; has opened all in its first step. */
static void begin_open(struct fixture *f)
{
    struct error error;
    begin(f, (int64_t[]){100 * MS, 100 * MS}, 2);
    scan_destroy(f->scan);
    struct scan_hooks hooks = bed_hooks(f);
    hooks.late = on_late;
    hooks.stuck = on_stuck;
    f->scan = scan_create(f->image, &hooks, (struct instant){START, f->utc}, &error);
    assert_non_null(f->scan);
    scan_watch(f->scan, &talk.dog);
    f->task = open_all;
    step(f, 0);
    assert_int_equal(remote_read(f, "SPEED"), 70);
    talk.dog.begun = talk.dog.ended = 0;
}

static const struct instant LATER = {INT64_C(5000100) * NS_PER_MS, 0};

static void *step_there(void *context)
{
    struct fixture *f = context;
    scan_step(f->scan, LATER);
    scan_ended(f->scan, LATER.monotonic + 1);
    return NULL;
}

static void *stop_there(void *context)
{
    scan_stop(((struct fixture *)context)->scan, LATER);
    return NULL;
}

static bool call(void *context, const struct cycle *cycle, struct error *error)
{
    (void)cycle, (void)error;
    return get_stuck(context, 0);
}

static void *call_there(void *context)
{
    struct fixture *f = context;
    assert_false(scan_between(f->scan, call, f, LATER, &f->fault));
    return NULL;
}

static pthread_t begin_stuck(struct fixture *f, void *(*there)(void *context))
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, there, f), 0);
    wait_for(&talk.inside);
    return thread;
}

static void come_back(pthread_t thread)
{
    sem_post(&talk.let_back);
    pthread_join(thread, NULL);
}

static void assert_safe(struct fixture *f)
{
    assert_int_equal(remote_read(f, "VALVE"), 0);
    assert_int_equal(remote_read(f, "SPEED"), 5);
    assert_int_equal(remote_write(f, "SPEED", 71), EXCEPTION_DEVICE_FAILURE);
}

static void the_outputs_are_safe_at_once(void **state)
{
    struct fixture *f = *state;
    begin_open(f);
    f->task = get_stuck;
    pthread_t thread = begin_stuck(f, step_there);
    assert_false(scan_is_abandoned(f->scan));
    scan_abandon(f->scan, f->now);
    assert_true(scan_is_abandoned(f->scan));
    assert_int_equal(scan_state(f->scan), SCAN_FAULT);
    assert_safe(f);
    scan_abandon(f->scan, f->now); /* once is enough */
    come_back(thread);
}

static void what_comes_back_touches_nothing(void **state)
{
    struct fixture *f = *state;
    begin_open(f);
    int rests = f->rests;
    f->task = get_stuck;
    pthread_t thread = begin_stuck(f, step_there);
    scan_abandon(f->scan, f->now);
    image_clear_fault(f->image); /* somebody else has it now */
    remote_write(f, "SPEED", 33);
    come_back(thread);
    assert_int_equal(f->run_count, 3); /* the second task did not run */
    assert_int_equal(f->rests, rests);
    assert_int_equal(f->faults, 0);
    assert_int_equal(remote_read(f, "A"), 1);
    assert_int_equal(remote_read(f, "VALVE"), 0);
    assert_int_equal(remote_read(f, "SPEED"), 33);
    assert_int_equal(scan_statistics(f->scan).count, 1);
    assert_int_equal(talk.dog.begun, 1);
    assert_int_equal(talk.dog.ended, 1); /* its thread has it back */
}

static void nor_does_an_error_that_comes_back(void **state)
{
    struct fixture *f = *state;
    begin_open(f);
    f->task = get_stuck_and_break;
    pthread_t thread = begin_stuck(f, step_there);
    scan_abandon(f->scan, f->now);
    image_clear_fault(f->image);
    come_back(thread);
    assert_int_equal(f->faults, 0);
    assert_false(image_in_fault(f->image));
}

static void it_steps_and_stops_no_more(void **state)
{
    struct fixture *f = *state;
    begin_open(f);
    f->task = get_stuck;
    pthread_t thread = begin_stuck(f, step_there);
    scan_abandon(f->scan, f->now);
    come_back(thread);
    image_clear_fault(f->image);
    remote_write(f, "SPEED", 33);
    f->task = open_all;
    step(f, 300);
    stop(f, 320);
    assert_int_equal(f->run_count, 3);
    assert_int_equal(f->stops, 0);
    assert_int_equal(remote_read(f, "SPEED"), 33);
    assert_false(image_in_fault(f->image));
    assert_int_equal(scan_state(f->scan), SCAN_FAULT);
}

/* The stop itself may be what hangs. */
static void a_stop_may_be_abandoned(void **state)
{
    struct fixture *f = *state;
    begin_open(f);
    f->stop = get_stuck_and_break;
    pthread_t thread = begin_stuck(f, stop_there);
    scan_abandon(f->scan, f->now);
    assert_safe(f);
    image_clear_fault(f->image);
    come_back(thread);
    assert_int_equal(f->faults, 0);
    assert_int_equal(scan_state(f->scan), SCAN_FAULT);
    assert_int_equal(remote_read(f, "A"), 1);
    assert_false(image_in_fault(f->image));
}

static void a_call_between_may_be_abandoned(void **state)
{
    struct fixture *f = *state;
    begin_open(f);
    pthread_t thread = begin_stuck(f, call_there);
    scan_abandon(f->scan, f->now);
    assert_safe(f);
    come_back(thread);
    assert_non_null(strstr(f->fault.text, "given up"));
    assert_int_equal(remote_read(f, "A"), 1);
    assert_int_equal(talk.dog.ended, 1);
}

/* fault in probation: who abandons it brings another program back; if not, the outputs are made
 * safe when the trial ends. */
static void on_trial_the_outputs_stay(void **state)
{
    struct fixture *f = *state;
    begin_open(f);
    scan_try(f->scan, true, f->now);
    f->task = get_stuck;
    pthread_t thread = begin_stuck(f, step_there);
    scan_abandon(f->scan, f->now);
    assert_int_equal(scan_state(f->scan), SCAN_FAULT);
    assert_int_equal(remote_read(f, "SPEED"), 70);
    assert_false(image_in_fault(f->image));
    scan_try(f->scan, false, f->now);
    assert_safe(f);
    come_back(thread);
}

static void the_image_lets_go_of_its_view(void **state)
{
    struct fixture *f = *state;
    struct error error;
    struct view *views[8]; /* as many as an image has room for */
    begin_open(f);
    scan_abandon(f->scan, f->now);
    for (size_t i = 0; i < 8; i++) {
        views[i] = view_create(f->image, &error);
        assert_non_null(views[i]);
    }
    for (size_t i = 0; i < 8; i++)
        view_destroy(views[i]);
}

static bool count_written(struct fixture *f, size_t task)
{
    f->seen[task] += written(f, "B");
    return true;
}

/* How often the tasks of another scan, which goes on where this one was, see it written. */
static uint64_t news_to_successor(struct fixture *f)
{
    struct plan_match match = {.tasks = (uint32_t[]){0, 1}};
    struct scan *before = f->scan;
    f->scan = make_scan(f, START);
    scan_continue(f->scan, before, &match, START);
    f->task = count_written;
    step(f, 200);
    scan_destroy(f->scan);
    f->scan = before;
    return f->seen[0] + f->seen[1];
}

/* A command that broke a program is not carried out when somebody has mended that. */
static void what_it_has_seen_in_vain_is_old(void **state)
{
    struct fixture *f = *state;
    begin_open(f);
    remote_write(f, "B", 1);
    f->task = get_stuck;
    pthread_t thread = begin_stuck(f, step_there);
    scan_abandon(f->scan, f->now);
    come_back(thread);
    assert_int_equal(news_to_successor(f), 0);
}

static void on_trial_it_is_news_again(void **state)
{
    struct fixture *f = *state;
    begin_open(f);
    scan_try(f->scan, true, f->now);
    remote_write(f, "B", 1);
    f->task = get_stuck;
    pthread_t thread = begin_stuck(f, step_there);
    scan_abandon(f->scan, f->now);
    come_back(thread);
    assert_int_equal(news_to_successor(f), 2);
}

static void what_a_completed_step_has_seen_is_not(void **state)
{
    struct fixture *f = *state;
    begin_open(f);
    remote_write(f, "B", 1);
    step(f, 100);
    scan_abandon(f->scan, f->now);
    assert_int_equal(news_to_successor(f), 0);
}

/* It may come back into code that never ends, which `late` ends; it is given up only once. */
static void only_late_is_still_heard_of(void **state)
{
    struct fixture *f = *state;
    begin_open(f);
    f->task = get_stuck;
    pthread_t thread = begin_stuck(f, step_there);
    talk.dog.hooks.late(talk.dog.hooks.context);
    talk.dog.hooks.stuck(talk.dog.hooks.context);
    scan_abandon(f->scan, f->now);
    talk.dog.hooks.late(talk.dog.hooks.context);
    talk.dog.hooks.stuck(talk.dog.hooks.context);
    assert_int_equal(talk.lates, 2);
    assert_int_equal(talk.stucks, 1);
    come_back(thread);
}

static bool be_stuck(struct fixture *f, size_t task)
{
    (void)f, (void)task;
    talk.dog.hooks.stuck(talk.dog.hooks.context);
    return true;
}

static void *abandon_there(void *context)
{
    struct fixture *f = context;
    scan_abandon(f->scan, f->now);
    talk.waited = talk.stuck_is_over;
    return NULL;
}

/* The program may be taken away when scan_abandon has returned, so it waits for the handler. */
static void it_waits_for_a_signal_under_way(void **state)
{
    struct fixture *f = *state;
    struct error error;
    pthread_t thread, patience;
    begin(f, (int64_t[]){100 * MS}, 1);
    scan_destroy(f->scan);
    struct scan_hooks hooks = bed_hooks(f);
    hooks.stuck = on_slow_stuck;
    f->scan = scan_create(f->image, &hooks, (struct instant){START, f->utc}, &error);
    assert_non_null(f->scan);
    scan_watch(f->scan, &talk.dog);
    f->task = be_stuck;
    assert_int_equal(pthread_create(&thread, NULL, step_there, f), 0);
    wait_for(&talk.in_stuck);
    assert_int_equal(pthread_create(&patience, NULL, abandon_there, f), 0);
    while (!scan_is_abandoned(f->scan))
        sched_yield();
    sem_post(&talk.let_stuck);
    pthread_join(patience, NULL);
    pthread_join(thread, NULL);
    assert_true(talk.waited);
}

static void *abandon_soon(void *context)
{
    struct fixture *f = context;
    wait_for(&talk.inside);
    scan_abandon(f->scan, START);
    remote_write(f, "B", 77); /* nobody else writes from here on */
    talk.waited = true;
    return NULL;
}

static bool write_b(struct fixture *f, size_t task)
{
    (void)task;
    if (f->run_count == 1)
        sem_post(&talk.inside);
    assign(f, "B", (uint16_t)f->cycle.count);
    f->run_count = 2;
    return true;
}

/* At no moment do both have the image: whatever the step is doing when it is abandoned. */
static void it_may_come_at_any_moment(void **state)
{
    struct fixture *f = *state;
    pthread_t patience;
    begin_one(f, write_b);
    assert_int_equal(pthread_create(&patience, NULL, abandon_soon, f), 0);
    for (int64_t i = 0; !talk.waited; i++) {
        scan_step(f->scan, (struct instant){START + i * 100 * MS, f->utc});
        scan_ended(f->scan, START + i * 100 * MS);
    }
    pthread_join(patience, NULL);
    assert_int_equal(remote_read(f, "B"), 77);
}

#define KEPT(name) cmocka_unit_test_setup_teardown(name, setup_talk, teardown_kept)

int main(void)
{
    const struct CMUnitTest tests[] = {
        KEPT(the_outputs_are_safe_at_once),      KEPT(what_comes_back_touches_nothing),
        KEPT(nor_does_an_error_that_comes_back), KEPT(it_steps_and_stops_no_more),
        KEPT(a_stop_may_be_abandoned),           KEPT(a_call_between_may_be_abandoned),
        KEPT(on_trial_the_outputs_stay),         KEPT(only_late_is_still_heard_of),
        KEPT(the_image_lets_go_of_its_view),     KEPT(what_it_has_seen_in_vain_is_old),
        KEPT(on_trial_it_is_news_again),         KEPT(what_a_completed_step_has_seen_is_not),
        KEPT(it_waits_for_a_signal_under_way),   KEPT(it_may_come_at_any_moment),
    };
    return cmocka_run_group_tests_name("scan_abandon", tests, NULL, NULL);
}
