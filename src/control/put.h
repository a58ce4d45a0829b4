#pragma once
/* A value from outside, made ready to be written: for set and force. */

#include <jansson.h>
#include "control/target.h"

/* Words of all points of a target, one after the other. */
struct put {
    uint16_t *words; /* malloc */
    uint16_t each;   /* of one point */
};

/* From `value`, or where that is NULL from `text`; a whole array takes a list of its length. False
 * with an error, in the words of an assignment in a script, where anything does not fit; `limit`
 * softens nothing. */
bool put_read(struct put *put, const struct target *target, const json_t *value, const char *text,
              struct error *error);

/* The declared default; false with an error where there is none. */
bool put_default(struct put *put, const struct target *target, struct error *error);

const uint16_t *put_words(const struct put *put, uint32_t index); /* of a point, from 0 */
void put_finish(struct put *put);                                 /* after a success */
