#pragma once
/* Adds to image_help.h what plans with clients need: memory 1, "plc", mirrored by a client. */

#include "image_help.h"

#define PLC(...) .memory = 1, .where = "t.lua:3", __VA_ARGS__

/* To unit 1 of a device that takes as much as the protocol allows. */
static inline struct client_spec client_on(uint32_t memory)
{
    return (struct client_spec){
        .where = "t.lua:5",
        .name = "10.0.0.7:502 unit 1",
        .host = "10.0.0.7",
        .port = 502,
        .unit = 1,
        .memory = memory,
        .max_read = READ_MOST,
        .max_write = WRITE_MOST,
        .depth = 1,
    };
}

static inline void bed_client(struct bed *bed, struct client_spec client)
{
    struct error error;
    if (plan_client(bed->plan, &client, &error) < 0)
        fail_msg("%s", error.text);
}

static inline void bed_plc(struct bed *bed)
{
    bed_memory(bed, (struct memory){.name = "plc", .where = "t.lua:2"});
    bed_client(bed, client_on(1));
}

static inline void bed_raw_of(struct bed *bed, uint32_t memory, enum table table, uint16_t address,
                              uint32_t count)
{
    struct error error;
    struct raw raw = {memory, table, address, count, "t.lua:4", 0};
    if (plan_raw(bed->plan, &raw, &error) < 0)
        fail_msg("%s", error.text);
}

static inline void bed_refused(struct bed *bed, const char *text)
{
    struct error error = {""};
    assert_false(plan_seal(bed->plan, &error));
    assert_string_equal(error.text, text);
}
