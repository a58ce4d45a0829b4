/* Retained values pass the force overlay by: what is kept is what lies beneath it, and so is what
 * comes back. */

#include "image/image_restore.h"

#include "image/inside.h"
#include "image/keeps.h"

void image_restore(struct image *image, uint32_t number, const uint16_t *words, int64_t now)
{
    image_lock(image);
    image_write_point(image, &image->plan->points[number], words);
    image_mark_time(image, number, now);
    if (!image->gates[number])
        image_set_quality(image, number, QUALITY_GOOD);
    image_unlock(image);
}

bool image_retain(struct image *image, const uint32_t *points, size_t count, uint16_t *words,
                  struct keeps *copy, uint64_t *version)
{
    struct keeps *keeps = copy ? image_keeps(image) : NULL;
    bool copied = false;
    if (keeps && keeps_version(keeps) != *version)
        keeps_populate(copy, keeps);
    image_lock_still(image);
    for (size_t i = 0; i < count; i++) {
        const struct point *point = &image->plan->points[points[i]];
        for (uint32_t cell = point->cell; cell < point->cell + point->words; cell++)
            *words++ = image_uncover(image, cell, image->cells[cell]) & point->mask;
    }
    if (keeps && keeps_version(keeps) != *version) {
        *version = keeps_version(keeps);
        keeps_read(keeps, copy);
        copied = true;
    }
    image_unlock_still(image);
    return copied;
}

bool image_forced_words(struct image *image, uint32_t number, uint16_t *words)
{
    const struct point *point = &image->plan->points[number];
    image_lock_still(image);
    bool forced = image->marks[number].forced;
    for (uint16_t k = 0; k < point->words; k++)
        words[k] = image->cells[point->cell + k] & point->mask;
    image_unlock_still(image);
    return forced;
}
