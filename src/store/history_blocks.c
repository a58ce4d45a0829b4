/* Series and their open blocks in memory. A tail row is the samples of one commit as they came:
 * series by its id, moment as the distance to the one before, the number's eight bytes. */

#include "store/history_file.h"

#include <stdlib.h>
#include <string.h>
#include "base/memory.h"

struct series *history_file_find(const struct history_file *file, const char *name)
{
    int at = names_find(file->index, 0, name);
    return at < 0 ? NULL : &file->series[at];
}

static bool is_same(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static void describe(struct series *series, const struct recorded *name)
{
    if (is_same(series->type, name->type) && is_same(series->unit, name->unit))
        return;
    free(series->type);
    free(series->unit);
    series->type = memory_string(name->type ? name->type : "");
    series->unit = memory_string(name->unit ? name->unit : "");
    series->fresh = true;
}

struct series *history_series(struct history_file *file, const struct recorded *name)
{
    struct series *series = history_file_find(file, name->name);
    if (!series) {
        file->series = memory_grow(file->series, file->count, sizeof *file->series);
        series = &file->series[file->count];
        *series = (struct series){.name = memory_string(name->name), .fresh = true};
        names_put(file->index, 0, series->name, (int)file->count++);
    }
    describe(series, name);
    return series;
}

void history_series_finish(struct history_file *file)
{
    for (size_t i = 0; i < file->count; i++) {
        struct series *series = &file->series[i];
        block_finish(&series->block);
        free(series->name);
        free(series->type);
        free(series->unit);
    }
    free(file->series);
    names_destroy(file->index);
    file->series = NULL;
    file->index = NULL;
    file->count = 0;
}

/* ---- the tail ---- */

enum { SAMPLE_MOST = 10 + 10 + sizeof(double) };

uint8_t *history_pack(struct history_file *file, const struct history_batch *batch, size_t *length)
{
    struct packer packer = {.room = batch->count * SAMPLE_MOST};
    int64_t before = 0;
    packer.bytes = malloc(packer.room);
    if (!packer.bytes)
        return NULL;
    for (size_t i = 0; i < batch->count; i++) {
        const struct history_sample *sample = &batch->samples[i];
        const struct series *series = history_series(file, &batch->names[sample->name]);
        pack_number(&packer, (uint64_t)(series->id ? series->id : series->promised));
        pack_signed(&packer, sample->time - before);
        pack_bytes(&packer, &sample->value, sizeof sample->value);
        before = sample->time;
    }
    *length = packer.used;
    return packer.bytes;
}

static bool into_block(struct series *series, const struct sample *sample)
{
    series->dirty = true;
    return block_add(&series->block, sample);
}

bool history_take(struct history_file *file, const struct history_batch *batch)
{
    bool ok = true;
    for (size_t i = 0; i < batch->count; i++) {
        const struct history_sample *from = &batch->samples[i];
        struct series *series = history_series(file, &batch->names[from->name]);
        ok = into_block(series, &(struct sample){from->time, from->value}) && ok;
    }
    return ok;
}

/* Ids grow with the place, mostly one by one. */
static struct series *find_id(struct history_file *file, int64_t id)
{
    size_t low = 0, high = file->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (file->series[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < file->count && file->series[low].id == id ? &file->series[low] : NULL;
}

bool history_unpack(struct history_file *file, const void *bytes, size_t length)
{
    const uint8_t *at = bytes;
    struct unpacker unpacker = {.at = at, .end = at + length};
    int64_t time = 0;
    bool ok = true;
    while (unpacker.at != unpacker.end && !unpacker.short_of) {
        struct series *series = find_id(file, (int64_t)unpack_number(&unpacker));
        struct sample sample;
        time = (int64_t)((uint64_t)time + (uint64_t)unpack_signed(&unpacker));
        const uint8_t *value = unpack_bytes(&unpacker, sizeof sample.value);
        if (!value || !series)
            continue;
        sample.time = time;
        memcpy(&sample.value, value, sizeof sample.value);
        ok = into_block(series, &sample) && ok;
    }
    return ok;
}
