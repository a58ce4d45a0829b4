/* What a master may do to the image, by address. Reads take no lock; how a write is judged and
 * carried out stands in write.c. */

#include "image/write.h"

#include <string.h>

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
    write->origin = request->origin;
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
        exception = write_judge(image, write);
        if (exception == EXCEPTION_NONE && !image_may_forward(image, request))
            exception = EXCEPTION_GATEWAY_TARGET;
    }
    if (exception == EXCEPTION_NONE && request->read.count && !image_may_read(image, request, from))
        exception = EXCEPTION_GATEWAY_TARGET;
    if (exception != EXCEPTION_NONE)
        return exception;
    if (request->write.count)
        write_carry_out(image, write, now);
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
