/* Nothing here asks who may do what: that was decided when it was recorded. */

#include "image/image_replay.h"

#include "image/inside.h"

void image_replay_cell(struct image *image, uint32_t cell, uint16_t word, uint16_t mask)
{
    image_lock(image);
    image_write_cell(image, cell, word, mask);
    image_unlock(image);
}

void image_replay_mark(struct image *image, uint32_t number, const struct mark *mark, int64_t now)
{
    struct mark *known = &image->marks[number];
    image_lock(image);
    image_set_quality(image, number, (enum quality)mark->quality);
    known->time = now;
    known->written = mark->written;
    known->forced = mark->forced;
    known->delivery = mark->delivery;
    known->reason = mark->reason;
    image_dirty_mark(image, number);
    image_unlock(image);
}

void image_replay_link(struct image *image, size_t link, const struct link_status *status)
{
    struct link_status *known = &image->link_status[link];
    image_lock(image);
    int64_t answered = known->answered;
    *known = *status;
    known->answered = answered;
    atomic_store(&image->links[link].online, status->online);
    image_dirty_link(image, link);
    image_unlock(image);
}

void image_replay_sequence(struct image *image, uint64_t sequence)
{
    image_lock(image);
    image->sequence = sequence;
    image_unlock(image);
}
