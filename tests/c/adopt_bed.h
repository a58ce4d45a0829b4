#pragma once
/* Two beds: a program and the one that takes its place. */

#include "plan_bed.h"
#include "image/adopt.h"
#include "image/link.h"
#include "image/mirror.h"

enum { PAIR_REFUSED = 16 };

struct pair {
    struct bed *from, *to;
    struct plan_match *match;
    uint32_t refused[PAIR_REFUSED];
    size_t refused_count;
    const uint16_t *cells; /* present values that the list of differences shows; or NULL */
    const struct mark *marks;
};

static inline int pair_init(void **state)
{
    struct pair *pair = calloc(1, sizeof *pair);
    void *bed;
    bed_init(&bed);
    pair->from = bed;
    bed_init(&bed);
    pair->to = bed;
    *state = pair;
    return 0;
}

static inline int pair_finish(void **state)
{
    struct pair *pair = *state;
    void *bed = pair->from;
    plan_match_destroy(pair->match);
    bed_finish(&bed);
    bed = pair->to;
    bed_finish(&bed);
    free(pair);
    return 0;
}

static inline void pair_declare(struct pair *pair, struct variable v)
{
    bed_declare(pair->from, v);
    bed_declare(pair->to, v);
}

static inline void pair_plc(struct pair *pair)
{
    bed_plc(pair->from);
    bed_plc(pair->to);
}

/* Compares; `ready` makes images, too. */
static inline void pair_match(struct pair *pair)
{
    struct error error;
    pair->match = plan_match_create(pair->from->plan, pair->to->plan, &error);
    assert_non_null(pair->match);
}

static inline void pair_ready(struct pair *pair)
{
    bed_ready(pair->from);
    bed_ready(pair->to);
    pair_match(pair);
}

static inline void pair_note(void *context, uint32_t point, const uint16_t *words)
{
    struct pair *pair = context;
    (void)words;
    assert_true(pair->refused_count < PAIR_REFUSED);
    pair->refused[pair->refused_count++] = point;
}

static inline void pair_adopt(struct pair *pair, int64_t now)
{
    struct error error;
    assert_true(
        image_adopt(pair->to->image, pair->from->image, pair->match, now, pair_note, pair, &error));
    view_latch(pair->to->view);
}

/* `to` takes the place of `from`, and what follows goes the other way. */
static inline void pair_turn(struct pair *pair)
{
    struct bed *bed = pair->from;
    pair->from = pair->to;
    pair->to = bed;
    plan_match_destroy(pair->match);
    pair_match(pair);
}

static inline void pair_online(struct bed *bed, uint32_t client, bool online)
{
    link_publish(bed->image, client, &(struct link_status){.online = online}, false);
}

/* What the device has, of one group. */
static inline void pair_poll(struct bed *bed, uint32_t client, const char *name, uint16_t word)
{
    uint16_t cells[512];
    const struct point *point = &bed->plan->points[bed_point(bed, name)];
    struct mirror_news news = {.group = point->group, .take = true, .quality = QUALITY_GOOD};
    assert_true(bed->plan->cell_count <= 512);
    mirror_copy(bed->image, client, cells);
    cells[point->cell - plan_client_cells(bed->plan, client).first] = word;
    mirror_tell(bed->image, client, &news, 1, cells, BED_NOW + 1);
    mirror_arrived(bed->image, &point->group, 1, BED_NOW + 1);
}

/* As `set` does. */
static inline void pair_set(struct bed *bed, const char *name, uint16_t word)
{
    assert_int_equal(image_set(bed->image, bed_point(bed, name), &word, NULL, BED_NOW + 1),
                     EXCEPTION_NONE);
}

#define PAIR_TEST(name) cmocka_unit_test_setup_teardown(name, pair_init, pair_finish)
