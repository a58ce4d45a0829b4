#pragma once
/* Programs of clients only, for the tests of what carries their requests: each client mirrors a
 * memory of its own ("m0", "m1", …) with four raw holding registers from address 0, polled in one
 * request. Specs may be changed before dial_bed_seal. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "image/image.h"
#include "image/link.h"

enum { DIAL_WORDS = 4 };

static const int64_t MS = NS_PER_MS;

struct dial_bed {
    struct plan *plan;
    struct image *image;
};

static inline void dial_need(bool done, const struct error *error)
{
    if (!done)
        fail_msg("%s", error->text);
}

static inline void dial_bed_open(struct dial_bed *bed)
{
    bed->plan = plan_create("bed");
    bed->image = NULL;
}

static inline struct client_spec dial_spec(const char *host, uint16_t port, uint8_t unit)
{
    return (struct client_spec){.where = "bed",
                                .host = host,
                                .port = port,
                                .unit = unit,
                                .period = 20 * MS,
                                .timeout = 1000 * MS,
                                .depth = 1,
                                .max_read = READ_MOST,
                                .max_write = WRITE_MOST};
}

/* The client's number. */
static inline uint32_t dial_bed_add(struct dial_bed *bed, struct client_spec spec)
{
    struct error error;
    char name[16];
    snprintf(name, sizeof name, "m%zu", bed->plan->client_count);
    struct memory memory = {.name = plan_string(bed->plan, name), .where = "bed"};
    memory.client = -1;
    int index = plan_memory(bed->plan, &memory, &error);
    dial_need(index >= 0, &error);
    struct raw raw = {(uint32_t)index, TABLE_HOLDING, 0, DIAL_WORDS, "bed", 0};
    dial_need(plan_raw(bed->plan, &raw, &error) >= 0, &error);
    spec.memory = (uint32_t)index;
    spec.name = memory.name;
    spec.host = plan_string(bed->plan, spec.host);
    int client = plan_client(bed->plan, &spec, &error);
    dial_need(client >= 0, &error);
    return (uint32_t)client;
}

static inline void dial_bed_seal(struct dial_bed *bed)
{
    struct error error;
    dial_need(plan_seal(bed->plan, &error), &error);
    bed->image = image_create(bed->plan, 1, &error);
    dial_need(bed->image != NULL, &error);
}

static inline void dial_bed_close(struct dial_bed *bed)
{
    image_destroy(bed->image);
    plan_unref(bed->plan);
}

/* What a master would read; stale values, too. */
static inline uint16_t dial_bed_word(struct dial_bed *bed, uint32_t client, uint16_t address)
{
    uint16_t word = 0;
    struct request request = {.memory = bed->plan->clients[client].memory,
                              .serve_stale = true,
                              .read = {TABLE_HOLDING, address, 1, &word}};
    assert_int_equal(image_request(bed->image, &request, clock_monotonic()), EXCEPTION_NONE);
    return word;
}

/* A master's write. */
static inline void dial_bed_write(struct dial_bed *bed, uint32_t client, uint16_t address,
                                  uint16_t word)
{
    struct request request = {.memory = bed->plan->clients[client].memory,
                              .serve_stale = true,
                              .write = {TABLE_HOLDING, address, 1, &word, false}};
    assert_int_equal(image_request(bed->image, &request, clock_monotonic()), EXCEPTION_NONE);
}
