/* The image gets what was recorded as if masters and links had brought it, and the scan finds it
 * there. `expected` is what its cells have to be, in the script's own layout. */

#include "desk/replay_inside.h"

#include <string.h>
#include "image/image_replay.h"

/* One word of a recorded point. */
static void expect_word(struct replay *replay, uint32_t recorded, uint32_t recorded_cell)
{
    const struct point *point = &replay->current->plan->points[replay->match.points[recorded]];
    uint32_t cell = point->cell + recorded_cell - replay->recording->points[recorded].cell;
    uint16_t word = replay->recording->cells[recorded_cell];
    replay->expected[cell] =
        (uint16_t)((replay->expected[cell] & ~point->mask) | (word & point->mask));
}

static void bring_word(struct replay *replay, uint32_t recorded, uint32_t recorded_cell)
{
    const struct point *point = &replay->current->plan->points[replay->match.points[recorded]];
    uint32_t cell = point->cell + recorded_cell - replay->recording->points[recorded].cell;
    expect_word(replay, recorded, recorded_cell);
    image_replay_cell(replay->current->image, cell, replay->recording->cells[recorded_cell],
                      point->mask);
}

static void bring_point(struct replay *replay, uint32_t recorded)
{
    const struct recorded_point *point = &replay->recording->points[recorded];
    for (uint32_t i = 0; i < point->words; i++)
        bring_word(replay, recorded, point->cell + i);
}

/* What follows another variable does so here, too; only the beginning has to be told. */
static bool follows(const struct replay *replay, uint32_t recorded)
{
    const struct plan *plan = replay->current->plan;
    int32_t variable = plan->points[replay->match.points[recorded]].variable;
    return variable >= 0 && plan->variables[variable]->from;
}

static void bring_mark(struct replay *replay, uint32_t recorded)
{
    uint32_t point = replay->match.points[recorded];
    if (point != REPLAY_NONE)
        image_replay_mark(replay->current->image, point, &replay->recording->marks[recorded],
                          replay->recording->now.monotonic);
}

static void bring_link(struct replay *replay, uint32_t recorded)
{
    uint32_t link = replay->match.links[recorded];
    if (link != REPLAY_NONE)
        image_replay_link(replay->current->image, link, &replay->recording->status[recorded]);
}

void replay_bring_all(struct replay *replay)
{
    const struct recording *recording = replay->recording;
    for (uint32_t i = 0; i < recording->point_count; i++) {
        if (replay->match.points[i] != REPLAY_NONE)
            bring_point(replay, i);
        bring_mark(replay, i);
    }
    for (uint32_t i = 0; i < recording->link_count; i++)
        bring_link(replay, i);
}

/* A change in a recorded cell, for all points that lie over it. */
static void each_over(struct replay *replay, uint32_t cell,
                      void (*take)(struct replay *replay, uint32_t recorded, uint32_t cell))
{
    const struct replay_match *match = &replay->match;
    for (uint32_t i = match->first[cell]; i < match->first[cell + 1]; i++)
        take(replay, match->over[i], cell);
}

static void bring_over(struct replay *replay, uint32_t recorded, uint32_t cell)
{
    if (follows(replay, recorded))
        expect_word(replay, recorded, cell);
    else
        bring_word(replay, recorded, cell);
}

/* A pulse was ended by the publish, unless a new one came at once. */
void replay_bring_changes(struct replay *replay)
{
    const struct recording *recording = replay->recording;
    const struct replay_match *match = &replay->match;
    for (size_t i = 0; i < match->pulse_count; i++)
        bring_point(replay, match->pulses[i]);
    for (size_t i = 0; i < recording->came_count; i++)
        each_over(replay, recording->came[i], bring_over);
    for (size_t i = 0; i < recording->marked_count; i++)
        bring_mark(replay, recording->marked[i]);
    for (size_t i = 0; i < recording->linked_count; i++)
        bring_link(replay, recording->linked[i]);
}

/* ---- what came of it ---- */

static void bring_mark_over(struct replay *replay, uint32_t recorded, uint32_t cell)
{
    (void)cell;
    bring_mark(replay, recorded);
}

/* A publish marks what is on its way to a device, and here no device takes it: the marks are again
 * what the next scan has found, but for what its record says. */
void replay_expect_published(struct replay *replay)
{
    struct recording *recording = replay->recording;
    recording_publish(recording);
    for (size_t i = 0; i < recording->left_count; i++)
        each_over(replay, recording->left[i], expect_word);
    for (size_t i = 0; i < recording->left_count; i++)
        each_over(replay, recording->left[i], bring_mark_over);
}

bool replay_is_as_expected(const struct replay *replay)
{
    const uint16_t *cells = view_cells(scan_view(replay->current->scan));
    size_t count = replay->current->plan->cell_count;
    if (memcmp(cells, replay->expected, count * sizeof *cells) == 0)
        return true;
    for (size_t i = 0; i < count; i++)
        if ((cells[i] ^ replay->expected[i]) & replay->match.masks[i])
            return false;
    return true;
}
