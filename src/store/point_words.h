#pragma once
/* A point's words and the content and key of the row in which they are stored. The value is the raw
 * one, but its words and bytes are in no order, so that it stays when the order is declared anew.
 * Pure. */

#include <stdbool.h>
#include <stdint.h>
#include "image/point_name.h"
#include "store/rows.h"

enum { POINT_BYTES = 2 * VARIABLE_MAX_WORDS };

/* Key of the point's row; a raw word's name is written to `name`. */
void point_key(const struct plan *plan, uint32_t point, enum row_table table, struct row *row,
               char name[POINT_NAME]);

/* The point that a row means; its type and length must be the same. False: there is none. */
bool point_find(const struct plan *plan, const struct row *row, uint32_t *point);

/* Words in place under the point's mask to content and back; `bytes` (room for POINT_BYTES) may
 * hold what the content points to. False for a content that is not of the point's type. */
void point_content(const struct plan *plan, uint32_t point, const uint16_t *words,
                   struct content *content, char *bytes);
bool point_words(const struct plan *plan, uint32_t point, const struct content *content,
                 uint16_t *words);
