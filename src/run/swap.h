#pragma once
/* One generation takes another's place, between two scans. What can fail is done in swap_prepare,
 * when nobody notices yet; then, while the threads of the links stand still, the scan's own thread
 * changes everything in the gap between two scans, so that a scan waits for nobody. */

#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"

struct generation;
struct generation_events;
struct runtime;
struct swap;

/* `on_trial`: a fault of `next` is to lead back. NULL with an error. */
struct swap *swap_prepare(struct runtime *runtime, struct generation *next,
                          const struct generation_events *events, bool on_trial,
                          struct error *error);
void swap_discard(struct swap *swap); /* instead of a swap that was done; NULL is accepted */

enum swap_result {
    SWAP_DONE,
    SWAP_BUSY,  /* the scan is at work: again, a little later */
    SWAP_FAILED /* nothing has changed */
};

/* Main thread. The links stand still for SWAP_PATIENCE at most and the swap itself; serial lines
 * also while one of them still sends. After DONE the swap is gone and runtime->current is `next`;
 * after FAILED it is gone, too. `remarks` of what was DONE are remarks_after's, `unsafe` counts
 * outputs in them that no device has taken as safe. */
enum swap_result swap_try(struct swap *swap, char **remarks, size_t *unsafe, struct error *error);

/* Outputs that go with the present program (retire.h): makes them safe and holds them so, until the
 * swap is done or discarded; whether no device that answers has still to take that. */
void swap_retire(struct swap *swap);
bool swap_is_retired(const struct swap *swap);
