#pragma once
/* Values to raw values, pure: what a declared type, scale and limit make of what was assigned.
 * For the files of `variable` only. */

#include <string.h>
#include "image/variable.h"

/* What became of a value. */
enum verdict {
    VERDICT_FITS,
    VERDICT_KIND,     /* text for a number, a number for a boolean … */
    VERDICT_FRACTION, /* not an integer, and neither `round` nor `scale` */
    VERDICT_NAN,
    VERDICT_INFINITE,
    VERDICT_RANGE,    /* outside of min..max or the integer's type */
    VERDICT_OVERFLOW, /* within min..max as far as stated, but the float cannot hold it */
    VERDICT_NUL,      /* a string with a NUL byte */
    VERDICT_LENGTH    /* a string too long */
};

/* Asked on every access of a variable, hence here. */
static inline bool variable_raw_is_float(enum type type)
{
    return type == TYPE_FLOAT32 || type == TYPE_FLOAT64;
}

bool variable_raw_is_integer(enum type type); /* bytes too */

/* What a type can hold; for floats the infinities. */
void variable_raw_range(enum type type, union variable_bound *low, union variable_bound *high);

/* A number to its raw value under low, high and limit. `raw` is set only where it FITS. */
enum verdict variable_raw_number(const struct variable *variable, const struct value *value,
                                 union variable_bound *raw);

/* A raw value to words, in place under `mask`; not for bools and strings. */
void variable_raw_store(const struct variable *variable, union variable_bound raw, uint16_t *words,
                        uint16_t mask);

/* Any value to words. They are set only where it FITS. */
enum verdict variable_raw_words(const struct variable *variable, const struct value *value,
                                uint16_t *words, uint16_t mask);

static inline double variable_raw_float32(uint32_t bits)
{
    float number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

/* An element's words to their raw value; numbers only. Also asked on every access. */
static inline union variable_bound variable_raw_load(const struct variable *variable,
                                                     const uint16_t *words, uint16_t mask)
{
    union variable_bound raw;
    switch (variable->type) {
    case TYPE_BYTE:
        raw.i = mask & 0xFF00 ? words[0] >> 8 : words[0] & 0xFF;
        break;
    case TYPE_INT16:
        raw.i = (int16_t)words[0];
        break;
    case TYPE_UINT16:
        raw.i = words[0];
        break;
    case TYPE_INT32:
        raw.i = (int32_t)codec_load(variable->order, words, 2);
        break;
    case TYPE_UINT32:
        raw.u = codec_load(variable->order, words, 2);
        break;
    case TYPE_FLOAT32:
        raw.f = variable_raw_float32((uint32_t)codec_load(variable->order, words, 2));
        break;
    default: /* four words hold the bits of an integer or of a binary64 */
        raw.u = codec_load(variable->order, words, 4);
        break;
    }
    return raw;
}

/* Parts of variable_prepare. The words of default, safe, on_loss and invalid (variable_words.c);
 * what can be said of a client's options without knowing the client (variable_exchange.c). */
bool variable_words_derive(struct variable *variable, void *(*alloc)(void *context, size_t size),
                           void *context, struct error *error);
bool variable_exchange_check(const struct variable *variable, struct error *error);
