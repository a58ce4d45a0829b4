#pragma once
/* A small program whose scan_step a test drives by hand, with hooks in C that act on the view as a
 * script would, and a master between and within its scans. */

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
struct task_run {
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
    struct task_run runs[MAX_RUNS];
    size_t run_count;
    struct cycle cycle; /* of the hook that runs */
    int starts, stops, rests, faults;
    bool stop_wanted;
    struct error fault;
    bool safe_when_told; /* the outputs were safe before anybody heard of the fault */
    uint64_t seen[8];    /* free for the test */
};

/* ---- what a script and a master do ---- */

static inline const struct variable *find(struct fixture *f, const char *name)
{
    int index = plan_find_variable(f->plan, 0, name);
    assert_true(index >= 0);
    return f->plan->variables[index];
}

static inline void assign(struct fixture *f, const char *name, uint16_t value)
{
    const struct variable *v = find(f, name);
    uint16_t *cell = &view_cells(scan_view(f->scan))[v->cell];
    if (v->words == 2)
        cell[1] = value; /* both words, so that a torn one shows */
    *cell = (uint16_t)((*cell & ~v->mask) | (value & v->mask));
    view_assign(scan_view(f->scan), v->point);
}

static inline uint16_t value(struct fixture *f, const char *name)
{
    const struct variable *v = find(f, name);
    return view_cells(scan_view(f->scan))[v->cell] & v->mask;
}

static inline bool written(struct fixture *f, const char *name)
{
    return view_marks(scan_view(f->scan))[find(f, name)->point].written > f->cycle.seen;
}

static inline enum exception write_words(struct fixture *f, const char *name, const uint16_t *words)
{
    const struct variable *v = find(f, name);
    struct request request = {.memory = 0};
    request.write.table = v->table;
    request.write.address = v->address;
    request.write.count = v->words;
    request.write.words = words;
    return image_request(f->image, &request, f->now);
}

static inline enum exception remote_write(struct fixture *f, const char *name, uint16_t word)
{
    return write_words(f, name, (uint16_t[]){word, word});
}

static inline uint16_t remote_read(struct fixture *f, const char *name)
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

/* ---- the program as the scan knows it ---- */

static inline bool on_start(void *context, const struct cycle *cycle, struct error *error)
{
    struct fixture *f = context;
    f->starts++;
    f->cycle = *cycle;
    return !f->start || f->start(f, 0) || error_set(error, "start broke");
}

static inline bool on_task(void *context, size_t task, double dt, const struct cycle *cycle,
                           struct error *error)
{
    struct fixture *f = context;
    assert_true(f->run_count < MAX_RUNS);
    f->runs[f->run_count++] = (struct task_run){task, dt, *cycle};
    f->cycle = *cycle;
    return !f->task || f->task(f, task) || error_set(error, "task %zu broke", task);
}

static inline bool on_stop(void *context, const struct cycle *cycle, struct error *error)
{
    struct fixture *f = context;
    f->stops++;
    f->cycle = *cycle;
    return !f->stop || f->stop(f, 0) || error_set(error, "stop broke");
}

static inline bool stop_wanted(void *context)
{
    return ((struct fixture *)context)->stop_wanted;
}

static inline void rest(void *context)
{
    ((struct fixture *)context)->rests++;
}

static inline void fault(void *context, const struct error *error)
{
    struct fixture *f = context;
    f->faults++;
    f->safe_when_told = remote_read(f, "VALVE") == 0;
    f->fault = *error;
}

/* ---- a program of some variables and the tasks that the test asks for ---- */

static inline void declare(struct plan *plan, struct variable v)
{
    struct error error;
    v.path = v.name;
    v.where = "test.lua:1";
    v.decimals = -1;
    if (plan_variable(plan, &v, &error) < 0)
        fail_msg("%s", error.text);
}

static inline struct value integer(int64_t number)
{
    return (struct value){.kind = VALUE_INTEGER, .integer = number};
}

static inline struct plan *make_plan(const int64_t *periods, size_t count)
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
    v = (struct variable){
        .name = "PULSE", .table = TABLE_COIL, .type = TYPE_BOOL, .address = 1, .pulse = true};
    declare(plan, v);
    for (size_t i = 0; i < count; i++)
        plan_task(plan, &(struct task_spec){.period = periods[i], .where = "test.lua:9"});
    if (!plan_seal(plan, &error))
        fail_msg("%s", error.text);
    return plan;
}

static inline struct scan_hooks bed_hooks(struct fixture *f)
{
    return (struct scan_hooks){.context = f,
                               .start = on_start,
                               .task = on_task,
                               .stop = on_stop,
                               .stop_wanted = stop_wanted,
                               .rest = rest,
                               .fault = fault};
}

static inline struct scan *make_scan(struct fixture *f, int64_t start)
{
    struct error error;
    struct scan_hooks hooks = bed_hooks(f);
    struct scan *scan = scan_create(f->image, &hooks, (struct instant){start, f->utc}, &error);
    assert_non_null(scan);
    return scan;
}

static inline int setup(void **state)
{
    *state = calloc(1, sizeof(struct fixture));
    return *state ? 0 : -1;
}

static inline int teardown(void **state)
{
    struct fixture *f = *state;
    scan_destroy(f->scan);
    image_destroy(f->image);
    plan_unref(f->plan);
    free(f);
    return 0;
}

static inline void begin(struct fixture *f, const int64_t *periods, size_t count)
{
    struct error error;
    f->now = START;
    f->utc = UTC_2025;
    f->plan = make_plan(periods, count);
    f->image = image_create(f->plan, START, &error);
    assert_non_null(f->image);
    f->scan = make_scan(f, START);
}

/* The usual program: one task of 100 ms. */
static inline void begin_one(struct fixture *f, hook *task)
{
    begin(f, (int64_t[]){100 * MS}, 1);
    f->task = task;
}

/* One step at `ms` after the start that takes `took` ms. */
static inline void step_taking(struct fixture *f, int64_t ms, int64_t took)
{
    f->now = START + ms * MS;
    scan_step(f->scan, (struct instant){f->now, f->utc + ms * MS});
    f->now += took * MS;
    scan_ended(f->scan, f->now);
}

static inline void step(struct fixture *f, int64_t ms)
{
    step_taking(f, ms, 0);
}

static inline void stop(struct fixture *f, int64_t ms)
{
    f->now = START + ms * MS;
    scan_stop(f->scan, (struct instant){f->now, f->utc + ms * MS});
}

/* Steps at each due time until `ms`, as a thread that is never late would. */
static inline void run_until(struct fixture *f, int64_t ms)
{
    while (scan_due(f->scan) <= START + ms * MS)
        step(f, (scan_due(f->scan) - START) / MS);
}

static inline int64_t due_ms(const struct fixture *f)
{
    return (scan_due(f->scan) - START) / MS;
}

static inline uint64_t overruns(const struct fixture *f)
{
    return scan_statistics(f->scan).overruns;
}

static inline void assert_close(double found, double expected)
{
    if (fabs(found - expected) > 1e-9)
        fail_msg("%.12g is not %.12g", found, expected);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
