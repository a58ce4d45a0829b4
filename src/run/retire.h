#pragma once
/* Outputs with `safe` that go with the present program and that a client has to bring to a device:
 * they are made safe before the program goes, and its devices get some time to take that. Main
 * thread. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct image;
struct plan_match;

/* Zeroed there are none. */
struct retire {
    struct image *image;
    uint32_t *points;
    size_t count;
    bool holds;
};

/* Finds them; `image` is that of match->from. Nothing is changed. */
void retire_prepare(struct retire *retire, struct image *image, const struct plan_match *match);

/* They take their safe value and hold it, whatever anybody writes. */
void retire_begin(struct retire *retire, int64_t now);

/* Whether no device that answers has still to take its own. Allocates nothing. */
bool retire_is_over(const struct retire *retire);

/* What has taken its place is at work: leaves on the list what no device has taken as safe. */
void retire_judge(struct retire *retire);

/* The program has them again: because it stays, or in case it comes back. Also where they were not
 * begun, or are over. */
void retire_end(struct retire *retire, int64_t now);

void retire_finish(struct retire *retire); /* frees the list */
