#pragma once
/* Another program takes over from the one of client_bed.h, as a reload does it: its plan declares
 * what it likes, its image adopts, its client inherits, and what was on the wire is nobody's. */

#include "client_bed.h"
#include "image/adopt.h"
#include "image/draft.h"
#include "image/plan_match.h"

struct takeover {
    struct client_bed *cb;
    struct bed next;
    struct client *client;
    struct draft *draft;
};

/* Declare into takeover.next, then takeover_end. */
static inline struct takeover takeover_begin(struct client_bed *cb)
{
    const struct memory *memory = &cb->bed.plan->memories[cb->plc];
    struct takeover t = {.cb = cb, .next = {.plan = plan_create("tank")}};
    cb->spec.memory = (uint32_t)bed_memory(
        &t.next, (struct memory){.name = memory->name, .client = -1, .wins = memory->wins});
    return t;
}

/* What the body of the new program assigns to a register. */
static inline void takeover_body(struct takeover *t, uint16_t address, uint16_t word)
{
    struct error error;
    if (!t->draft)
        t->draft = draft_create(&error);
    int64_t cell = draft_cell(t->draft, t->cb->spec.memory, TABLE_HOLDING, address, &error);
    draft_cells(t->draft)[cell] = word;
    draft_assign(t->draft, (uint32_t)cell, 1, 0xFFFF);
}

static inline void takeover_drop(struct bed *bed)
{
    view_destroy(bed->view);
    image_destroy(bed->image);
    plan_unref(bed->plan);
}

static inline void wire_orphan(struct client_bed *cb)
{
    for (size_t i = cb->wire_count; i-- > 0;) {
        cb->wire[i].exchange = NULL;
        if (cb->wire[i].carried_out && cb->wire[i].answer_lost)
            wire_remove(cb, i);
    }
}

/* As prepared, before everybody stands still. */
static inline void takeover_load(struct takeover *t)
{
    struct client_bed *cb = t->cb;
    struct error error;
    assert_true(plan_client(t->next.plan, &cb->spec, &error) >= 0);
    bed_seal(&t->next);
    t->next.image = image_create(t->next.plan, cb->now, &error);
    if (t->draft)
        draft_apply(t->draft, t->next.image, cb->now);
    t->next.view = view_create(t->next.image, &error);
    t->client = client_create(t->next.image, 0, cb->now, &error);
    assert_non_null(t->client);
}

static inline void takeover_end(struct takeover *t)
{
    struct client_bed *cb = t->cb;
    struct error error;
    if (!t->client)
        takeover_load(t);
    struct plan_match *match = plan_match_create(cb->bed.plan, t->next.plan, &error);
    assert_non_null(match);
    assert_int_equal(match->clients[0], 0);
    assert_true(image_adopt(t->next.image, cb->bed.image, match, cb->now, NULL, NULL, &error));
    client_inherit(t->client, cb->client, match, cb->now);
    wire_orphan(cb);
    plan_match_destroy(match);
    draft_destroy(t->draft);
    client_destroy(cb->client);
    takeover_drop(&cb->bed);
    cb->bed = t->next;
    cb->client = t->client;
    cb->plc = cb->spec.memory;
}

/* ---- a program to begin with ---- */

#define SECOND ((int64_t)1000 * MS)

static inline void inherit_declare(struct bed *bed)
{
    bed_declare(bed, WORD("A", 0));
    bed_declare(bed, WORD("B", 1));
    bed_declare(bed, WORD("C", 2));
    bed_declare(bed, WORD("OUT", 6, .direction = DIRECTION_OUT));
    bed_declare(bed, WIDE("WIDE", 8));
    bed_declare(bed, BIT("BIT", 12, 3));
    bed_declare(bed, WORD("IN", 14, .direction = DIRECTION_IN));
}

static inline int inherit_setup(void **state)
{
    client_bed_init(state);
    struct client_bed *cb = *state;
    device_set(&cb->device, 1, 11);
    inherit_declare(&cb->bed);
    client_bed_online(cb);
    client_bed_run(cb, 200 * MS);
    cb->device.writes = 0;
    return 0;
}

static inline void inherit_reload(struct client_bed *cb)
{
    struct takeover t = takeover_begin(cb);
    inherit_declare(&t.next);
    takeover_end(&t);
}

static inline uint16_t inherit_held(struct client_bed *cb, uint16_t address)
{
    return device_get(&cb->device, TABLE_HOLDING, address);
}
