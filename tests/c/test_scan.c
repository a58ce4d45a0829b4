/* Proves the logic cycle by driving scan_step by hand, with hooks in C that act on the view as a
 * script would. The first part is about time: who runs when, with which dt, what is an overrun.
 * The second takes the lines of the truth table (DESIGN.md, "What happens to a value") that a scan
 * decides; each test names its line. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "scan/scan.h"

enum { MAX_RUNS = 64 };

static const int64_t MS = NS_PER_MS;
static const int64_t START = INT64_C(5000) * NS_PER_S;          /* monotonic, of any machine */
static const int64_t UTC_2025 = INT64_C(1735689600) * NS_PER_S; /* 2025-01-01T00:00:00Z */

struct fixture;
typedef bool hook(struct fixture *fixture, size_t task);

/* What a hook was told. */
struct run {
    size_t task;
    double dt;
    struct cycle cycle;
};

struct fixture {
    struct plan *plan;
    struct image *image;
    struct scan *scan;
    int64_t now; /* monotonic ns */
    int64_t utc;
    hook *start, *task, *stop; /* NULL: nothing to do */
    struct run runs[MAX_RUNS];
    size_t run_count;
    struct cycle cycle; /* of the hook that runs */
    int starts, stops, rests, faults;
    bool stop_wanted;
    struct error fault;
    bool safe_when_told; /* the outputs were safe before anybody heard of the fault */
    uint64_t seen[8];    /* free for the test */
};

/* ---- the program as the scan knows it ---- */

static bool on_start(void *context, const struct cycle *cycle, struct error *error)
{
    struct fixture *f = context;
    f->starts++;
    f->cycle = *cycle;
    return !f->start || f->start(f, 0) || error_set(error, "start broke");
}

static bool on_task(void *context, size_t task, double dt, const struct cycle *cycle,
                    struct error *error)
{
    struct fixture *f = context;
    assert_true(f->run_count < MAX_RUNS);
    f->runs[f->run_count++] = (struct run){task, dt, *cycle};
    f->cycle = *cycle;
    return !f->task || f->task(f, task) || error_set(error, "task %zu broke", task);
}

static bool on_stop(void *context, const struct cycle *cycle, struct error *error)
{
    struct fixture *f = context;
    f->stops++;
    f->cycle = *cycle;
    return !f->stop || f->stop(f, 0) || error_set(error, "stop broke");
}

static bool stop_wanted(void *context)
{
    return ((struct fixture *)context)->stop_wanted;
}

static void rest(void *context)
{
    ((struct fixture *)context)->rests++;
}

static const struct variable *find(struct fixture *f, const char *name)
{
    int index = plan_find_variable(f->plan, 0, name);
    assert_true(index >= 0);
    return f->plan->variables[index];
}

static uint16_t remote_read(struct fixture *f, const char *name);

static void fault(void *context, const struct error *error)
{
    struct fixture *f = context;
    f->faults++;
    f->safe_when_told = remote_read(f, "VALVE") == 0;
    f->fault = *error;
}

/* ---- what a script and a master do ---- */

static void assign(struct fixture *f, const char *name, uint16_t value)
{
    const struct variable *v = find(f, name);
    uint16_t *cell = &view_cells(scan_view(f->scan))[v->cell];
    if (v->words == 2)
        cell[1] = value; /* both words, so that a torn one shows */
    *cell = (uint16_t)((*cell & ~v->mask) | (value & v->mask));
    view_assign(scan_view(f->scan), v->point);
}

static uint16_t value(struct fixture *f, const char *name)
{
    const struct variable *v = find(f, name);
    return view_cells(scan_view(f->scan))[v->cell] & v->mask;
}

static bool written(struct fixture *f, const char *name)
{
    return view_marks(scan_view(f->scan))[find(f, name)->point].written > f->cycle.seen;
}

static enum exception write_words(struct fixture *f, const char *name, const uint16_t *words)
{
    const struct variable *v = find(f, name);
    struct request request = {.memory = 0};
    request.write.table = v->table;
    request.write.address = v->address;
    request.write.count = v->words;
    request.write.words = words;
    return image_request(f->image, &request, f->now);
}

static enum exception remote_write(struct fixture *f, const char *name, uint16_t word)
{
    return write_words(f, name, (uint16_t[]){word, word});
}

static uint16_t remote_read(struct fixture *f, const char *name)
{
    const struct variable *v = find(f, name);
    uint16_t words[2] = {0};
    struct request request = {.memory = 0};
    request.read.table = v->table;
    request.read.address = v->address;
    request.read.count = v->words;
    request.read.words = words;
    assert_int_equal(image_request(f->image, &request, f->now), EXCEPTION_NONE);
    if (v->words == 2)
        assert_int_equal(words[0], words[1]);
    return words[0] & v->mask;
}

/* ---- a program of some variables and the tasks that the test asks for ---- */

static void declare(struct plan *plan, struct variable v)
{
    struct error error;
    v.path = v.name;
    v.where = "test.lua:1";
    v.decimals = -1;
    if (plan_variable(plan, &v, &error) < 0)
        fail_msg("%s", error.text);
}

static struct value integer(int64_t number)
{
    return (struct value){.kind = VALUE_INTEGER, .integer = number};
}

static struct plan *make_plan(const int64_t *periods, size_t count)
{
    struct error error;
    struct plan *plan = plan_create("test");
    assert_int_equal(plan_memory(plan, &(struct memory){.name = "mem", .where = "test"}, &error),
                     0);
    struct variable word = {.table = TABLE_HOLDING, .type = TYPE_UINT16};
    struct variable v = word;
    v.name = "A", v.address = 0;
    declare(plan, v);
    v.name = "B", v.address = 1;
    declare(plan, v);
    v.name = "OURS", v.address = 2, v.wins = WINNER_PROGRAM;
    declare(plan, v);
    v = word;
    v.name = "SPEED", v.address = 3; /* safe, and a master may write it */
    v.direction = DIRECTION_INOUT, v.has_safe = true, v.safe = integer(5);
    declare(plan, v);
    v = (struct variable){
        .name = "WIDE", .table = TABLE_HOLDING, .type = TYPE_UINT32, .address = 4};
    declare(plan, v);
    v = (struct variable){.name = "BIT0", .table = TABLE_HOLDING, .type = TYPE_BOOL, .address = 6};
    declare(plan, v);
    v.name = "BIT1", v.bit = 1;
    declare(plan, v);
    v = (struct variable){
        .name = "VALVE", .table = TABLE_COIL, .type = TYPE_BOOL, .has_safe = true};
    v.safe = (struct value){.kind = VALUE_BOOLEAN, .boolean = false};
    declare(plan, v);
    for (size_t i = 0; i < count; i++)
        plan_task(plan, &(struct task_spec){.period = periods[i], .where = "test.lua:9"});
    if (!plan_seal(plan, &error))
        fail_msg("%s", error.text);
    return plan;
}

static int setup(void **state)
{
    *state = calloc(1, sizeof(struct fixture));
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    scan_destroy(f->scan);
    image_destroy(f->image);
    plan_unref(f->plan);
    free(f);
    return 0;
}

static void begin(struct fixture *f, const int64_t *periods, size_t count)
{
    struct error error;
    f->now = START;
    f->utc = UTC_2025;
    f->plan = make_plan(periods, count);
    f->image = image_create(f->plan, START, &error);
    assert_non_null(f->image);
    struct scan_hooks hooks = {f, on_start, on_task, on_stop, stop_wanted, rest, fault};
    f->scan = scan_create(f->image, &hooks, (struct instant){START, f->utc}, &error);
    assert_non_null(f->scan);
}

/* The usual program: one task of 100 ms. */
static void begin_one(struct fixture *f, hook *task)
{
    begin(f, (int64_t[]){100 * MS}, 1);
    f->task = task;
}

/* One step at `ms` after the start that takes `took` ms. */
static void step_taking(struct fixture *f, int64_t ms, int64_t took)
{
    f->now = START + ms * MS;
    scan_step(f->scan, (struct instant){f->now, f->utc + ms * MS});
    f->now += took * MS;
    scan_ended(f->scan, f->now);
}

static void step(struct fixture *f, int64_t ms)
{
    step_taking(f, ms, 0);
}

static void stop(struct fixture *f, int64_t ms)
{
    f->now = START + ms * MS;
    scan_stop(f->scan, (struct instant){f->now, f->utc + ms * MS});
}

/* Steps at each due time until `ms`, as a thread that is never late would. */
static void run_until(struct fixture *f, int64_t ms)
{
    while (scan_due(f->scan) <= START + ms * MS)
        step(f, (scan_due(f->scan) - START) / MS);
}

static int64_t due_ms(const struct fixture *f)
{
    return (scan_due(f->scan) - START) / MS;
}

static uint64_t overruns(const struct fixture *f)
{
    return scan_statistics(f->scan).overruns;
}

static void assert_close(double found, double expected)
{
    if (fabs(found - expected) > 1e-9)
        fail_msg("%.12g is not %.12g", found, expected);
}

/* ---- time ---- */

static bool start_before_tasks(struct fixture *f, size_t task)
{
    (void)task;
    assert_int_equal(f->run_count, 0);
    assign(f, "A", 7);
    assert_int_equal(remote_read(f, "A"), 0); /* published with the first scan, not before */
    return true;
}

static bool sees_start(struct fixture *f, size_t task)
{
    (void)task;
    assert_int_equal(value(f, "A"), 7);
    return true;
}

static void starts_once_before_the_tasks(void **state)
{
    struct fixture *f = *state;
    begin_one(f, sees_start);
    f->start = start_before_tasks;
    assert_int_equal(scan_state(f->scan), SCAN_READY);
    assert_int_equal(due_ms(f), 0);
    step(f, 0);
    assert_int_equal(scan_state(f->scan), SCAN_RUN);
    assert_int_equal(remote_read(f, "A"), 7);
    step(f, 100);
    assert_int_equal(f->starts, 1);
    assert_int_equal(f->run_count, 2);
    assert_int_equal(f->rests, 2);
}

/* cold start: tasks first run at scan.time 0. */
static void all_tasks_first_run_at_time_0(void **state)
{
    struct fixture *f = *state;
    begin(f, (int64_t[]){100 * MS, 10000 * MS}, 2);
    step(f, 0);
    assert_int_equal(f->run_count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(f->runs[i].task, i);
        assert_close(f->runs[i].cycle.time, 0);
        assert_int_equal(f->runs[i].cycle.count, 1);
    }
    assert_close(f->runs[0].dt, 0.1);
    assert_close(f->runs[1].dt, 10);
}

/* Getting ready may take longer than a period; that is no overrun and no time of the program. */
static void a_late_first_step_is_the_beginning(void **state)
{
    struct fixture *f = *state;
    begin_one(f, NULL);
    step(f, 730);
    assert_close(f->runs[0].cycle.time, 0);
    assert_close(f->runs[0].dt, 0.1);
    assert_int_equal(due_ms(f), 830);
    assert_int_equal(overruns(f), 0);
}

static void due_tasks_run_in_the_order_declared(void **state)
{
    struct fixture *f = *state;
    begin(f, (int64_t[]){250 * MS, 100 * MS, 500 * MS}, 3);
    run_until(f, 500);
    static const size_t order[] = {0, 1, 2, 1, 1, 0, 1, 1, 0, 1, 2};
    static const double times[] = {0, 0, 0, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.5, 0.5};
    assert_int_equal(f->run_count, 11);
    for (size_t i = 0; i < 11; i++) {
        assert_int_equal(f->runs[i].task, order[i]);
        assert_close(f->runs[i].cycle.time, times[i]);
    }
    assert_int_equal(f->runs[10].cycle.count, 7);
    assert_int_equal(overruns(f), 0);
}

static bool count_up(struct fixture *f, size_t task)
{
    assert_int_equal(value(f, "A"), task);
    assert_int_equal(remote_read(f, "A"), 0); /* nobody else sees a scan half done */
    assign(f, "A", (uint16_t)(task + 1));
    return true;
}

static void later_tasks_see_earlier_writes(void **state)
{
    struct fixture *f = *state;
    begin(f, (int64_t[]){100 * MS, 100 * MS, 100 * MS}, 3);
    f->task = count_up;
    step(f, 0);
    assert_int_equal(f->run_count, 3);
    assert_int_equal(remote_read(f, "A"), 3);
}

static void late_steps_do_not_shift_due_times(void **state)
{
    struct fixture *f = *state;
    begin_one(f, NULL);
    step(f, 0);
    step(f, 103);
    assert_int_equal(due_ms(f), 200);
    step(f, 250);
    assert_int_equal(due_ms(f), 300);
    step(f, 300);
    assert_int_equal(due_ms(f), 400);
    assert_close(f->runs[1].dt, 0.103); /* dt is what passed, not what should have passed */
    assert_close(f->runs[2].dt, 0.147);
    assert_close(f->runs[3].dt, 0.05);
    assert_int_equal(overruns(f), 0);
}

static void nothing_due_runs_nothing(void **state)
{
    struct fixture *f = *state;
    begin_one(f, NULL);
    step(f, 0);
    remote_write(f, "A", 4);
    step(f, 50);
    assert_int_equal(f->run_count, 1);
    assert_int_equal(due_ms(f), 100);
    assert_int_equal(value(f, "A"), 4); /* but latches */
}

static void overruns_are_counted_and_skipped(void **state)
{
    struct fixture *f = *state;
    begin_one(f, NULL);
    step_taking(f, 0, 350); /* 100, 200 and 300 pass */
    assert_int_equal(overruns(f), 3);
    assert_int_equal(due_ms(f), 400);
    step_taking(f, 400, 99);
    assert_int_equal(overruns(f), 3);
    step_taking(f, 500, 100); /* a due time at the very end is missed too: never back to back */
    assert_int_equal(overruns(f), 4);
    assert_int_equal(due_ms(f), 700);
    step(f, 700);
    assert_int_equal(f->runs[3].cycle.overruns, 4);
    assert_close(f->runs[1].dt, 0.4);
}

static void each_task_counts_its_own_overruns(void **state)
{
    struct fixture *f = *state;
    begin(f, (int64_t[]){100 * MS, 150 * MS}, 2);
    step_taking(f, 0, 310); /* 100, 200, 300 and 150, 300 */
    assert_int_equal(overruns(f), 5);
    assert_int_equal(due_ms(f), 400);
    run_until(f, 450);
    assert_int_equal(f->runs[2].task, 0);
    assert_int_equal(f->runs[3].task, 1);
    assert_close(f->runs[3].cycle.time, 0.45);
}

/* Two tasks that fit one after the other: the one whose time came while the other ran is late, and
 * runs; only what is two periods late is given up. */
static void a_time_that_passes_while_others_run_is_late_not_missed(void **state)
{
    struct fixture *f = *state;
    begin(f, (int64_t[]){100 * MS, 150 * MS}, 2);
    step(f, 0);
    step_taking(f, 100, 60); /* 150 passes meanwhile */
    assert_int_equal(overruns(f), 0);
    assert_int_equal(due_ms(f), 150);
    step(f, 160);
    assert_int_equal(f->runs[f->run_count - 1].task, 1);
    assert_close(f->runs[f->run_count - 1].dt, 0.16);
    step_taking(f, 200, 290); /* 300 and 450 pass for the second, 300 and 400 for the first */
    assert_int_equal(overruns(f), 3);
    assert_int_equal(due_ms(f), 450);
}

/* A suspended machine: millions of due times, passed over at once. */
static void a_long_gap_costs_no_time(void **state)
{
    struct fixture *f = *state;
    begin(f, (int64_t[]){1000}, 1); /* 1 us */
    step_taking(f, 0, INT64_C(30) * 24 * 3600 * 1000);
    assert_int_equal(overruns(f), UINT64_C(30) * 24 * 3600 * 1000000);
    assert_int_equal(scan_due(f->scan), f->now + 1000);
}

static void without_tasks_it_idles_at_10_hz(void **state)
{
    struct fixture *f = *state;
    begin(f, NULL, 0);
    f->start = start_before_tasks;
    step(f, 0);
    assert_int_equal(remote_read(f, "A"), 7);
    assert_int_equal(due_ms(f), 100);
    step_taking(f, 100, 1000);
    assert_int_equal(overruns(f), 0);
    assert_int_equal(due_ms(f), 1200);
    assert_int_equal(f->run_count, 0);
    assert_int_equal(f->rests, 2);
    assert_int_equal(scan_statistics(f->scan).period, 100 * MS);
}

static void tells_the_calendar_time(void **state)
{
    struct fixture *f = *state;
    begin_one(f, NULL);
    step(f, 0);
    assert_true(f->cycle.clock_ok);
    assert_close(f->cycle.utc, 1735689600);
    f->utc -= 1000 * MS; /* somebody set the clock back to 2024 */
    step(f, 100);
    assert_false(f->cycle.clock_ok);
    assert_close(f->cycle.utc, 1735689599.1);
    assert_close(f->cycle.time, 0.1);
}

static void statistics_tell_duration_and_latency(void **state)
{
    struct fixture *f = *state;
    begin(f, (int64_t[]){500 * MS, 100 * MS}, 2);
    step_taking(f, 0, 10);
    step_taking(f, 107, 30);
    step_taking(f, 200, 20);
    struct scan_stats s = scan_statistics(f->scan);
    assert_int_equal(s.count, 3);
    assert_int_equal(s.period, 100 * MS);
    assert_int_equal(s.duration.last, 20 * MS);
    assert_int_equal(s.duration.mean, 20 * MS);
    assert_int_equal(s.duration.max, 30 * MS);
    assert_int_equal(s.latency.max, 7 * MS);
    assert_int_equal(s.latency.last, 0);
}

static void a_task_without_a_period_is_refused(void **state)
{
    struct fixture *f = *state;
    struct error error;
    f->plan = make_plan((int64_t[]){0}, 1);
    f->image = image_create(f->plan, START, &error);
    struct scan_hooks hooks = {f, on_start, on_task, on_stop, stop_wanted, rest, fault};
    assert_null(scan_create(f->image, &hooks, (struct instant){START, 0}, &error));
    assert_non_null(strstr(error.text, "test.lua:9"));
}

/* ---- the truth table ---- */

static bool assign_twice(struct fixture *f, size_t task)
{
    (void)task;
    assign(f, "A", 1);
    assign(f, "A", 2);
    return true;
}

/* script assigns: the last value in a scan counts. */
static void the_last_value_counts(void **state)
{
    struct fixture *f = *state;
    begin_one(f, assign_twice);
    step(f, 0);
    assert_int_equal(remote_read(f, "A"), 2);
}

static bool there_and_back(struct fixture *f, size_t task)
{
    (void)task;
    assign(f, "A", 9);
    assign(f, "A", 0);
    assign(f, "B", value(f, "B"));
    remote_write(f, "A", 4);
    remote_write(f, "B", 5);
    return true;
}

/* script assigns: equal, and back again, is no write, so there is nothing to conflict. */
static void assigning_the_same_is_no_write(void **state)
{
    struct fixture *f = *state;
    begin_one(f, there_and_back);
    step(f, 0);
    assert_int_equal(remote_read(f, "A"), 4);
    assert_int_equal(remote_read(f, "B"), 5);
    assert_int_equal(image_conflicts(f->image), 0);
}

static bool assign_parts(struct fixture *f, size_t task)
{
    (void)task;
    assign(f, "WIDE", 0x1234);
    assign(f, "BIT0", 1);
    remote_write(f, "BIT1", 2); /* a master changes the neighbour in the same word */
    remote_write(f, "B", 3);    /* and something that the script did not touch */
    return true;
}

/* end of the scan: what was written is published, whole variables, bits under their mask; what
 * was not stays the master's. */
static void only_what_was_written_is_published(void **state)
{
    struct fixture *f = *state;
    begin_one(f, assign_parts);
    step(f, 0);
    assert_int_equal(remote_read(f, "WIDE"), 0x1234);
    assert_int_equal(remote_read(f, "BIT0"), 1);
    assert_int_equal(remote_read(f, "BIT1"), 2);
    assert_int_equal(remote_read(f, "B"), 3);
    assert_int_equal(image_conflicts(f->image), 0);
}

static bool both_write(struct fixture *f, size_t task)
{
    (void)task;
    if (f->run_count > 1)
        return true;
    assign(f, "A", 1);
    assign(f, "OURS", 1);
    assert_int_equal(remote_write(f, "A", 2), EXCEPTION_NONE);
    assert_int_equal(remote_write(f, "OURS", 2), EXCEPTION_NONE);
    assert_int_equal(value(f, "A"), 1); /* time is frozen, and so are values */
    return true;
}

/* remote wrote the same variable during that scan: the remote value stays, the script sees it
 * next scan, the conflict is counted; wins = "program" turns it. */
static void a_remote_write_during_the_scan_wins(void **state)
{
    struct fixture *f = *state;
    begin_one(f, both_write);
    step(f, 0);
    assert_int_equal(remote_read(f, "A"), 2);
    assert_int_equal(remote_read(f, "OURS"), 1);
    assert_int_equal(image_conflicts(f->image), 1);
    step(f, 100);
    assert_int_equal(value(f, "A"), 2);
    assert_int_equal(value(f, "OURS"), 1);
    assert_true(written(f, "A"));
}

static bool count_written(struct fixture *f, size_t task)
{
    f->seen[task] += written(f, "A");
    return true;
}

/* written: true for each task in its first run after a remote write, same value or not, and for
 * no other run. */
static void written_is_seen_once_by_each_task(void **state)
{
    struct fixture *f = *state;
    begin(f, (int64_t[]){100 * MS, 300 * MS}, 2);
    f->task = count_written;
    run_until(f, 0);
    assert_int_equal(f->seen[0] + f->seen[1], 0);
    remote_write(f, "A", 0); /* the same value */
    run_until(f, 100);
    assert_int_equal(f->seen[0], 1);
    run_until(f, 200);
    assert_int_equal(f->seen[0], 1);
    assert_int_equal(f->seen[1], 0);
    run_until(f, 600);
    assert_int_equal(f->seen[0], 1);
    assert_int_equal(f->seen[1], 1);
    remote_write(f, "A", 1);
    remote_write(f, "A", 2);
    run_until(f, 1200);
    assert_int_equal(f->seen[0], 2);
    assert_int_equal(f->seen[1], 2);
}

/* written: a master that came before the first scan is news to the first run. */
static void the_first_run_sees_writes_since_the_start(void **state)
{
    struct fixture *f = *state;
    begin(f, (int64_t[]){100 * MS, 300 * MS}, 2);
    f->task = count_written;
    remote_write(f, "A", 1);
    run_until(f, 600);
    assert_int_equal(f->seen[0], 1);
    assert_int_equal(f->seen[1], 1);
}

static bool write_during_own_scan(struct fixture *f, size_t task)
{
    f->seen[task] += written(f, "A");
    if (f->run_count == 1)
        remote_write(f, "A", 1);
    return true;
}

static void a_write_during_the_scan_is_news_in_the_next(void **state)
{
    struct fixture *f = *state;
    begin_one(f, write_during_own_scan);
    step(f, 0);
    assert_int_equal(f->seen[0], 0);
    step(f, 100);
    assert_int_equal(f->seen[0], 1);
    step(f, 200);
    assert_int_equal(f->seen[0], 1);
}

static bool open_then_break(struct fixture *f, size_t task)
{
    if (f->cycle.count == 2 && task == 1)
        return false;
    assign(f, "A", (uint16_t)f->cycle.count);
    assign(f, "VALVE", 1);
    assign(f, "SPEED", 70);
    return true;
}

static void begin_faulted(struct fixture *f)
{
    begin(f, (int64_t[]){100 * MS, 100 * MS, 100 * MS}, 3);
    f->task = open_then_break;
    step(f, 0);
    assert_int_equal(remote_read(f, "VALVE"), 1);
    assert_int_equal(remote_read(f, "SPEED"), 70);
    step(f, 100);
}

/* fault: the faulted scan publishes nothing; variables with `safe` take it. */
static void a_fault_publishes_nothing(void **state)
{
    struct fixture *f = *state;
    begin_faulted(f);
    assert_int_equal(f->run_count, 5); /* the third task no longer ran */
    assert_int_equal(scan_state(f->scan), SCAN_FAULT);
    assert_int_equal(remote_read(f, "A"), 1);
    assert_int_equal(value(f, "A"), 1); /* nor is it left behind for whoever publishes next */
    assert_int_equal(remote_read(f, "VALVE"), 0);
    assert_int_equal(remote_read(f, "SPEED"), 5);
    assert_int_equal(f->faults, 1);
    assert_true(f->safe_when_told);
    assert_string_equal(f->fault.text, "task 1 broke");
    assert_int_equal(f->rests, 1);
}

/* fault: masters' writes to safe "inout" get 04, to "out" 02 as always; links go on. */
static void a_fault_answers_masters(void **state)
{
    struct fixture *f = *state;
    begin_faulted(f);
    assert_int_equal(remote_write(f, "SPEED", 80), EXCEPTION_DEVICE_FAILURE);
    assert_int_equal(remote_read(f, "SPEED"), 5);
    assert_int_equal(remote_write(f, "VALVE", 1), EXCEPTION_ADDRESS);
    assert_int_equal(remote_write(f, "B", 8), EXCEPTION_NONE);
    assert_int_equal(remote_read(f, "B"), 8);
}

/* fault: left by reload or restart only; until then steps keep time and nothing else. */
static void a_fault_ends_the_running(void **state)
{
    struct fixture *f = *state;
    begin_faulted(f);
    f->stop_wanted = true;
    for (int i = 2; i < 5; i++) {
        assert_int_equal(due_ms(f), 100 * i);
        step_taking(f, 100 * i, 1);
    }
    step_taking(f, 500, 320);
    assert_int_equal(due_ms(f), 900);
    assert_int_equal(f->run_count, 5);
    assert_int_equal(f->faults, 1);
    assert_int_equal(f->rests, 1);
    assert_false(scan_stop_wanted(f->scan));
    struct scan_stats s = scan_statistics(f->scan);
    assert_int_equal(s.overruns, 0);
    assert_int_equal(s.count, 6);
    assert_int_equal(s.duration.max, 0);
}

static bool assign_and_break(struct fixture *f, size_t task)
{
    (void)task;
    assign(f, "A", 3);
    return false;
}

static void a_fault_in_start_is_a_fault(void **state)
{
    struct fixture *f = *state;
    begin_one(f, NULL);
    f->start = assign_and_break;
    step(f, 0);
    assert_int_equal(scan_state(f->scan), SCAN_FAULT);
    assert_int_equal(f->run_count, 0);
    assert_int_equal(remote_read(f, "A"), 0);
    assert_int_equal(remote_read(f, "SPEED"), 5);
    assert_string_equal(f->fault.text, "start broke");
    step(f, 100);
    assert_int_equal(f->starts, 1);
    assert_int_equal(f->faults, 1);
}

static bool open_valve(struct fixture *f, size_t task)
{
    (void)task;
    assign(f, "VALVE", 1);
    assign(f, "SPEED", 70);
    return true;
}

static bool last_words(struct fixture *f, size_t task)
{
    (void)task;
    assert_int_equal(value(f, "B"), 6); /* latched for it */
    assert_true(written(f, "B"));
    assert_false(written(f, "OURS")); /* that was in the last scan already */
    assign(f, "A", 11);
    assign(f, "VALVE", 1);
    assign(f, "SPEED", 90);
    return true;
}

/* stop: on_stop's assignments are published, then safe values. */
static void stop_publishes_then_makes_safe(void **state)
{
    struct fixture *f = *state;
    begin_one(f, open_valve);
    f->stop = last_words;
    remote_write(f, "OURS", 1);
    step(f, 0);
    remote_write(f, "B", 6);
    stop(f, 30);
    assert_int_equal(scan_state(f->scan), SCAN_STOPPED);
    assert_close(f->cycle.time, 0.03);
    assert_int_equal(f->cycle.count, 2);
    assert_int_equal(remote_read(f, "A"), 11);
    assert_int_equal(remote_read(f, "VALVE"), 0);
    assert_int_equal(remote_read(f, "SPEED"), 5);
    assert_true(image_in_fault(f->image)); /* masters cannot undo it while servers close */
}

static void stop_happens_once_and_ends_the_scan(void **state)
{
    struct fixture *f = *state;
    begin_one(f, open_valve);
    step(f, 0);
    stop(f, 30);
    stop(f, 40);
    step(f, 100);
    assert_int_equal(f->stops, 1);
    assert_int_equal(f->run_count, 1);
    assert_int_equal(remote_read(f, "VALVE"), 0);
}

/* stop: not the program's after a fault. */
static void a_fault_is_not_told_of_the_stop(void **state)
{
    struct fixture *f = *state;
    begin_faulted(f);
    stop(f, 200);
    assert_int_equal(f->stops, 0);
    assert_int_equal(f->faults, 1);
    assert_int_equal(scan_state(f->scan), SCAN_STOPPED);
    assert_int_equal(remote_read(f, "VALVE"), 0);
}

static void what_never_started_has_nothing_to_stop(void **state)
{
    struct fixture *f = *state;
    begin_one(f, NULL);
    stop(f, 0);
    assert_int_equal(f->stops, 0);
    assert_int_equal(scan_state(f->scan), SCAN_STOPPED);
    assert_int_equal(remote_read(f, "SPEED"), 5);
}

static void a_stop_that_breaks_is_safe_too(void **state)
{
    struct fixture *f = *state;
    begin_one(f, open_valve);
    f->stop = assign_and_break;
    step(f, 0);
    stop(f, 10);
    assert_int_equal(remote_read(f, "A"), 0);
    assert_int_equal(remote_read(f, "VALVE"), 0);
    assert_int_equal(f->faults, 1);
    assert_string_equal(f->fault.text, "stop broke");
    assert_int_equal(scan_state(f->scan), SCAN_STOPPED);
}

static bool wish_to_stop(struct fixture *f, size_t task)
{
    assign(f, "A", (uint16_t)(task + 1));
    f->stop_wanted = true;
    return true;
}

/* program.stop(): the scan in which it is said is completed and published. */
static void the_program_may_stop_itself(void **state)
{
    struct fixture *f = *state;
    begin(f, (int64_t[]){100 * MS, 100 * MS}, 2);
    f->task = wish_to_stop;
    assert_false(scan_stop_wanted(f->scan));
    step(f, 0);
    assert_true(scan_stop_wanted(f->scan));
    assert_int_equal(f->run_count, 2);
    assert_int_equal(remote_read(f, "A"), 2);
    assert_int_equal(scan_state(f->scan), SCAN_RUN);
}

static bool read_forced(struct fixture *f, size_t task)
{
    (void)task;
    f->seen[0] = value(f, "SPEED");
    assign(f, "SPEED", 33);
    return true;
}

/* force: the script reads the forced value; over safe, over script; stop does not lift it. */
static void force_stays_over_script_and_safe(void **state)
{
    struct fixture *f = *state;
    begin_one(f, read_forced);
    image_force(f->image, find(f, "SPEED")->point, (uint16_t[]){99}, f->now);
    step(f, 0);
    step(f, 100);
    assert_int_equal(f->seen[0], 99);
    assert_int_equal(remote_read(f, "SPEED"), 99);
    stop(f, 150);
    assert_int_equal(remote_read(f, "SPEED"), 99);
    image_unforce(f->image, find(f, "SPEED")->point, true, f->now);
    assert_int_equal(remote_read(f, "SPEED"), 5);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(starts_once_before_the_tasks),
        TEST(all_tasks_first_run_at_time_0),
        TEST(a_late_first_step_is_the_beginning),
        TEST(due_tasks_run_in_the_order_declared),
        TEST(later_tasks_see_earlier_writes),
        TEST(late_steps_do_not_shift_due_times),
        TEST(nothing_due_runs_nothing),
        TEST(overruns_are_counted_and_skipped),
        TEST(each_task_counts_its_own_overruns),
        TEST(a_time_that_passes_while_others_run_is_late_not_missed),
        TEST(a_long_gap_costs_no_time),
        TEST(without_tasks_it_idles_at_10_hz),
        TEST(tells_the_calendar_time),
        TEST(statistics_tell_duration_and_latency),
        TEST(a_task_without_a_period_is_refused),
        TEST(the_last_value_counts),
        TEST(assigning_the_same_is_no_write),
        TEST(only_what_was_written_is_published),
        TEST(a_remote_write_during_the_scan_wins),
        TEST(written_is_seen_once_by_each_task),
        TEST(the_first_run_sees_writes_since_the_start),
        TEST(a_write_during_the_scan_is_news_in_the_next),
        TEST(a_fault_publishes_nothing),
        TEST(a_fault_answers_masters),
        TEST(a_fault_ends_the_running),
        TEST(a_fault_in_start_is_a_fault),
        TEST(stop_publishes_then_makes_safe),
        TEST(stop_happens_once_and_ends_the_scan),
        TEST(a_fault_is_not_told_of_the_stop),
        TEST(what_never_started_has_nothing_to_stop),
        TEST(a_stop_that_breaks_is_safe_too),
        TEST(the_program_may_stop_itself),
        TEST(force_stays_over_script_and_safe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
