/* An integer is stored as a number, a float as a real, a string as text, a bit as 0 or 1. A raw
 * word is an uint16, a raw coil a bool. */

#include "store/point_words.h"

#include <stdlib.h>
#include <string.h>
#include "image/codec.h"

static const struct variable *variable_of(const struct plan *plan, uint32_t point)
{
    int32_t variable = plan->points[point].variable;
    return variable < 0 ? NULL : plan->variables[variable];
}

/* One bit is all that a raw coil has. */
static enum type type_of(const struct plan *plan, uint32_t point)
{
    const struct variable *v = variable_of(plan, point);
    if (v)
        return v->type;
    return plan->points[point].mask == 1 ? TYPE_BOOL : TYPE_UINT16;
}

void point_key(const struct plan *plan, uint32_t point, enum row_table table, struct row *row,
               char name[POINT_NAME])
{
    const struct variable *v = variable_of(plan, point);
    *row = (struct row){.table = table,
                        .name = v ? v->path : name,
                        .path = "",
                        .type = codec_type_name(type_of(plan, point)),
                        .number = v && v->count ? point - v->point + 1 : 0,
                        .length = v ? v->length : 0};
    if (!v)
        point_name(plan, point, name);
}

static bool find_variable(const struct plan *plan, const struct row *row, uint32_t memory,
                          const char *name, uint32_t *point)
{
    int index = plan_find_variable(plan, memory, name);
    const struct variable *v = index < 0 ? NULL : plan->variables[index];
    if (!v || strcmp(row->type, codec_type_name(v->type)) != 0 || row->length != v->length)
        return false;
    if (v->count ? row->number < 1 || row->number > v->count : row->number != 0)
        return false;
    *point = v->point + (uint32_t)(v->count ? row->number - 1 : 0);
    return true;
}

/* Raw words are found through the name that they would have. */
static bool find_raw(const struct plan *plan, const struct row *row, uint32_t *point)
{
    const char *bracket = strrchr(row->name, '[');
    unsigned long address = bracket ? strtoul(bracket + 1, NULL, 10) : 0;
    for (size_t i = 0; i < plan->raw_count; i++) {
        const struct raw *raw = &plan->raws[i];
        char name[POINT_NAME];
        if (address < raw->address || address - raw->address >= raw->count)
            continue;
        *point = raw->point + (uint32_t)(address - raw->address);
        point_name(plan, *point, name);
        if (strcmp(name, row->name) == 0)
            return strcmp(row->type, codec_type_name(type_of(plan, *point))) == 0;
    }
    return false;
}

bool point_find(const struct plan *plan, const struct row *row, uint32_t *point)
{
    const char *dot = strchr(row->name, '.');
    char memory[POINT_NAME];
    if (!dot || (size_t)(dot - row->name) >= sizeof memory)
        return false;
    memcpy(memory, row->name, (size_t)(dot - row->name));
    memory[dot - row->name] = '\0';
    int index = plan_find_memory(plan, memory);
    if (index < 0)
        return false;
    return find_variable(plan, row, (uint32_t)index, dot + 1, point) || find_raw(plan, row, point);
}

/* ---- strings: all their bytes but the padding ---- */

static bool is_turned(const struct variable *v)
{
    return v->order == ORDER_BADC || v->order == ORDER_DCBA;
}

static void string_content(const struct variable *v, const uint16_t *words, struct content *content,
                           char *bytes)
{
    size_t length = 0;
    for (size_t k = 0; k < v->words; k++) {
        bytes[2 * k + is_turned(v)] = (char)(words[k] >> 8);
        bytes[2 * k + !is_turned(v)] = (char)words[k];
    }
    for (size_t i = 0; i < 2u * v->words; i++)
        length = bytes[i] ? i + 1 : length;
    content_bytes(content, bytes, length);
}

static bool string_words(const struct variable *v, const struct content *content, uint16_t *words)
{
    const char *from;
    char bytes[POINT_BYTES] = {0};
    size_t length;
    if (!content_to_bytes(content, &from, &length) || length > 2u * v->words)
        return false;
    memcpy(bytes, from, length);
    for (size_t k = 0; k < v->words; k++)
        words[k] = (uint16_t)((unsigned char)bytes[2 * k + is_turned(v)] << 8 |
                              (unsigned char)bytes[2 * k + !is_turned(v)]);
    return true;
}

/* ---- numbers ---- */

static uint64_t load_bits(const struct plan *plan, uint32_t number, const uint16_t *words)
{
    const struct point *point = &plan->points[number];
    if (point->words > 1)
        return codec_load(variable_of(plan, number)->order, words, point->words);
    return (uint64_t)(words[0] & point->mask) >> __builtin_ctz(point->mask);
}

static void store_bits(const struct plan *plan, uint32_t number, uint64_t bits, uint16_t *words)
{
    const struct point *point = &plan->points[number];
    if (point->words > 1)
        codec_store(variable_of(plan, number)->order, words, point->words, bits);
    else
        words[0] = (uint16_t)(bits << __builtin_ctz(point->mask)) & point->mask;
}

static bool is_signed(enum type type)
{
    return type == TYPE_INT16 || type == TYPE_INT32 || type == TYPE_INT64;
}

static int64_t widen(uint64_t bits, size_t words)
{
    return words == 1 ? (int16_t)bits : words == 2 ? (int32_t)bits : (int64_t)bits;
}

void point_content(const struct plan *plan, uint32_t point, const uint16_t *words,
                   struct content *content, char *bytes)
{
    enum type type = type_of(plan, point);
    double number;
    if (type == TYPE_STRING) {
        string_content(variable_of(plan, point), words, content, bytes);
        return;
    }
    uint64_t bits = load_bits(plan, point, words);
    if (is_signed(type)) {
        content_integer(content, widen(bits, plan->points[point].words));
    } else if (type == TYPE_FLOAT32) {
        content_real32(content, (uint32_t)bits);
    } else if (type == TYPE_FLOAT64) {
        memcpy(&number, &bits, sizeof number);
        content_real(content, number);
    } else {
        content_unsigned(content, bits);
    }
}

/* The bits of a number, where it is one of the type. */
static bool content_bits(enum type type, const struct content *content, uint64_t *bits)
{
    int64_t integer;
    uint32_t narrow;
    double number;
    if (is_signed(type)) {
        bool ok = content_to_integer(content, &integer);
        *bits = (uint64_t)integer;
        return ok && integer == widen(*bits, codec_words(type, 0));
    }
    if (type == TYPE_FLOAT32) {
        bool ok = content_to_real32(content, &narrow);
        *bits = narrow;
        return ok;
    }
    if (type == TYPE_FLOAT64) {
        bool ok = content_to_real(content, &number);
        memcpy(bits, &number, sizeof *bits);
        return ok;
    }
    return content_to_unsigned(content, bits);
}

bool point_words(const struct plan *plan, uint32_t number, const struct content *content,
                 uint16_t *words)
{
    enum type type = type_of(plan, number);
    uint64_t bits;
    if (type == TYPE_STRING)
        return string_words(variable_of(plan, number), content, words);
    if (!content_bits(type, content, &bits))
        return false;
    store_bits(plan, number, bits, words);
    return is_signed(type) || load_bits(plan, number, words) == bits; /* nothing was cut off */
}
