/* Words <-> values. An order is two independent choices, which word comes first and whether the
 * bytes of each are turned, so both are asked for once and no order needs a case of its own.
 * One, two and four words are written out without loops: scripts come through here on every
 * access of a variable. */

#include "image/codec.h"

#include <string.h>

static const char *const type_names[TYPE_COUNT] = {
    [TYPE_BOOL] = "bool",       [TYPE_BYTE] = "byte",     [TYPE_INT16] = "int16",
    [TYPE_UINT16] = "uint16",   [TYPE_INT32] = "int32",   [TYPE_UINT32] = "uint32",
    [TYPE_INT64] = "int64",     [TYPE_UINT64] = "uint64", [TYPE_FLOAT32] = "float32",
    [TYPE_FLOAT64] = "float64", [TYPE_STRING] = "string"};

static const char *const order_names[ORDER_COUNT] = {
    [ORDER_CDAB] = "CDAB", [ORDER_ABCD] = "ABCD", [ORDER_BADC] = "BADC", [ORDER_DCBA] = "DCBA"};

const char *codec_type_name(enum type type)
{
    return (unsigned)type < TYPE_COUNT ? type_names[type] : "unknown";
}

enum order codec_order(const char *name)
{
    for (int i = 0; i < ORDER_COUNT; i++)
        if (strcmp(name, order_names[i]) == 0)
            return (enum order)i;
    return ORDER_COUNT;
}

const char *codec_order_name(enum order order)
{
    return (unsigned)order < ORDER_COUNT ? order_names[order] : "unknown";
}

size_t codec_words(enum type type, size_t length)
{
    switch (type) {
    case TYPE_INT32:
    case TYPE_UINT32:
    case TYPE_FLOAT32:
        return 2;
    case TYPE_INT64:
    case TYPE_UINT64:
    case TYPE_FLOAT64:
        return 4;
    case TYPE_STRING:
        return (length + 1) / 2;
    default:
        return 1;
    }
}

static bool low_word_first(enum order order)
{
    return order == ORDER_CDAB || order == ORDER_DCBA;
}

static bool bytes_turned(enum order order)
{
    return order == ORDER_BADC || order == ORDER_DCBA;
}

static uint32_t turn2(uint32_t bits)
{
    return (bits & 0x00FF00FFU) << 8 | (bits >> 8 & 0x00FF00FFU);
}

static uint64_t turn4(uint64_t bits)
{
    return (bits & 0x00FF00FF00FF00FFU) << 8 | (bits >> 8 & 0x00FF00FF00FF00FFU);
}

static uint32_t load2(enum order order, const uint16_t *words)
{
    uint32_t bits = low_word_first(order) ? (uint32_t)words[1] << 16 | words[0]
                                          : (uint32_t)words[0] << 16 | words[1];
    return bytes_turned(order) ? turn2(bits) : bits;
}

static uint64_t load4(enum order order, const uint16_t *words)
{
    uint64_t bits = low_word_first(order) ? (uint64_t)words[3] << 48 | (uint64_t)words[2] << 32 |
                                                (uint64_t)words[1] << 16 | words[0]
                                          : (uint64_t)words[0] << 48 | (uint64_t)words[1] << 32 |
                                                (uint64_t)words[2] << 16 | words[3];
    return bytes_turned(order) ? turn4(bits) : bits;
}

uint64_t codec_load(enum order order, const uint16_t *words, size_t count)
{
    switch (count) {
    case 1:
        return words[0];
    case 2:
        return load2(order, words);
    default:
        return load4(order, words);
    }
}

static void store2(enum order order, uint16_t *words, uint32_t bits)
{
    int low = low_word_first(order) ? 0 : 1;
    if (bytes_turned(order))
        bits = turn2(bits);
    words[low] = (uint16_t)bits;
    words[1 - low] = (uint16_t)(bits >> 16);
}

static void store4(enum order order, uint16_t *words, uint64_t bits)
{
    int low = low_word_first(order) ? 0 : 3;
    int step = low_word_first(order) ? 1 : -1;
    if (bytes_turned(order))
        bits = turn4(bits);
    words[low] = (uint16_t)bits;
    words[low + step] = (uint16_t)(bits >> 16);
    words[low + 2 * step] = (uint16_t)(bits >> 32);
    words[low + 3 * step] = (uint16_t)(bits >> 48);
}

void codec_store(enum order order, uint16_t *words, size_t count, uint64_t bits)
{
    switch (count) {
    case 1:
        words[0] = (uint16_t)bits;
        break;
    case 2:
        store2(order, words, (uint32_t)bits);
        break;
    default:
        store4(order, words, bits);
        break;
    }
}

/* How far byte `index` of a string is to be shifted within its word. */
static int string_shift(enum order order, size_t index)
{
    return ((index & 1) != 0) == bytes_turned(order) ? 8 : 0;
}

size_t codec_load_string(enum order order, const uint16_t *words, size_t length, char *bytes)
{
    size_t used = 0;
    for (; used < length; used++) {
        char byte = (char)(words[used / 2] >> string_shift(order, used) & 0xFF);
        if (byte == 0)
            break;
        bytes[used] = byte;
    }
    return used;
}

void codec_store_string(enum order order, uint16_t *words, size_t length, const char *bytes,
                        size_t used)
{
    memset(words, 0, codec_words(TYPE_STRING, length) * sizeof *words);
    for (size_t i = 0; i < used && i < length; i++)
        words[i / 2] |= (uint16_t)((unsigned char)bytes[i] << string_shift(order, i));
}
