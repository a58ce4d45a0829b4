/* What a write does to the image, by address or by name: it is worked out beside the memory, then
 * judged in the order of the protocol (address, value, execution; MODBUS Application Protocol
 * V1.1b3, 6 and 7), and only then carried out: a refused one changes nothing. */

#include "image/write.h"

#include <string.h>
#include "image/audit.h"

static bool all_raw(const struct plan *plan, const struct point *point)
{
    for (uint16_t k = 0; k < point->words; k++) {
        if (!plan->raw_cells[point->cell + k])
            return false;
    }
    return true;
}

static bool reaches(const struct write *write, const struct point *point)
{
    return point->cell + point->words > write->cell && point->cell < write->cell + write->count &&
           (write->touched & point->mask);
}

static bool is_part(const struct write *write, const struct point *point)
{
    return point->cell < write->cell || point->cell + point->words > write->cell + write->count;
}

/* Words that a point would have after the write. */
static void gather(const struct image *image, const struct write *write, const struct point *point,
                   uint16_t *words)
{
    for (uint16_t k = 0; k < point->words; k++) {
        uint32_t cell = point->cell + k;
        bool inside = cell >= write->cell && cell < write->cell + write->count;
        words[k] = inside ? write->words[cell - write->cell] : image->cells[cell];
    }
}

static enum exception judge_cells(const struct image *image, const struct write *write)
{
    for (uint16_t k = 0; k < write->count; k++) {
        uint16_t writable = image->plan->writable[write->cell + k];
        uint16_t changed = write->words[k] ^ image->cells[write->cell + k];
        if (!writable || (changed & ~writable))
            return EXCEPTION_ADDRESS;
    }
    return EXCEPTION_NONE;
}

static bool is_changed(const struct image *image, const struct write *write,
                       const struct point *point)
{
    uint16_t words[VARIABLE_MAX_WORDS], changed = 0;
    gather(image, write, point, words);
    for (uint16_t k = 0; k < point->words; k++)
        changed |= (words[k] ^ image->cells[point->cell + k]) & point->mask;
    return changed;
}

/* Whether a variable is written by the program or by a device only. */
static bool is_owned(const struct plan *plan, const struct point *point)
{
    return point->variable >= 0 && !plan_point_is_settable(plan, (uint32_t)(point - plan->points));
}

static enum exception judge_point(const struct image *image, const struct write *write,
                                  const struct point *point)
{
    const struct plan *plan = image->plan;
    const struct variable *v = plan->variables[point->variable];
    if (is_owned(plan, point)) /* in the same word as what is meant */
        return is_changed(image, write, point) ? EXCEPTION_ADDRESS : EXCEPTION_NONE;
    if (is_part(write, point) && !v->partial && !all_raw(plan, point))
        return EXCEPTION_ADDRESS;
    if (v->limited) {
        uint16_t words[VARIABLE_MAX_WORDS];
        gather(image, write, point, words);
        if (!variable_accepts(v, words, point->mask))
            return EXCEPTION_VALUE;
    }
    bool fault = atomic_load_explicit(&image->fault, memory_order_relaxed) && v->has_safe;
    return fault || image_is_retired(image, point) ? EXCEPTION_DEVICE_FAILURE : EXCEPTION_NONE;
}

/* The protocol's order is that of the codes: 02, address, before 04, execution, with 03 for a value
 * between them, because a value can only be wrong for a variable that may be written. */
static enum exception first_of(enum exception a, enum exception b)
{
    if (a == EXCEPTION_NONE || b == EXCEPTION_NONE)
        return a == EXCEPTION_NONE ? b : a;
    return a < b ? a : b;
}

enum exception write_judge(const struct image *image, const struct write *write)
{
    const struct plan *plan = image->plan;
    enum exception worst = write->by_name ? EXCEPTION_NONE : judge_cells(image, write);
    size_t i = plan_first_point(plan, write->cell);
    for (; worst != EXCEPTION_ADDRESS && i < plan->point_count; i++) {
        const struct point *point = &plan->points[plan->by_cell[i]];
        if (point->cell >= write->cell + write->count)
            break;
        if (point->variable >= 0 && reaches(write, point))
            worst = first_of(worst, judge_point(image, write, point));
    }
    return worst;
}

/* A pulse is news only when it is sent as 1. */
static bool is_news(const struct image *image, const struct write *write, const struct point *point)
{
    if (point->variable < 0 || !image->plan->variables[point->variable]->pulse)
        return true;
    return write->words[point->cell - write->cell] & point->mask;
}

static void mark_written(struct image *image, const struct write *write, int64_t now)
{
    const struct plan *plan = image->plan;
    image->sequence++;
    for (size_t i = plan_first_point(plan, write->cell); i < plan->point_count; i++) {
        uint32_t number = plan->by_cell[i];
        const struct point *point = &plan->points[number];
        if (point->cell >= write->cell + write->count)
            break;
        if (!reaches(write, point) || is_owned(plan, point) || !is_news(image, write, point))
            continue;
        image_mark_written(image, number, now);
        if (!image_is_mirrored(point))
            image_set_quality(image, number, QUALITY_GOOD); /* else the device's answer says so */
        outbox_list(image, number, now);
    }
}

/* ---- the audit log ---- */

/* What was written, also where a force covers it: it comes back when that goes. */
static void uncover(const struct image *image, uint32_t cell, uint16_t count, uint16_t *words)
{
    memcpy(words, image->cells + cell, count * sizeof *words);
    for (uint16_t k = 0; image->covered && k < count; k++)
        words[k] = image_uncover(image, cell + k, words[k]);
}

/* What cells of the write's range held before it: the points that it reaches may begin and end
 * outside, where nothing changes. */
static void note_point(const struct image *image, const struct write *write, uint32_t number,
                       const uint16_t *before, int64_t *time)
{
    const struct point *point = &image->plan->points[number];
    uint16_t old[VARIABLE_MAX_WORDS], fresh[VARIABLE_MAX_WORDS];
    uncover(image, point->cell, point->words, fresh);
    for (uint16_t k = 0; k < point->words; k++) {
        uint32_t cell = point->cell + k;
        bool inside = cell >= write->cell && cell < write->cell + write->count;
        old[k] = inside ? before[cell - write->cell] : fresh[k];
    }
    audit_point_at(image->audit, write->by_name ? AUDIT_SET : AUDIT_WRITE, write->origin,
                   image->plan, number, old, fresh, time);
}

static void note(const struct image *image, const struct write *write, const uint16_t *before)
{
    const struct plan *plan = image->plan;
    int64_t time = 0;
    for (size_t i = plan_first_point(plan, write->cell); i < plan->point_count; i++) {
        const struct point *point = &plan->points[plan->by_cell[i]];
        if (point->cell >= write->cell + write->count)
            break;
        if (reaches(write, point) && !is_owned(plan, point))
            note_point(image, write, plan->by_cell[i], before, &time);
    }
}

/* ---- carrying out ---- */

/* Bits that are not the master's are the same in `words`, but not beneath a force: they stay out
 * of it. */
static void carry_out(struct image *image, const struct write *write, int64_t now)
{
    for (uint16_t k = 0; k < write->count; k++) {
        uint32_t cell = write->cell + k;
        uint16_t may = write->by_name ? 0xFFFF : image->plan->writable[cell];
        image_write_cell(image, cell, write->words[k], write->touched & may);
    }
    mark_written(image, write, now);
}

/* In a function of its own, so that who is not audited does not touch that much stack. */
static __attribute__((noinline)) void carry_out_noted(struct image *image,
                                                      const struct write *write, int64_t now)
{
    uint16_t before[WRITE_MAX];
    uncover(image, write->cell, write->count, before);
    carry_out(image, write, now);
    note(image, write, before);
}

void write_carry_out(struct image *image, const struct write *write, int64_t now)
{
    bool noted = write->origin && audit_wants(image->audit);
    (noted ? carry_out_noted : carry_out)(image, write, now);
}
