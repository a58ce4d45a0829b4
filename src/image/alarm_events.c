/* A lock that is held for one copy; nothing else is done under it. */

#include "image/alarm_events.h"

#include <pthread.h>
#include <stdlib.h>
#include "base/mutex.h"

enum { ROOM = 512 };

struct alarm_events {
    pthread_mutex_t mutex;
    struct alarm_event rows[ROOM];
    unsigned first, count;
    uint64_t lost;
};

struct alarm_events *alarm_events_create(struct error *error)
{
    struct alarm_events *events = calloc(1, sizeof *events);
    if (!events) {
        error_set(error, "out of memory for the journal of alarms");
        return NULL;
    }
    mutex_init(&events->mutex);
    return events;
}

void alarm_events_destroy(struct alarm_events *events)
{
    if (!events)
        return;
    pthread_mutex_destroy(&events->mutex);
    free(events);
}

void alarm_events_put(struct alarm_events *events, const struct alarm_event *event)
{
    if (!events)
        return;
    pthread_mutex_lock(&events->mutex);
    if (events->count < ROOM)
        events->rows[(events->first + events->count++) % ROOM] = *event;
    else
        events->lost++;
    pthread_mutex_unlock(&events->mutex);
}

bool alarm_events_take(struct alarm_events *events, struct alarm_event *event, uint64_t *lost)
{
    pthread_mutex_lock(&events->mutex);
    bool found = events->count > 0;
    if (found) {
        *event = events->rows[events->first];
        events->first = (events->first + 1) % ROOM;
        events->count--;
    }
    *lost = events->lost;
    events->lost = 0;
    pthread_mutex_unlock(&events->mutex);
    return found;
}
