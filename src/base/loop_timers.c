/* Each timer knows its place in the heap, so that moving or removing one needs no search: it takes
 * the last one's place or keeps its own, and rises or sinks from there. Place 0 means "not set",
 * hence the count from 1, which also makes the parent of place p the place p / 2. */

#include "base/loop_timers.h"

#include <stdlib.h>
#include "base/memory.h"

static void put(struct loop_timers *timers, size_t place, struct loop_timer *timer)
{
    timers->rows[place - 1] = timer;
    timer->place = place;
}

static struct loop_timer *at(const struct loop_timers *timers, size_t place)
{
    return timers->rows[place - 1];
}

static size_t rise(struct loop_timers *timers, size_t place, struct loop_timer *timer)
{
    for (; place > 1 && at(timers, place / 2)->when > timer->when; place /= 2)
        put(timers, place, at(timers, place / 2));
    put(timers, place, timer);
    return place;
}

static void sink(struct loop_timers *timers, size_t place, struct loop_timer *timer)
{
    size_t child;
    for (; (child = 2 * place) <= timers->count; place = child) {
        if (child < timers->count && at(timers, child + 1)->when < at(timers, child)->when)
            child++;
        if (at(timers, child)->when >= timer->when)
            break;
        put(timers, place, at(timers, child));
    }
    put(timers, place, timer);
}

/* From a place that may be wrong in either direction. */
static void settle(struct loop_timers *timers, size_t place, struct loop_timer *timer)
{
    if (rise(timers, place, timer) == place)
        sink(timers, place, timer);
}

void loop_timers_finish(struct loop_timers *timers)
{
    for (size_t i = 0; i < timers->count; i++)
        timers->rows[i]->place = 0;
    free(timers->rows);
    *timers = (struct loop_timers){0};
}

void loop_timers_set(struct loop_timers *timers, struct loop_timer *timer, int64_t when)
{
    timer->when = when;
    if (!timer->place) {
        timers->rows = memory_grow(timers->rows, timers->count, sizeof *timers->rows);
        timer->place = ++timers->count;
    }
    settle(timers, timer->place, timer);
}

void loop_timers_unset(struct loop_timers *timers, struct loop_timer *timer)
{
    size_t place = timer->place;
    if (!place)
        return;
    timer->place = 0;
    struct loop_timer *last = at(timers, timers->count--);
    if (last != timer)
        settle(timers, place, last);
}

struct loop_timer *loop_timers_first(const struct loop_timers *timers)
{
    return timers->count ? timers->rows[0] : NULL;
}
