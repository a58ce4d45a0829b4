/* An image of its own, from what the client's memory declares; its words are found again by their
 * addresses. */

#include "virtual/device_inside.h"

#include "base/memory.h"

#include <stdlib.h>

/* ---- what it consists of ---- */

static const char *copy_text(struct plan *plan, const char *text)
{
    return text ? plan_string(plan, text) : NULL;
}

/* As the device has it: everybody may write it, nothing limits it, and what the client makes of it
 * is not the device's business. */
static struct variable variable_of_device(struct plan *plan, const struct variable *declared)
{
    return (struct variable){
        .name = plan_string(plan, declared->name),
        .path = plan_string(plan, declared->path),
        .where = plan_string(plan, declared->where),
        .table = declared->table,
        .type = declared->type,
        .address = declared->address,
        .bit = declared->bit,
        .length = declared->length,
        .count = declared->count,
        .order = declared->order,
        .has_order = declared->has_order,
        .has_scale = declared->has_scale,
        .scale = declared->scale,
        .offset = declared->offset,
        .unit = copy_text(plan, declared->unit),
        .has_default = declared->has_default,
        .initial = declared->initial,
        .direction = table_takes_writes(declared->table) ? DIRECTION_INOUT : DIRECTION_OUT,
        .round = declared->round,
        .nan = declared->type == TYPE_FLOAT32 || declared->type == TYPE_FLOAT64,
        .partial = declared->table == TABLE_HOLDING && declared->words > 1,
        .decimals = declared->decimals};
}

static bool add_variables(struct plan *plan, const struct plan *from, uint32_t memory,
                          struct error *error)
{
    for (size_t i = 0; i < from->variable_count; i++) {
        const struct variable *declared = from->variables[i];
        if (declared->memory != memory || declared->table == TABLE_VAR)
            continue;
        struct variable variable = variable_of_device(plan, declared);
        if (plan_variable(plan, &variable, error) < 0)
            return false;
    }
    return true;
}

static bool add_raws(struct plan *plan, const struct plan *from, uint32_t memory,
                     struct error *error)
{
    for (size_t i = 0; i < from->raw_count; i++) {
        struct raw raw = from->raws[i];
        if (raw.memory != memory)
            continue;
        raw.memory = 0;
        raw.where = plan_string(plan, raw.where);
        if (plan_raw(plan, &raw, error) < 0)
            return false;
    }
    return true;
}

static struct plan *plan_of_device(const struct plan *from, uint32_t client, struct error *error)
{
    const struct memory *mirrored = &from->memories[from->clients[client].memory];
    struct plan *plan = plan_create(from->clients[client].name);
    struct memory memory = {.name = plan_string(plan, mirrored->name),
                            .where = plan_string(plan, mirrored->where),
                            .order = mirrored->order,
                            .has_order = mirrored->has_order,
                            .client = -1};
    if (plan_memory(plan, &memory, error) >= 0 &&
        add_variables(plan, from, from->clients[client].memory, error) &&
        add_raws(plan, from, from->clients[client].memory, error) && plan_seal(plan, error))
        return plan;
    plan_unref(plan);
    return NULL;
}

struct device *device_create(const struct plan *plan, uint32_t client, int64_t now,
                             struct error *error)
{
    struct device *device = memory_zeroed(1, sizeof *device);
    device->manners.delay = DEVICE_DELAY;
    device->plan = plan_of_device(plan, client, error);
    if (device->plan)
        device->image = image_create(device->plan, now, error);
    if (device->image)
        device->view = view_create(device->image, error);
    if (!device->view) {
        device_destroy(device);
        return NULL;
    }
    device->habits = memory_zeroed(device->plan->point_count, sizeof *device->habits);
    return device;
}

void device_destroy(struct device *device)
{
    if (!device)
        return;
    view_destroy(device->view);
    image_destroy(device->image);
    plan_unref(device->plan);
    free(device->habits);
    free(device);
}

/* Where a device has the word of this address; false where it has none there. */
static bool find_cell(const struct device *device, enum table table, uint16_t address,
                      uint32_t *cell)
{
    const struct extent *extent = &device->plan->memories[0].table[table];
    if (!extent->mapped || address < extent->low || address > extent->high)
        return false;
    *cell = extent->cell + address - extent->low;
    return true;
}

/* Where a word of `device` lies in the one before. */
static bool find_word(const struct device *device, const struct device *before, uint32_t cell,
                      uint32_t *former)
{
    uint16_t address;
    enum table table = plan_cell_table(device->plan, 0, cell, &address);
    return find_cell(before, table, address, former);
}

/* The point that lies there, or NULL. */
static const struct point *find_point(const struct plan *plan, uint32_t cell, uint16_t words,
                                      uint16_t mask)
{
    for (size_t i = 0; i < plan->point_count; i++) {
        const struct point *point = &plan->points[i];
        if (point->cell == cell && point->words == words && point->mask == mask)
            return point;
    }
    return NULL;
}

static void take_value(struct device *device, const struct device *before, uint32_t at)
{
    const struct point *point = &device->plan->points[at];
    uint16_t *cells = view_cells(device->view), *formers = view_cells(before->view);
    uint32_t former;
    for (uint32_t i = 0; i < point->words; i++)
        if (find_word(device, before, point->cell + i, &former))
            cells[point->cell + i] = (uint16_t)((cells[point->cell + i] & ~point->mask) |
                                                (formers[former] & point->mask));
    view_assign(device->view, at);
}

void device_put_words(struct device *device, uint32_t at, const uint16_t *words)
{
    const struct point *point = &device->plan->points[at];
    uint16_t *cells = view_cells(device->view) + point->cell;
    cells[0] = (uint16_t)((cells[0] & ~point->mask) | (words[0] & point->mask));
    for (uint16_t i = 1; i < point->words; i++)
        cells[i] = words[i];
    view_assign(device->view, at);
}

static void take_habit(struct device *device, const struct device *before, uint32_t at)
{
    const struct point *point = &device->plan->points[at];
    uint32_t cell;
    if (!find_word(device, before, point->cell, &cell))
        return;
    const struct point *former = find_point(before->plan, cell, point->words, point->mask);
    if (former)
        device->habits[at] = before->habits[former - before->plan->points];
}

void device_inherit(struct device *device, struct device *before, int64_t now)
{
    device->manners = before->manners;
    device->has_habits = before->has_habits;
    view_latch(before->view);
    view_latch(device->view);
    for (uint32_t i = 0; i < device->plan->point_count; i++) {
        take_value(device, before, i);
        if (before->has_habits)
            take_habit(device, before, i);
    }
    view_publish(device->view, now);
}

void device_put(struct device *device, const struct plan *from, uint32_t point,
                const uint16_t *words, int64_t now)
{
    const struct point *declared = &from->points[point];
    uint32_t memory = from->clients[plan_point_client(from, point)].memory, cell;
    uint16_t address;
    enum table table = plan_cell_table(from, memory, declared->cell, &address);
    const struct point *own = find_cell(device, table, address, &cell)
                                  ? find_point(device->plan, cell, declared->words, declared->mask)
                                  : NULL;
    if (!own)
        return; /* not of this device's plan */
    view_latch(device->view);
    device_put_words(device, (uint32_t)(own - device->plan->points), words);
    view_publish(device->view, now);
}

const struct plan *device_plan(const struct device *device)
{
    return device->plan;
}

struct view *device_view(struct device *device)
{
    return device->view;
}

struct device_manners *device_manners(struct device *device)
{
    return &device->manners;
}
