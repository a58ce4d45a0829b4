#pragma once
/* One stored value as SQLite knows it: whole number, real, text or bytes, whichever a person reads
 * best and that comes back bit by bit. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum content_kind { CONTENT_INTEGER, CONTENT_REAL, CONTENT_TEXT, CONTENT_BLOB };

struct content {
    enum content_kind kind;
    int64_t integer;
    double real;
    const char *bytes; /* of text and blob; belong to whoever made the content … */
    size_t length;
    char own[24]; /* … or lie here */
};

/* What SQLite's own number would change (a NaN, a negative zero, an integer above 2^63) is stored
 * as bytes, high byte first, or as text. Content must not be copied by assignment after these. */
void content_integer(struct content *content, int64_t integer);
void content_unsigned(struct content *content, uint64_t integer);
void content_real(struct content *content, double number);
void content_real32(struct content *content, uint32_t bits);
void content_bytes(struct content *content, const char *bytes, size_t length);

/* The way back; false for what none of the above makes. */
bool content_to_integer(const struct content *content, int64_t *integer);
bool content_to_unsigned(const struct content *content, uint64_t *integer);
bool content_to_real(const struct content *content, double *number);
bool content_to_real32(const struct content *content, uint32_t *bits);
bool content_to_bytes(const struct content *content, const char **bytes, size_t *length);

bool content_same(const struct content *a, const struct content *b);
