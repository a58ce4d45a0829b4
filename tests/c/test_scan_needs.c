/* Proves what a scan does with mirrored memories: a task that needs one is held while its client is
 * offline or incomplete, keeps its times and its news, and starts again with a dt of one period;
 * what follows another variable is kept up in every step, in fault too. */

#include "image/mirror.h"
#include "scan_bed.h"

enum { CLIENT = 0, FREE = 0, NEEDY = 1 }; /* of the two tasks */

static void declare_all(struct plan *plan)
{
    struct variable v = {.name = "NEWS", .table = TABLE_HOLDING, .type = TYPE_UINT16};
    declare(plan, v);
    v.name = "COPY", v.address = 1, v.from = "plc.SOURCE";
    declare(plan, v);
    v = (struct variable){.name = "VALVE", .table = TABLE_COIL, .type = TYPE_BOOL};
    declare(plan, v);
    v = (struct variable){.name = "SOURCE", .memory = 1, .table = TABLE_INPUT, .type = TYPE_UINT16};
    declare(plan, v);
}

/* Memory 0 is mem, 1 is plc with a client; the second of two tasks of 100 ms needs it. */
static struct plan *make_mirrored(int64_t period)
{
    static const uint32_t needs[] = {1};
    struct error error;
    struct plan *plan = plan_create("test");
    const struct client_spec client = {.where = "test.lua:2",
                                       .name = "a:502 unit 1",
                                       .host = "a",
                                       .port = 502,
                                       .unit = 1,
                                       .memory = 1,
                                       .period = 200 * MS,
                                       .timeout = 1000 * MS,
                                       .depth = 1,
                                       .max_read = 125,
                                       .max_write = 123};
    assert_int_equal(plan_memory(plan, &(struct memory){.name = "mem", .where = "test"}, &error),
                     0);
    assert_int_equal(plan_memory(plan, &(struct memory){.name = "plc", .where = "test"}, &error),
                     1);
    declare_all(plan);
    assert_int_equal(plan_client(plan, &client, &error), CLIENT);
    plan_task(plan, &(struct task_spec){.period = period, .where = "test.lua:3"});
    plan_task(plan, &(struct task_spec){
                        .period = period, .where = "test.lua:4", .needs = needs, .need_count = 1});
    if (!plan_seal(plan, &error))
        fail_msg("%s", error.text);
    return plan;
}

static void begin_every(struct fixture *f, int64_t period, hook *task)
{
    struct error error;
    f->now = START;
    f->utc = UTC_2025;
    f->plan = make_mirrored(period);
    f->image = image_create(f->plan, START, &error);
    assert_non_null(f->image);
    f->scan = make_scan(f, START);
    f->task = task;
}

static void begin_mirrored(struct fixture *f, hook *task)
{
    begin_every(f, 100 * MS, task);
}

static void tell_link(struct fixture *f, bool online, bool complete)
{
    link_publish(f->image, CLIENT, &(struct link_status){.online = online, .complete = complete},
                 false);
}

static size_t runs_of(const struct fixture *f, size_t task)
{
    size_t count = 0;
    for (size_t i = 0; i < f->run_count; i++)
        count += f->runs[i].task == task;
    return count;
}

static const struct task_run *last_run(const struct fixture *f, size_t task)
{
    const struct task_run *last = NULL;
    for (size_t i = 0; i < f->run_count; i++) {
        if (f->runs[i].task == task)
            last = &f->runs[i];
    }
    assert_non_null(last);
    return last;
}

static void a_task_waits_for_what_it_needs(void **state)
{
    struct fixture *f = *state;
    begin_mirrored(f, NULL);
    step(f, 0);
    step(f, 100);
    assert_int_equal(runs_of(f, FREE), 2);
    assert_int_equal(runs_of(f, NEEDY), 0);
    tell_link(f, true, false); /* online, but something was never read */
    step(f, 200);
    tell_link(f, false, true);
    step(f, 300);
    assert_int_equal(runs_of(f, NEEDY), 0);
    tell_link(f, true, true);
    step(f, 400);
    assert_int_equal(runs_of(f, NEEDY), 1);
    tell_link(f, false, false);
    step(f, 500);
    assert_int_equal(runs_of(f, NEEDY), 1);
}

/* Neither a jump in dt nor a run of missed times when the device is back. */
static void its_time_goes_on_without_it(void **state)
{
    struct fixture *f = *state;
    begin_mirrored(f, NULL);
    tell_link(f, true, true);
    step(f, 0);
    tell_link(f, false, false);
    run_until(f, 900);
    tell_link(f, true, true);
    step(f, 1003); /* a little late, which is no part of it */
    assert_int_equal(runs_of(f, NEEDY), 2);
    assert_close(last_run(f, NEEDY)->dt, 0.1);
    assert_int_equal(overruns(f), 0);
    assert_int_equal(due_ms(f), 1100);
    step(f, 1100);
    assert_close(last_run(f, NEEDY)->dt, 0.097);
}

static bool note_news(struct fixture *f, size_t task)
{
    f->seen[task] += written(f, "NEWS");
    return true;
}

static void what_was_written_meanwhile_is_news(void **state)
{
    struct fixture *f = *state;
    begin_mirrored(f, note_news);
    tell_link(f, true, true);
    step(f, 0);
    tell_link(f, false, false);
    step(f, 100);
    assert_int_equal(remote_write(f, "NEWS", 7), EXCEPTION_NONE);
    step(f, 200);
    step(f, 300);
    assert_int_equal(f->seen[FREE], 1);
    assert_int_equal(f->seen[NEEDY], 0);
    tell_link(f, true, true);
    step(f, 400);
    step(f, 500);
    assert_int_equal(f->seen[FREE], 1);
    assert_int_equal(f->seen[NEEDY], 1);
}

/* The device's value comes in as its client would bring it. */
static void bring(struct fixture *f, uint16_t word, enum quality quality)
{
    const struct variable *v = f->plan->variables[plan_find_variable(f->plan, 1, "SOURCE")];
    struct mirror_news news = {
        .group = f->plan->points[v->point].group, .take = true, .quality = (uint8_t)quality};
    uint16_t cells[64] = {0};
    assert_true(plan_client_cells(f->plan, CLIENT).count <= 64);
    cells[v->cell - plan_client_cells(f->plan, CLIENT).first] = word;
    assert_int_equal(mirror_tell(f->image, CLIENT, &news, 1, cells, f->now), 0);
}

static uint8_t quality_of(struct fixture *f, const char *name)
{
    return view_marks(scan_view(f->scan))[find(f, name)->point].quality;
}

static bool sees_copy(struct fixture *f, size_t task)
{
    (void)task;
    return value(f, "COPY") == 21; /* false is a fault */
}

static void followers_are_there_before_the_tasks(void **state)
{
    struct fixture *f = *state;
    begin_mirrored(f, sees_copy);
    bring(f, 21, QUALITY_GOOD);
    step(f, 0);
    assert_int_equal(f->faults, 0);
    assert_int_equal(remote_read(f, "COPY"), 21);
}

static void followers_are_kept_up_in_fault(void **state)
{
    struct fixture *f = *state;
    begin_mirrored(f, sees_copy);
    bring(f, 5, QUALITY_GOOD);
    step(f, 0);
    assert_int_equal(f->faults, 1);
    step(f, 100);
    assert_int_equal(remote_read(f, "COPY"), 5);
    bring(f, 6, QUALITY_GOOD);
    step(f, 200);
    assert_int_equal(remote_read(f, "COPY"), 6);
    bring(f, 6, QUALITY_STALE);
    step(f, 300);
    step(f, 400);
    assert_int_equal(quality_of(f, "COPY"), QUALITY_STALE);
    assert_int_equal(f->run_count, 1);
    assert_int_equal(f->faults, 1);
}

static void followers_do_not_wait_for_slow_tasks(void **state)
{
    struct fixture *f = *state;
    begin_every(f, 20000 * MS, NULL);
    bring(f, 5, QUALITY_GOOD);
    step(f, 0);
    bring(f, 6, QUALITY_GOOD);
    assert_int_equal(scan_due(f->scan), START + 100 * MS);
    step(f, 100);
    assert_int_equal(remote_read(f, "COPY"), 6);
    assert_int_equal(runs_of(f, FREE), 1);
    assert_int_equal(scan_statistics(f->scan).period, 20000 * MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_task_waits_for_what_it_needs),     TEST(its_time_goes_on_without_it),
        TEST(what_was_written_meanwhile_is_news), TEST(followers_are_there_before_the_tasks),
        TEST(followers_are_kept_up_in_fault),     TEST(followers_do_not_wait_for_slow_tasks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
