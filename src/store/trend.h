#pragma once
/* Samples of one name, in their order, to the few points that a chart shows: a point for each
 * stretch of time in which something happened, with the lowest and the highest value there, so that
 * no spike is lost. Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of what began at `time`; `last` holds until the next point. NaN: nothing is known until then. */
struct trend_point {
    int64_t time; /* UTC, ms */
    double low, high, last;
};

struct trend {
    int64_t from, to, width; /* width 0: each sample is a point */
    struct trend_point *points;
    size_t count, room;
    double held;   /* as of the last sample; NaN: nothing is known */
    bool begun;    /* past `from` */
    bool short_of; /* memory was short */
    int64_t stretch;
    struct trend_point now; /* of the stretch; its time is that of its first sample … */
    bool any, ends;         /* … if it has any; it ends with a gap … */
    int64_t gap;            /* … from here on */
};

/* `most` stretches (each gives at most two points), or, with 0, every sample. */
void trend_begin(struct trend *trend, int64_t from, int64_t to, unsigned most);
void trend_finish(struct trend *trend);

/* A sample; those before `from` only say what holds there, those after `to` nothing. */
void trend_add(struct trend *trend, int64_t time, double value);

/* Whether all from one moment to another falls into one stretch; if so, its samples can be added
 * by what they are together: the lowest, the highest (NaN: none is a number), the last one. */
bool trend_is_one(const struct trend *trend, int64_t begin, int64_t end);
void trend_add_all(struct trend *trend, int64_t begin, int64_t end, double low, double high,
                   double last);

/* No more come; what holds then was known to hold until `until`. False when memory was short. */
bool trend_end(struct trend *trend, int64_t until);
