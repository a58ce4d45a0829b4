#pragma once
/* A program with two clients, each with a memory of its own, whose devices are made from what is
 * declared: plc1 and plc2 have an input IN that begins with 7, an array LIST of three, and an
 * output OUT. */

#include "image_help.h"
#include "image/link.h"
#include "virtual/device.h"

enum { VIRTUAL_CLIENTS = 2 };

static const int64_t VIRTUAL_MS = 1000000, VIRTUAL_BEGIN = INT64_C(1000) * 1000000;

static inline void virtual_client(struct bed *bed, const char *name, uint8_t unit)
{
    struct error error;
    uint32_t memory = (uint32_t)bed_memory(bed, (struct memory){.name = name, .client = -1});
    bed_declare(bed, (struct variable)WORD("IN", 0, .memory = memory, .direction = DIRECTION_IN,
                                           DEFAULT(7)));
    bed_declare(bed, (struct variable)WORD("LIST", 1, .memory = memory, .count = 3,
                                           .direction = DIRECTION_IN));
    bed_declare(bed,
                (struct variable)WORD("OUT", 10, .memory = memory, .direction = DIRECTION_OUT));
    struct client_spec spec = {.where = "t.lua:1",
                               .name = name,
                               .host = "10.0.0.7",
                               .port = 502,
                               .unit = unit,
                               .memory = memory,
                               .period = 100 * VIRTUAL_MS,
                               .timeout = 50 * VIRTUAL_MS,
                               .depth = 1,
                               .max_read = READ_MOST,
                               .max_write = WRITE_MOST,
                               .max_gap = 8};
    if (plan_client(bed->plan, &spec, &error) < 0)
        fail_msg("%s", error.text);
}

static inline struct bed *virtual_bed(void)
{
    struct bed *bed = calloc(1, sizeof *bed);
    bed->plan = plan_create("test");
    virtual_client(bed, "plc1", 1);
    virtual_client(bed, "plc2", 2);
    bed_ready(bed);
    return bed;
}

static inline void virtual_bed_end(struct bed *bed)
{
    bed_finish((void *[]){bed});
}

/* A variable's point, in the memory of that client. */
static inline uint32_t virtual_point(const struct bed *bed, uint32_t client, const char *name)
{
    int index = plan_find_variable(bed->plan, bed->plan->clients[client].memory, name);
    assert_true(index >= 0);
    return bed->plan->variables[index]->point;
}

/* What the program has there now: the first word, and the quality. */
static inline uint16_t virtual_word(struct bed *bed, uint32_t client, const char *name)
{
    view_latch(bed->view);
    return view_cells(bed->view)[bed->plan->points[virtual_point(bed, client, name)].cell];
}

static inline enum quality virtual_quality(struct bed *bed, uint32_t client, const char *name)
{
    view_latch(bed->view);
    return (enum quality)view_marks(bed->view)[virtual_point(bed, client, name)].quality;
}

/* The script assigns it, and the scan ends. */
static inline void virtual_assign(struct bed *bed, uint32_t client, const char *name, uint16_t word,
                                  int64_t now)
{
    view_latch(bed->view);
    bed_assign_point(bed, virtual_point(bed, client, name), &word);
    view_publish(bed->view, now);
}

/* What the device itself has in its first word of that name. */
static inline uint16_t virtual_device_word(struct device *device, const char *name)
{
    int index = plan_find_variable(device_plan(device), 0, name);
    assert_true(index >= 0);
    view_latch(device_view(device));
    return view_cells(device_view(device))[device_plan(device)->variables[index]->cell];
}
