/* What a master may do to the image. A write is first worked out beside the memory, then judged in
 * the order of the protocol (address, value, execution; MODBUS Application Protocol V1.1b3, 6 and
 * 7), and only then carried out: a refused request changes nothing. */

#include "image/inside.h"

#include <string.h>

enum { WRITE_MAX = 1968 }; /* the widest: FC 15 */

/* A write as it would leave the cells. `touched` are the bits that it means to write. */
struct write {
    uint32_t cell;
    uint16_t count;
    uint16_t touched;
    bool by_name; /* not by address: it reaches tables that masters only read */
    uint16_t words[WRITE_MAX];
};

/* Finds a range in a memory's table; false where any of it is not mapped. */
static bool locate(const struct plan *plan, uint32_t memory, enum table table, uint16_t address,
                   uint16_t count, uint32_t *cell)
{
    const struct extent *extent = &plan->memories[memory].table[table];
    if (!extent->mapped || address < extent->low || address + count - 1 > extent->high)
        return false;
    *cell = extent->cell + address - extent->low;
    return true;
}

static bool locate_write(const struct plan *plan, const struct request *request,
                         struct write *write)
{
    return request->write.count <= WRITE_MAX &&
           locate(plan, request->memory, request->write.table, request->write.address,
                  request->write.count, &write->cell);
}

static void prepare(const struct image *image, const struct request *request, struct write *write)
{
    const uint16_t *words = request->write.words;
    write->count = request->write.count;
    write->by_name = false;
    write->touched = 0xFFFF;
    if (request->write.masked) {
        uint16_t and_mask = words[0], or_mask = words[1];
        uint16_t current = image->cells[write->cell];
        write->touched = (uint16_t)~and_mask;
        write->words[0] = (uint16_t)((current & and_mask) | (or_mask & ~and_mask));
        return;
    }
    memcpy(write->words, words, write->count * sizeof *words);
}

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

/* Written by the program or by a device only. */
static bool is_owned(const struct plan *plan, const struct point *point)
{
    return (point->variable >= 0 && plan->variables[point->variable]->direction == DIRECTION_OUT) ||
           image_is_fed(plan, point);
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
    if (atomic_load_explicit(&image->fault, memory_order_relaxed) && v->has_safe)
        return EXCEPTION_DEVICE_FAILURE;
    return EXCEPTION_NONE;
}

/* The protocol's order is that of the codes: 02, address, before 04, execution, with 03 for a value
 * between them, because a value can only be wrong for a variable that may be written. */
static enum exception first_of(enum exception a, enum exception b)
{
    if (a == EXCEPTION_NONE || b == EXCEPTION_NONE)
        return a == EXCEPTION_NONE ? b : a;
    return a < b ? a : b;
}

static enum exception judge(const struct image *image, const struct write *write)
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

static void copy_cells(const struct image *image, const struct request *request, uint32_t from)
{
    for (uint16_t k = 0; k < request->read.count; k++)
        request->read.words[k] = __atomic_load_n(&image->cells[from + k], __ATOMIC_ACQUIRE);
}

static enum exception read_cells(const struct image *image, const struct request *request,
                                 uint32_t from)
{
    if (!image_may_read(image, request, from))
        return EXCEPTION_GATEWAY_TARGET;
    copy_cells(image, request, from);
    return EXCEPTION_NONE;
}

/* Values and their quality as of one moment, without the mutex. */
static bool read_beside(const struct image *image, const struct request *request, uint32_t from,
                        enum exception *exception)
{
    for (int i = 0; i < IMAGE_TRIES; i++) {
        uint64_t version;
        if (!image_look(image, &version))
            continue;
        *exception = read_cells(image, request, from);
        if (image_is_same(image, version))
            return true;
    }
    return false;
}

/* Both halves are judged before either is carried out. What is written and read at once is old or
 * not whatever is written. */
static enum exception carry_out_request(struct image *image, const struct request *request,
                                        struct write *write, uint32_t from, int64_t now)
{
    enum exception exception = EXCEPTION_NONE;
    if (request->write.count) {
        prepare(image, request, write);
        exception = judge(image, write);
        if (exception == EXCEPTION_NONE && !image_may_forward(image, request))
            exception = EXCEPTION_GATEWAY_TARGET;
    }
    if (exception == EXCEPTION_NONE && request->read.count && !image_may_read(image, request, from))
        exception = EXCEPTION_GATEWAY_TARGET;
    if (exception != EXCEPTION_NONE)
        return exception;
    if (request->write.count)
        carry_out(image, write, now);
    copy_cells(image, request, from);
    return EXCEPTION_NONE;
}

enum exception image_request(struct image *image, const struct request *request, int64_t now)
{
    const struct plan *plan = image->plan;
    uint32_t from = 0;
    struct write write;
    if (request->read.count && !locate(plan, request->memory, request->read.table,
                                       request->read.address, request->read.count, &from))
        return EXCEPTION_ADDRESS;
    if (request->write.count && !locate_write(plan, request, &write))
        return EXCEPTION_ADDRESS;

    enum exception exception;
    if (!request->write.count && read_beside(image, request, from, &exception))
        return exception;
    image_lock(image);
    exception = carry_out_request(image, request, &write, from, now);
    image_unlock(image);
    return exception;
}

/* Whether a point is anybody's but the program's. */
static bool may_be_set(const struct plan *plan, const struct point *point)
{
    return point->variable < 0 ? plan->writable[point->cell] : !is_owned(plan, point);
}

/* By name there is one point and its own bits; what else lies in its words keeps its value, and
 * what shares its bits is judged with it. */
enum exception image_set(struct image *image, uint32_t number, const uint16_t *words, int64_t now)
{
    const struct point *point = &image->plan->points[number];
    if (!may_be_set(image->plan, point))
        return EXCEPTION_ADDRESS;
    struct write write = {
        .cell = point->cell, .count = point->words, .touched = point->mask, .by_name = true};
    image_lock(image);
    for (uint16_t k = 0; k < point->words; k++)
        write.words[k] =
            (uint16_t)((image->cells[point->cell + k] & ~point->mask) | (words[k] & point->mask));
    enum exception exception = judge(image, &write);
    if (exception == EXCEPTION_NONE)
        carry_out(image, &write, now);
    image_unlock(image);
    return exception;
}
