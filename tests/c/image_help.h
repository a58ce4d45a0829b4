#pragma once
/* A small program's memory for tests: declared line by line, then sealed into an image with one
 * view, and reached as a master and as a script would. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include "image/image.h"
#include "image/view.h"

enum { BED_NOW = 1000 };

struct bed {
    struct plan *plan;
    struct image *image;
    struct view *view;
};

#define BED_VARIABLE(n, kind, of, at, ...)                                                         \
    (struct variable)                                                                              \
    {                                                                                              \
        .name = n, .table = kind, .type = of, .address = at, __VA_ARGS__                           \
    }
#define WORD(n, at, ...) BED_VARIABLE(n, TABLE_HOLDING, TYPE_UINT16, at, __VA_ARGS__)
#define WIDE(n, at, ...) BED_VARIABLE(n, TABLE_HOLDING, TYPE_UINT32, at, __VA_ARGS__)
#define BIT(n, at, b, ...) BED_VARIABLE(n, TABLE_HOLDING, TYPE_BOOL, at, .bit = b, __VA_ARGS__)
#define BYTE(n, at, b, ...) BED_VARIABLE(n, TABLE_HOLDING, TYPE_BYTE, at, .bit = b, __VA_ARGS__)
#define COIL(n, at, ...) BED_VARIABLE(n, TABLE_COIL, TYPE_BOOL, at, __VA_ARGS__)
#define INTEGER(x)                                                                                 \
    {                                                                                              \
        .kind = VALUE_INTEGER, .integer = x                                                        \
    }
#define BOOLEAN(x)                                                                                 \
    {                                                                                              \
        .kind = VALUE_BOOLEAN, .boolean = x                                                        \
    }
#define RANGE(a, b) .has_min = true, .has_max = true, .min = INTEGER(a), .max = INTEGER(b)
#define DEFAULT(x) .has_default = true, .initial = INTEGER(x)
#define SAFE(x) .has_safe = true, .safe = INTEGER(x)
#define WORDS(...) ((uint16_t[]){__VA_ARGS__})

/* ---- declaring ---- */

static inline int bed_memory(struct bed *bed, struct memory memory)
{
    struct error error;
    int index;
    memory.where = memory.where ? memory.where : "t.lua:1";
    index = plan_memory(bed->plan, &memory, &error);
    if (index < 0)
        fail_msg("%s", error.text);
    return index;
}

static inline int bed_init(void **state)
{
    struct bed *bed = calloc(1, sizeof *bed);
    bed->plan = plan_create("test");
    bed_memory(bed, (struct memory){.name = "mem"});
    *state = bed;
    return 0;
}

static inline int bed_finish(void **state)
{
    struct bed *bed = *state;
    view_destroy(bed->view);
    image_destroy(bed->image);
    plan_unref(bed->plan);
    free(bed);
    return 0;
}

static inline void bed_declare(struct bed *bed, struct variable v)
{
    struct error error;
    v.path = v.path ? v.path : v.name;
    v.where = v.where ? v.where : "t.lua:1";
    v.decimals = -1;
    if (plan_variable(bed->plan, &v, &error) < 0)
        fail_msg("%s", error.text);
}

static inline void bed_raw(struct bed *bed, enum table table, uint16_t address, uint32_t count)
{
    struct error error;
    struct raw raw = {.table = table, .address = address, .count = count, .where = "t.lua:1"};
    if (plan_raw(bed->plan, &raw, &error) < 0)
        fail_msg("%s", error.text);
}

static inline void bed_seal(struct bed *bed)
{
    struct error error;
    if (!plan_seal(bed->plan, &error))
        fail_msg("%s", error.text);
}

static inline void bed_ready(struct bed *bed)
{
    struct error error;
    bed_seal(bed);
    bed->image = image_create(bed->plan, BED_NOW, &error);
    assert_non_null(bed->image);
    bed->view = view_create(bed->image, &error);
    assert_non_null(bed->view);
}

static inline const struct variable *bed_find(const struct bed *bed, const char *name)
{
    for (uint32_t memory = 0; memory < bed->plan->memory_count; memory++) {
        int index = plan_find_variable(bed->plan, memory, name);
        if (index >= 0)
            return bed->plan->variables[index];
    }
    fail_msg("%s is not declared", name);
    return NULL;
}

/* Number of a variable's point; its elements follow. */
static inline uint32_t bed_point(const struct bed *bed, const char *name)
{
    return bed_find(bed, name)->point;
}

/* ---- as a master ---- */

static inline enum exception bed_write(struct bed *bed, enum table table, uint16_t address,
                                       uint16_t count, const uint16_t *words)
{
    struct request request = {.write = {table, address, count, words, false}};
    return image_request(bed->image, &request, BED_NOW);
}

static inline enum exception bed_put(struct bed *bed, uint16_t address, uint16_t word)
{
    return bed_write(bed, TABLE_HOLDING, address, 1, &word);
}

static inline enum exception bed_mask(struct bed *bed, uint16_t address, uint16_t and_mask,
                                      uint16_t or_mask)
{
    struct request request = {.write = {TABLE_HOLDING, address, 1, WORDS(and_mask, or_mask), true}};
    return image_request(bed->image, &request, BED_NOW);
}

static inline enum exception bed_read(struct bed *bed, enum table table, uint16_t address,
                                      uint16_t count, uint16_t *words)
{
    struct request request = {.read = {table, address, count, words}};
    return image_request(bed->image, &request, BED_NOW);
}

static inline uint16_t bed_get(struct bed *bed, uint16_t address)
{
    uint16_t word;
    assert_int_equal(bed_read(bed, TABLE_HOLDING, address, 1, &word), EXCEPTION_NONE);
    return word;
}

static inline uint16_t bed_coil(struct bed *bed, uint16_t address)
{
    uint16_t bit;
    assert_int_equal(bed_read(bed, TABLE_COIL, address, 1, &bit), EXCEPTION_NONE);
    return bit;
}

/* ---- as a script, on the view ---- */

/* Words in place under the point's mask. */
static inline void bed_assign_point(struct bed *bed, uint32_t number, const uint16_t *words)
{
    const struct point *point = &bed->plan->points[number];
    uint16_t *cells = view_cells(bed->view) + point->cell;
    for (uint16_t k = 0; k < point->words; k++)
        cells[k] = (uint16_t)((cells[k] & ~point->mask) | (words[k] & point->mask));
    view_assign(bed->view, number);
}

static inline void bed_assign(struct bed *bed, const char *name, uint16_t word)
{
    bed_assign_point(bed, bed_point(bed, name), &word);
}

/* First word of a variable as the view has it, under its mask. */
static inline uint16_t bed_value(const struct bed *bed, const char *name)
{
    const struct variable *v = bed_find(bed, name);
    return view_cells(bed->view)[v->cell] & v->mask;
}

static inline const struct mark *bed_mark(const struct bed *bed, const char *name)
{
    return &view_marks(bed->view)[bed_point(bed, name)];
}

static inline size_t bed_publish(struct bed *bed)
{
    return view_publish(bed->view, BED_NOW);
}

/* ---- a refused request changes nothing ---- */

struct bed_snapshot {
    uint16_t *cells;
    struct mark *marks;
    uint64_t sequence;
};

static inline void *bed_copy(const void *from, size_t size)
{
    void *to = malloc(size + 1);
    memcpy(to, from, size);
    return to;
}

static inline struct bed_snapshot bed_snap(struct bed *bed)
{
    struct bed_snapshot s = {.sequence = view_latch(bed->view)};
    s.cells = bed_copy(view_cells(bed->view), bed->plan->cell_count * sizeof *s.cells);
    s.marks = bed_copy(view_marks(bed->view), bed->plan->point_count * sizeof *s.marks);
    return s;
}

static inline void bed_expect_same(struct bed *bed, struct bed_snapshot *before)
{
    struct bed_snapshot after = bed_snap(bed);
    assert_int_equal(after.sequence, before->sequence);
    assert_memory_equal(after.cells, before->cells, bed->plan->cell_count * sizeof *after.cells);
    assert_memory_equal(after.marks, before->marks, bed->plan->point_count * sizeof *after.marks);
    free(after.cells);
    free(after.marks);
    free(before->cells);
    free(before->marks);
}

#define BED_TEST(name) cmocka_unit_test_setup_teardown(name, bed_init, bed_finish)
