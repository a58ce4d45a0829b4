#pragma once
/* A small program without a script, for the tests of src/modbus: three memories, their image, and
 * a server that answers unit 1 from "mem", 2 from "far", 3 from "own", and nobody else. Ends the
 * process when it cannot be built, so that a fuzzer can use it, too. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "image/image.h"
#include "image/view.h"
#include "modbus/server.h"

enum { BED_MEM, BED_FAR, BED_OWN };
enum { BED_BITS = 2000, BED_WORDS = 200 }; /* raw in each table of "mem", from address 0 */

/* Addresses of the holding registers of "own". */
enum {
    OWN_LEVEL = 0, /* float32, ABCD, 0..100 */
    OWN_OUT = 2,   /* uint16, the program's */
    OWN_SAFE = 3,  /* uint16, safe value 7, masters may write it */
    OWN_FREE = 4,  /* uint16 */
    OWN_LAST = 10  /* uint16, after a gap */
};

struct bed {
    struct image *image;
    struct server_spec spec;
    struct server *server;
};

static inline void bed_need(bool done, const struct error *error)
{
    if (done)
        return;
    fprintf(stderr, "test bed: %s\n", error->text);
    abort();
}

static inline void bed_raw(struct plan *plan, uint32_t memory, enum table table, uint16_t address,
                           uint32_t count)
{
    struct error error;
    struct raw raw = {memory, table, address, count, "bed", 0};
    bed_need(plan_raw(plan, &raw, &error) >= 0, &error);
}

static inline struct variable bed_word(const char *name, const char *path, uint16_t address)
{
    return (struct variable){.name = name,
                             .path = path,
                             .where = "bed",
                             .memory = BED_OWN,
                             .table = TABLE_HOLDING,
                             .type = TYPE_UINT16,
                             .address = address,
                             .decimals = -1};
}

static inline void bed_own(struct plan *plan)
{
    struct variable rows[] = {
        bed_word("LEVEL", "own.LEVEL", OWN_LEVEL), bed_word("OUT", "own.OUT", OWN_OUT),
        bed_word("SAFE", "own.SAFE", OWN_SAFE),    bed_word("FREE", "own.FREE", OWN_FREE),
        bed_word("LAST", "own.LAST", OWN_LAST),
    };
    rows[0].type = TYPE_FLOAT32;
    rows[0].order = ORDER_ABCD;
    rows[0].has_min = rows[0].has_max = true;
    rows[0].min = (struct value){.kind = VALUE_INTEGER, .integer = 0};
    rows[0].max = (struct value){.kind = VALUE_INTEGER, .integer = 100};
    rows[1].direction = DIRECTION_OUT;
    rows[2].direction = DIRECTION_INOUT;
    rows[2].has_safe = true;
    rows[2].safe = (struct value){.kind = VALUE_INTEGER, .integer = 7};
    struct error error;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        bed_need(plan_variable(plan, &rows[i], &error) >= 0, &error);
}

static inline struct plan *bed_plan(void)
{
    static const char *const names[] = {"mem", "far", "own"};
    struct plan *plan = plan_create("bed");
    struct error error;
    for (size_t i = 0; i < 3; i++) {
        struct memory memory = {.name = names[i], .where = "bed", .order = ORDER_ABCD};
        bed_need(plan_memory(plan, &memory, &error) >= 0, &error);
    }
    bed_raw(plan, BED_MEM, TABLE_COIL, 0, BED_BITS);
    bed_raw(plan, BED_MEM, TABLE_DISCRETE, 0, BED_BITS);
    bed_raw(plan, BED_MEM, TABLE_HOLDING, 0, BED_WORDS);
    bed_raw(plan, BED_MEM, TABLE_INPUT, 0, BED_WORDS);
    bed_raw(plan, BED_FAR, TABLE_HOLDING, 65535, 1);
    bed_raw(plan, BED_FAR, TABLE_COIL, 65535, 1);
    bed_own(plan);
    bed_need(plan_seal(plan, &error), &error);
    return plan;
}

/* What no master can write: set as the program would. */
static inline void bed_assign(struct bed *bed, enum table table, const uint16_t *words)
{
    const struct plan *plan = image_plan(bed->image);
    struct error error;
    struct view *view = view_create(bed->image, &error);
    bed_need(view, &error);
    for (size_t i = 0; i < plan->raw_count; i++) {
        const struct raw *raw = &plan->raws[i];
        if (raw->memory != BED_MEM || raw->table != table)
            continue;
        for (uint32_t k = 0; k < raw->count; k++) {
            view_cells(view)[plan->points[raw->point + k].cell] = words[k];
            view_assign(view, raw->point + k);
        }
    }
    view_publish(view, 1);
    view_destroy(view);
}

static inline void bed_open(struct bed *bed)
{
    struct error error;
    struct plan *plan = bed_plan();
    bed->image = image_create(plan, 1, &error);
    bed_need(bed->image, &error);
    plan_unref(plan); /* the image holds it */
    bed->spec = (struct server_spec){.where = "bed", .name = "tcp:bed", .bind = "127.0.0.1"};
    for (size_t i = 0; i < UNIT_IDS; i++)
        bed->spec.memory_of[i] = UNIT_NONE;
    bed->spec.memory_of[1] = BED_MEM;
    bed->spec.memory_of[2] = BED_FAR;
    bed->spec.memory_of[3] = BED_OWN;
    bed->server = server_create(bed->image, &bed->spec);
    if (!bed->server)
        abort();
}

static inline void bed_close(struct bed *bed)
{
    server_destroy(bed->server);
    image_destroy(bed->image);
}
