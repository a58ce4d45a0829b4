#pragma once
/* The whole path of a value in virtual time: a scan that is stepped every 10 ms as on the plant,
 * its image, a client that mirrors the memory "plc" of it, and the device of client_bed.h. Declare,
 * say what the body assigns, then truth_begin or truth_online. */

#include "client_bed.h"
#include "image/draft.h"
#include "scan/scan.h"

/* What a task does; the word is in place under the variable's mask, for two words it is both. */
struct assignment {
    const char *name;
    uint16_t word;
    uint32_t element; /* of an array, from 0 */
};

struct truth {
    struct client_bed *cb;
    struct bed *bed;
    struct device *device;
    struct scan *scan;
    struct draft *draft;
    const struct assignment *assignments; /* of the scan that runs; the last one has no name */
    void (*meanwhile)(struct truth *t);   /* between latch and publish, after them */
    bool breaks;                          /* the task ends in an error */
    const uint32_t *needs;                /* of the task */
    size_t need_count;
    unsigned runs, faults, wakes;
    struct cycle cycle;
};

/* ---- the program as the scan knows it ---- */

static inline bool truth_nothing(void *context, const struct cycle *cycle, struct error *error)
{
    (void)context, (void)cycle, (void)error;
    return true;
}

static inline bool truth_task(void *context, size_t task, double dt, const struct cycle *cycle,
                              struct error *error)
{
    struct truth *t = context;
    (void)task, (void)dt;
    t->runs++;
    t->cycle = *cycle;
    for (const struct assignment *a = t->assignments; a && a->name; a++)
        bed_assign_point(t->bed, bed_point(t->bed, a->name) + a->element, WORDS(a->word, a->word));
    if (t->meanwhile)
        t->meanwhile(t);
    return !t->breaks || error_set(error, "broke");
}

static inline bool truth_goes_on(void *context)
{
    (void)context;
    return false;
}

static inline void truth_rest(void *context)
{
    (void)context;
}

static inline void truth_fault(void *context, const struct error *error)
{
    (void)error;
    ((struct truth *)context)->faults++;
}

static inline void truth_wake(void *context)
{
    ((struct truth *)context)->wakes++;
}

/* ---- its life ---- */

static inline int truth_init(void **state)
{
    struct truth *t = calloc(1, sizeof *t);
    client_bed_init((void **)&t->cb);
    t->bed = &t->cb->bed;
    t->device = &t->cb->device;
    *state = t;
    return 0;
}

/* The view that the bed's helpers use is the scan's. */
static inline int truth_finish(void **state)
{
    struct truth *t = *state;
    t->bed->view = NULL;
    scan_destroy(t->scan);
    draft_destroy(t->draft);
    client_bed_finish((void **)&t->cb);
    free(t);
    return 0;
}

/* The body of the script assigns a register of plc. */
static inline void truth_body(struct truth *t, uint16_t address, uint16_t word)
{
    struct error error;
    if (!t->draft)
        t->draft = draft_create(&error);
    assert_non_null(t->draft);
    int64_t cell = draft_cell(t->draft, t->cb->plc, TABLE_HOLDING, address, &error);
    draft_cells(t->draft)[cell] = word;
    draft_assign(t->draft, (uint32_t)cell, 1, 0xFFFF);
}

static inline void truth_make(struct truth *t)
{
    struct client_bed *cb = t->cb;
    struct error error;
    struct scan_hooks hooks = {.context = t,
                               .start = truth_nothing,
                               .task = truth_task,
                               .stop = truth_nothing,
                               .stop_wanted = truth_goes_on,
                               .rest = truth_rest,
                               .fault = truth_fault};
    t->bed->image = image_create(t->bed->plan, cb->now, &error);
    assert_non_null(t->bed->image);
    if (t->draft)
        draft_apply(t->draft, t->bed->image, cb->now);
    cb->client = client_create(t->bed->image, 0, cb->now, &error);
    assert_non_null(cb->client);
    link_attach(t->bed->image, 0, truth_wake, t);
    t->scan = scan_create(t->bed->image, &hooks, (struct instant){cb->now, 0}, &error);
    assert_non_null(t->scan);
    t->bed->view = scan_view(t->scan);
}

/* Without a connection yet, and before the first scan. */
static inline void truth_begin(struct truth *t)
{
    struct error error;
    struct task_spec task = {.period = 10 * MS, .where = "t.lua:9"};
    task.needs = t->needs;
    task.need_count = t->need_count;
    plan_task(t->bed->plan, &task);
    if (plan_client(t->bed->plan, &t->cb->spec, &error) < 0)
        fail_msg("%s", error.text);
    bed_seal(t->bed);
    truth_make(t);
}

/* ---- time ---- */

static inline void truth_step(struct truth *t)
{
    scan_step(t->scan, (struct instant){t->cb->now, 0});
    scan_ended(t->scan, t->cb->now);
    t->assignments = NULL;
    t->meanwhile = NULL;
}

static inline void truth_run(struct truth *t, int64_t duration)
{
    struct client_bed *cb = t->cb;
    int64_t end = cb->now + duration, due;
    while (scan_state(t->scan) != SCAN_STOPPED && (due = scan_due(t->scan)) <= end) {
        client_bed_run(cb, due > cb->now ? due - cb->now : 0);
        truth_step(t);
    }
    if (end > cb->now)
        client_bed_run(cb, end - cb->now);
}

/* The next scan, with these assignments. */
static inline void truth_scan(struct truth *t, const struct assignment *assignments)
{
    int64_t due = scan_due(t->scan);
    client_bed_run(t->cb, due > t->cb->now ? due - t->cb->now : 0);
    t->assignments = assignments;
    truth_step(t);
}

#define SET(n, w)                                                                                  \
    {                                                                                              \
        .name = n, .word = w                                                                       \
    }
#define ELEMENT(n, w, e)                                                                           \
    {                                                                                              \
        .name = n, .word = w, .element = e                                                         \
    }
#define SCAN(t, ...) truth_scan(t, (const struct assignment[]){__VA_ARGS__, {.name = NULL}})

static inline void truth_online(struct truth *t)
{
    truth_begin(t);
    client_bed_connect(t->cb);
    truth_run(t, 50 * MS);
    t->device->writes = 0;
}

/* ---- what a script sees in the next scan, and what the device has ---- */

static inline uint16_t truth_value(struct truth *t, const char *name)
{
    truth_scan(t, NULL);
    return bed_value(t->bed, name);
}

static inline const struct mark *truth_mark(struct truth *t, const char *name)
{
    truth_scan(t, NULL);
    return bed_mark(t->bed, name);
}

static inline uint16_t truth_held(struct truth *t, uint16_t address)
{
    return device_get(t->device, TABLE_HOLDING, address);
}

/* Whether a task that ran last is told that a remote wrote it. */
static inline bool truth_written(struct truth *t, const char *name)
{
    return bed_mark(t->bed, name)->written > t->cycle.seen;
}

static inline void truth_note(struct truth *t, unsigned index, uint8_t function, uint16_t address,
                              uint16_t count)
{
    assert_true(index < t->device->writes);
    const struct note *note = &t->device->notes[index];
    assert_int_equal(note->function, function);
    assert_int_equal(note->address, address);
    assert_int_equal(note->count, count);
}

/* ---- as a master of a server on plc ---- */

static inline enum exception master_write(struct truth *t, uint16_t address, uint16_t word,
                                          bool serve_stale)
{
    struct request request = {.memory = t->cb->plc,
                              .serve_stale = serve_stale,
                              .write = {TABLE_HOLDING, address, 1, &word, false}};
    return image_request(t->bed->image, &request, t->cb->now);
}

static inline enum exception master_read(struct truth *t, uint16_t address, uint16_t count,
                                         uint16_t *words, bool serve_stale)
{
    struct request request = {.memory = t->cb->plc,
                              .serve_stale = serve_stale,
                              .read = {TABLE_HOLDING, address, count, words}};
    return image_request(t->bed->image, &request, t->cb->now);
}

static inline const struct mark *truth_state(struct truth *t, const char *name,
                                             enum delivery delivery, uint8_t reason)
{
    const struct mark *mark = truth_mark(t, name);
    assert_int_equal(mark->delivery, delivery);
    assert_int_equal(mark->reason, reason);
    return mark;
}

#define TRUTH_TEST(name) cmocka_unit_test_setup_teardown(name, truth_init, truth_finish)
#define SECONDS(n) ((n) * (int64_t)1000 * MS)
