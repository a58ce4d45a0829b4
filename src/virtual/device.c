/* An image of its own behind the server's own code. What a device does of itself with what is
 * written to it, refusing and rounding, happens around that, by the points that a write touches. */

#include "virtual/device.h"

#include "base/memory.h"
#include "image/point_name.h"
#include "modbus/pdu.h"

#include <math.h>
#include <stdlib.h>

enum { EXCEPTION_BIT = 0x80 }; /* of the function code in an answer, AP 7 */

/* Of one point. */
struct habit {
    uint8_t refuses; /* enum exception */
    double step;
};

struct device {
    struct plan *plan;
    struct image *image;
    struct view *view;
    struct device_manners manners;
    struct habit *habits; /* by point */
    bool has_habits;      /* any of them was ever set */
};

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

/* After a latch. */
static void put_words(struct device *device, uint32_t at, const uint16_t *words)
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
    put_words(device, (uint32_t)(own - device->plan->points), words);
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

bool device_refuse(struct device *device, uint32_t point, int exception, struct error *error)
{
    char name[POINT_NAME];
    if (exception < 0 || exception > UINT8_MAX)
        return error_set(error, "%s: an exception code is 1..255 (0: none), not %d",
                         point_name(device->plan, point, name), exception);
    device->has_habits = true;
    device->habits[point].refuses = (uint8_t)exception;
    return true;
}

static bool is_number(const struct plan *plan, uint32_t point)
{
    int32_t variable = plan->points[point].variable;
    return variable >= 0 && plan->variables[variable]->type != TYPE_BOOL &&
           plan->variables[variable]->type != TYPE_STRING;
}

bool device_round(struct device *device, uint32_t point, double step, struct error *error)
{
    char name[POINT_NAME];
    point_name(device->plan, point, name);
    if (!is_number(device->plan, point))
        return error_set(error, "%s: only variables that are numbers are rounded", name);
    if (!isfinite(step) || step < 0)
        return error_set(error,
                         "%s is rounded to multiples of a number above 0 (0: no more), "
                         "not of %g",
                         name, step);
    device->has_habits = true;
    device->habits[point].step = step;
    return true;
}

/* ---- what it does with a write ---- */

struct written {
    enum table table;
    uint32_t address, count;
};

static uint16_t word_at(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

/* What a request would write; count 0: nothing, or it is too short to say. */
static struct written written_by(const uint8_t *request, size_t length)
{
    struct written written = {.table = TABLE_HOLDING, .count = 1};
    size_t at = request[0] == 23 ? 5 : 1;
    if (length < at + 4)
        return (struct written){.count = 0};
    written.address = word_at(request + at);
    switch (request[0]) {
    case 5:
        written.table = TABLE_COIL;
        return written;
    case 15:
        written.table = TABLE_COIL;
        written.count = word_at(request + at + 2);
        return written;
    case 6:
    case 22:
        return written;
    case 16:
    case 23:
        written.count = word_at(request + at + 2);
        return written;
    default:
        return (struct written){.count = 0};
    }
}

static bool touches(const struct device *device, const struct written *written,
                    const struct point *point)
{
    const struct extent *extent = &device->plan->memories[0].table[written->table];
    if (!written->count || !extent->mapped || written->address < extent->low)
        return false;
    uint32_t first = extent->cell + written->address - extent->low;
    return first < point->cell + point->words && point->cell < first + written->count;
}

static enum exception refusal(const struct device *device, const struct written *written)
{
    for (size_t i = 0; i < device->plan->point_count; i++)
        if (device->habits[i].refuses && touches(device, written, &device->plan->points[i]))
            return (enum exception)device->habits[i].refuses;
    return EXCEPTION_NONE;
}

/* What does not fit its type when it is rounded stays as it was written. */
static void round_point(struct device *device, uint32_t at, double step)
{
    const struct point *point = &device->plan->points[at];
    uint16_t words[VARIABLE_MAX_WORDS], *cells = view_cells(device->view) + point->cell;
    struct error error;
    const struct variable *v = device->plan->variables[point->variable];
    struct value value = variable_get(v, cells, point->mask, NULL);
    double number = value.kind == VALUE_INTEGER ? (double)value.integer : value.number;
    number = round(number / step) * step;
    value = (struct value){.kind = VALUE_NUMBER, .number = number};
    if (isfinite(number) && variable_set(v, 0, &value, words, point->mask, &error))
        put_words(device, at, words);
}

static void round_written(struct device *device, const struct written *written, int64_t now)
{
    view_latch(device->view);
    for (uint32_t i = 0; i < device->plan->point_count; i++)
        if (device->habits[i].step > 0 && touches(device, written, &device->plan->points[i]))
            round_point(device, i, device->habits[i].step);
    view_publish(device->view, now);
}

size_t device_answer(struct device *device, const uint8_t *request, size_t length, uint8_t *answer,
                     int64_t now)
{
    static const struct identity identity = {
        .vendor = "MSM", .product = "simulated device", .revision = MSM_VERSION, .application = ""};
    const struct pdu_target target = {
        .image = device->image, .memory = 0, .identity = &identity, .serve_stale = true};
    if (!device->has_habits)
        return pdu_answer(&target, request, length, answer, now);
    struct written written = written_by(request, length);
    enum exception exception = refusal(device, &written);
    if (exception)
        return pdu_exception(request[0], exception, answer);
    size_t answered = pdu_answer(&target, request, length, answer, now);
    if (written.count && !(answer[0] & EXCEPTION_BIT)) /* what was taken */
        round_written(device, &written, now);
    return answered;
}
