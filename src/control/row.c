/* Values and marks come from the reading, what a force suppresses from the image itself, because
 * nobody needs a copy of that. */

#include "control/row.h"

#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "base/duration.h"
#include "base/utf8.h"
#include "control/value_json.h"
#include "image/exception.h"
#include "image/mirror.h"

enum { ROW_TEXT = 1024 }; /* holds any value for a person */

const char *row_quality(uint8_t quality)
{
    static const char *const names[] = {[QUALITY_GOOD] = "good",
                                        [QUALITY_STALE] = "stale",
                                        [QUALITY_NEVER] = "never",
                                        [QUALITY_RANGE] = "range",
                                        [QUALITY_INVALID] = "invalid"};
    return names[quality];
}

static const struct mark *mark_of(const struct reading *reading, uint32_t point)
{
    return &view_marks(reading->view)[point];
}

/* ---- values ---- */

static json_t *words_json(const struct reading *reading, const struct target *target,
                          uint32_t point, const uint16_t *words)
{
    char text[VARIABLE_MAX_LENGTH], path[TARGET_NAME];
    struct variable room;
    const struct variable *v = target_variable(target, &room, path);
    struct value value = variable_get(v, words, reading->plan->points[point].mask, text);
    return value_json(v, &value);
}

static const uint16_t *words_of(const struct reading *reading, uint32_t point)
{
    return view_cells(reading->view) + reading->plan->points[point].cell;
}

static json_t *suppressed_json(const struct reading *reading, const struct target *target,
                               uint32_t point)
{
    uint16_t words[VARIABLE_MAX_WORDS];
    if (!image_suppressed(reading->image, point, words))
        return json_null();
    return words_json(reading, target, point, words);
}

static json_t *present_json(const struct reading *reading, const struct target *target,
                            uint32_t point)
{
    return words_json(reading, target, point, words_of(reading, point));
}

/* One value, or a list of them. */
static json_t *each_json(const struct reading *reading, const struct target *target,
                         json_t *(*one)(const struct reading *reading, const struct target *target,
                                        uint32_t point))
{
    if (!target_is_list(target))
        return one(reading, target, target->first);
    json_t *list = json_array();
    for (uint32_t k = 0; k < target->count; k++)
        json_array_append_new(list, one(reading, target, target->first + k));
    return list;
}

json_t *row_value(const struct reading *reading, const struct target *target)
{
    return each_json(reading, target, present_json);
}

/* ---- what is known of them ---- */

/* What follows another variable is as old as that one. */
static const struct variable *source_of(const struct plan *plan, const struct variable *v)
{
    for (size_t i = plan->follower_count; v->from && i > 0; i--) { /* sources stand before */
        const struct follower *follower = &plan->followers[i - 1];
        if (plan->variables[follower->target] == v)
            v = plan->variables[follower->source];
    }
    return v;
}

int64_t row_time(const struct reading *reading, const struct target *target)
{
    uint32_t first = target->first;
    int64_t newest = INT64_MIN;
    if (target->declared && target->declared->from)
        first += source_of(reading->plan, target->declared)->point - target->declared->point;
    for (uint32_t point = first; point < first + target->count; point++) {
        int64_t time = view_time(reading->view, point);
        if (mark_of(reading, point)->quality != QUALITY_NEVER && time > newest)
            newest = time;
    }
    return newest;
}

static json_t *age_json(const struct reading *reading, const struct target *target)
{
    int64_t time = row_time(reading, target);
    if (time == INT64_MIN)
        return json_null();
    int64_t age = reading->now - time;
    return json_real(age > 0 ? (double)(age / NS_PER_MS) / 1000 : 0);
}

static uint8_t worst_quality(const struct reading *reading, const struct target *target)
{
    uint8_t worst = QUALITY_GOOD;
    for (uint32_t k = 0; k < target->count; k++) {
        uint8_t quality = mark_of(reading, target->first + k)->quality;
        worst = quality > worst ? quality : worst;
    }
    return worst;
}

static bool is_forced(const struct reading *reading, const struct target *target)
{
    bool forced = false;
    for (uint32_t k = 0; k < target->count; k++)
        forced |= mark_of(reading, target->first + k)->forced;
    return forced;
}

/* ---- what became of the last value for a device ---- */

static const struct mark *most_urgent(const struct reading *reading, const struct target *target)
{
    static const uint8_t urgency[] = {[DELIVERY_NONE] = 0,
                                      [DELIVERY_CONFIRMED] = 1,
                                      [DELIVERY_PENDING] = 2,
                                      [DELIVERY_EXPIRED] = 3,
                                      [DELIVERY_REFUSED] = 4};
    const struct mark *worst = mark_of(reading, target->first);
    for (uint32_t k = 1; k < target->count; k++) {
        const struct mark *mark = mark_of(reading, target->first + k);
        if (urgency[mark->delivery] > urgency[worst->delivery])
            worst = mark;
    }
    return worst;
}

static json_t *why_json(const struct target *target, const struct mark *mark)
{
    char text[32];
    const struct variable *v = target->declared;
    if (mark->delivery == DELIVERY_EXPIRED)
        return json_sprintf(
            "not delivered in %s",
            duration_format(v && v->has_expire ? v->expire : EXPIRE_DEFAULT, text, sizeof text));
    if (mark->delivery == DELIVERY_REFUSED && mark->reason)
        return json_sprintf("%s (exception %02X)", exception_text(mark->reason), mark->reason);
    return NULL;
}

static void add_state(const struct reading *reading, const struct target *target, json_t *row)
{
    static const char *const names[] = {[DELIVERY_PENDING] = "pending",
                                        [DELIVERY_CONFIRMED] = "confirmed",
                                        [DELIVERY_REFUSED] = "refused",
                                        [DELIVERY_EXPIRED] = "expired"};
    const struct mark *mark = most_urgent(reading, target);
    if (mark->delivery == DELIVERY_NONE)
        return;
    json_object_set_new(row, "state", json_string(names[mark->delivery]));
    json_t *why = why_json(target, mark);
    if (why)
        json_object_set_new(row, "why", why);
}

/* ---- the row ---- */

static void add_hex(json_t *row, const char *bytes, size_t length)
{
    char hex[2 * VARIABLE_MAX_LENGTH + 1] = "";
    for (size_t i = 0; i < length; i++)
        snprintf(hex + 2 * i, 3, "%02x", (unsigned char)bytes[i]);
    json_object_set_new(row, "hex", json_string(hex));
}

/* "9007199254740993", or a list of such texts where one of it needs that. */
static void add_exact(const struct reading *reading, const struct target *target,
                      const struct variable *v, json_t *row)
{
    char digits[VALUE_JSON_DIGITS] = "";
    bool is_needed = false;
    if (v->type != TYPE_INT64 && v->type != TYPE_UINT64)
        return;
    json_t *list = json_array();
    for (uint32_t k = 0; k < target->count; k++) {
        uint32_t point = target->first + k;
        struct value value =
            variable_get(v, words_of(reading, point), reading->plan->points[point].mask, NULL);
        is_needed |= value_json_digits(v, &value, digits);
        json_array_append_new(list, json_string(digits));
    }
    if (is_needed && target_is_list(target))
        json_object_set(row, "exact", list);
    else if (is_needed)
        json_object_set(row, "exact", json_array_get(list, 0));
    json_decref(list);
}

static void add_text(const struct reading *reading, const struct target *target,
                     const struct variable *v, json_t *row)
{
    char bytes[VARIABLE_MAX_LENGTH], text[ROW_TEXT];
    uint32_t point = target->first;
    struct value value =
        variable_get(v, words_of(reading, point), reading->plan->points[point].mask, bytes);
    variable_format(v, &value, text, sizeof text);
    json_object_set_new(row, "text", value_json_text(text, strlen(text)));
    if (value.kind == VALUE_STRING && !utf8_is_valid(value.string.bytes, value.string.length))
        add_hex(row, value.string.bytes, value.string.length);
}

json_t *row_json(const struct reading *reading, const struct target *target)
{
    char name[TARGET_NAME], path[TARGET_NAME];
    struct variable room;
    const struct variable *v = target_variable(target, &room, path);
    bool forced = is_forced(reading, target);
    json_t *row = json_object();
    json_object_set_new(row, "name", json_string(target_name(target, name)));
    json_object_set_new(row, "value", row_value(reading, target));
    add_exact(reading, target, v, row);
    if (!target_is_list(target))
        add_text(reading, target, v, row);
    if (v->unit && *v->unit)
        json_object_set_new(row, "unit", value_json_text(v->unit, strlen(v->unit)));
    json_object_set_new(row, "type", json_string(codec_type_name(v->type)));
    json_object_set_new(row, "quality", json_string(row_quality(worst_quality(reading, target))));
    json_object_set_new(row, "age", age_json(reading, target));
    json_object_set_new(row, "forced", json_boolean(forced));
    if (forced)
        json_object_set_new(row, "suppressed", each_json(reading, target, suppressed_json));
    add_state(reading, target, row);
    return row;
}

/* ---- whether it is another one ---- */

/* FNV-1a over 64 bits at a time. */
static uint64_t mix(uint64_t stamp, uint64_t more)
{
    stamp = (stamp ^ more) * 1099511628211u;
    return stamp ^ stamp >> 29;
}

static uint64_t mix_words(uint64_t stamp, const struct point *point, const uint16_t *words)
{
    for (uint16_t k = 0; k < point->words; k++)
        stamp = mix(stamp, words[k] & point->mask);
    return stamp;
}

static uint64_t mix_point(uint64_t stamp, const struct reading *reading, uint32_t number)
{
    const struct point *point = &reading->plan->points[number];
    const struct mark *mark = mark_of(reading, number);
    uint16_t suppressed[VARIABLE_MAX_WORDS];
    stamp = mix_words(stamp, point, words_of(reading, number));
    stamp = mix(stamp, (uint64_t)mark->quality << 24 | (uint64_t)mark->delivery << 16 |
                           (uint64_t)mark->reason << 8 | mark->forced);
    if (mark->forced && image_suppressed(reading->image, number, suppressed))
        stamp = mix_words(stamp, point, suppressed);
    return stamp;
}

uint64_t row_stamp(const struct reading *reading, const struct target *target)
{
    uint64_t stamp = 14695981039346656037u;
    for (uint32_t k = 0; k < target->count; k++)
        stamp = mix_point(stamp, reading, target->first + k);
    return stamp ? stamp : 1;
}
