#pragma once
/* A bed whose memory "plc" is mirrored by a client: the link's side of it, and its wakes counted.
 */

#include "image_help.h"
#include "image/link.h"
#include "image/mirror.h"

enum { MIRROR_CELLS = 256, MIRROR_ROOM = 64, MIRROR_LATER = 5000 };

struct link_side {
    uint16_t cells[MIRROR_CELLS];
    uint32_t first; /* cell of cells[0] */
    unsigned wakes;
    struct mirror_change changes[MIRROR_ROOM];
    size_t count;
};

/* The next memory, and a client that mirrors it; the index of both follows from the order. */
static inline uint32_t mirror_memory(struct bed *bed, const char *name)
{
    struct error error;
    uint32_t memory = (uint32_t)bed_memory(bed, (struct memory){.name = name, .client = -1});
    struct client_spec spec = {.where = "t.lua:1",
                               .name = name,
                               .host = "10.0.0.7",
                               .port = (uint16_t)(500 + memory),
                               .unit = 1,
                               .memory = memory,
                               .period = 1000000000,
                               .timeout = 1000000000,
                               .depth = 1,
                               .max_read = READ_MOST,
                               .max_write = WRITE_MOST};
    if (plan_client(bed->plan, &spec, &error) < 0)
        fail_msg("%s", error.text);
    return memory;
}

static inline void mirror_wake(void *context)
{
    ++*(unsigned *)context;
}

static inline void mirror_start(struct bed *bed, uint32_t client, struct link_side *side)
{
    memset(side, 0, sizeof *side);
    side->first = plan_client_cells(bed->plan, client).first;
    mirror_copy(bed->image, client, side->cells);
    link_attach(bed->image, client, mirror_wake, &side->wakes);
}

static inline uint32_t mirror_group(const struct bed *bed, const char *name)
{
    return bed->plan->points[bed_point(bed, name)].group;
}

static inline uint16_t *mirror_cell(const struct bed *bed, struct link_side *side, const char *name)
{
    return &side->cells[bed_find(bed, name)->cell - side->first];
}

static inline size_t mirror_fetch(struct bed *bed, uint32_t client, struct link_side *side)
{
    side->count = mirror_collect(bed->image, client, side->changes, MIRROR_ROOM, side->cells);
    return side->count;
}

/* Nothing but the group of this variable was changed. */
static inline void mirror_expect(struct bed *bed, struct link_side *side, const char *name)
{
    assert_int_equal(mirror_fetch(bed, 0, side), 1);
    assert_int_equal(side->changes[0].group, mirror_group(bed, name));
}

/* A poll brought this word, with this quality. */
static inline struct mirror_news mirror_poll(struct bed *bed, struct link_side *side,
                                             const char *name, uint16_t word, enum quality quality)
{
    struct mirror_news news = {.group = mirror_group(bed, name), .take = true, .quality = quality};
    uint16_t mask = bed_find(bed, name)->mask, *cell = mirror_cell(bed, side, name);
    *cell = (uint16_t)((*cell & ~mask) | (word & mask));
    mirror_tell(bed->image, 0, &news, 1, side->cells, MIRROR_LATER);
    return news;
}

static inline void mirror_say(struct bed *bed, struct link_side *side, const char *name,
                              enum quality quality)
{
    struct mirror_news news = {.group = mirror_group(bed, name), .quality = quality};
    mirror_tell(bed->image, 0, &news, 1, side->cells, MIRROR_LATER);
}

static inline void mirror_online(struct bed *bed, uint32_t client, bool online)
{
    link_publish(bed->image, client, &(struct link_status){.online = online}, false);
}

static inline const struct mark *mirror_mark(struct bed *bed, const char *name)
{
    view_latch(bed->view);
    return bed_mark(bed, name);
}

/* Words of the image, as a script would see them next. */
static inline uint16_t mirror_value(struct bed *bed, const char *name)
{
    view_latch(bed->view);
    return bed_value(bed, name);
}

static inline enum exception mirror_master_write(struct bed *bed, uint32_t memory, uint16_t address,
                                                 uint16_t count, const uint16_t *words)
{
    struct request request = {.memory = memory,
                              .write = {TABLE_HOLDING, address, count, words, false}};
    return image_request(bed->image, &request, BED_NOW);
}

static inline enum exception mirror_master_read(struct bed *bed, uint32_t memory, uint16_t address,
                                                uint16_t count, uint16_t *words)
{
    struct request request = {.memory = memory, .read = {TABLE_HOLDING, address, count, words}};
    return image_request(bed->image, &request, BED_NOW);
}
