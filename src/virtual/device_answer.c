/* The server's own code answers. What a device does of itself with what is written to it, refusing
 * and rounding, happens around that, by the points that a write touches. */

#include "virtual/device_inside.h"

#include "image/point_name.h"
#include "modbus/pdu.h"

#include <math.h>

enum { EXCEPTION_BIT = 0x80 }; /* of the function code in an answer, AP 7 */

/* ---- its habits ---- */

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
        device_put_words(device, at, words);
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
