#pragma once
/* Words <-> values, pure. A Modbus register is a 16-bit word; everything larger is a convention
 * between two devices, named here by the order in which the bytes of ABCD (A most significant)
 * travel. Source of the words themselves: MODBUS Application Protocol V1.1b3, 4.2 and 4.3. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum type {
    TYPE_BOOL,   /* one bit: a coil, a discrete input, or a bit of a register */
    TYPE_BYTE,   /* one half of a register, 0..255 */
    TYPE_INT16,  /* one register from here … */
    TYPE_UINT16, /* "uint16" or "word" */
    TYPE_INT32,  /* … two … */
    TYPE_UINT32,
    TYPE_FLOAT32, /* IEEE 754 binary32 */
    TYPE_INT64,   /* … four … */
    TYPE_UINT64,
    TYPE_FLOAT64, /* IEEE 754 binary64 */
    TYPE_STRING,  /* … `length` bytes, rounded up to registers */
    TYPE_COUNT
};

/* Two independent choices: which word comes first, and whether the bytes of each are turned.
 * ABCD high word first; CDAB low word first; BADC and DCBA the same with turned bytes. 64 bits
 * follow the same rule over four words. Strings know only the turning. One-word types none. */
enum order { ORDER_CDAB, ORDER_ABCD, ORDER_BADC, ORDER_DCBA, ORDER_COUNT };

enum value_kind { VALUE_BOOLEAN, VALUE_INTEGER, VALUE_NUMBER, VALUE_STRING };

/* One value as a program sees it. uint64 above 2^63-1 stands in `integer` as the same 64 bits,
 * as Lua's integers do. A string's bytes belong to whoever made the value. */
struct value {
    enum value_kind kind;
    union {
        bool boolean;
        int64_t integer;
        double number;
        struct {
            const char *bytes;
            size_t length;
        } string;
    };
};

/* Names as declarations spell them; ORDER_COUNT for an unknown one. */
const char *codec_type_name(enum type type); /* "uint16" for words */
enum order codec_order(const char *name);
const char *codec_order_name(enum order order);

/* Registers that one value takes: 1, 2, 4, or (length + 1) / 2 for a string of `length` bytes. */
size_t codec_words(enum type type, size_t length);

/* 1, 2 or 4 words to the bits they carry, and back. */
uint64_t codec_load(enum order order, const uint16_t *words, size_t count);
void codec_store(enum order order, uint16_t *words, size_t count, uint64_t bits);

/* The bytes of a string up to the first NUL or `length`; returns how many were written to
 * `bytes` (room for `length`, no NUL added). Store pads with NUL up to whole words. */
size_t codec_load_string(enum order order, const uint16_t *words, size_t length, char *bytes);
void codec_store_string(enum order order, uint16_t *words, size_t length, const char *bytes,
                        size_t used);
