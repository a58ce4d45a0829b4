/* One short lock for one row: who copies many sees each as it was at a moment of its own. The sum
 * goes along with the rows, so that nobody walks over them under the lock. */

#include "image/alarms.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "base/mutex.h"

struct alarms {
    pthread_mutex_t mutex;
    uint64_t version;
    struct alarm_counts counts;
    size_t count;
    struct alarm_row rows[];
};

struct alarms *alarms_create(size_t count, struct error *error)
{
    struct alarms *alarms = calloc(1, sizeof *alarms + count * sizeof *alarms->rows);
    if (!alarms) {
        error_set(error, "out of memory for %zu alarms", count);
        return NULL;
    }
    mutex_init(&alarms->mutex);
    alarms->count = count;
    return alarms;
}

void alarms_destroy(struct alarms *alarms)
{
    if (!alarms)
        return;
    pthread_mutex_destroy(&alarms->mutex);
    free(alarms);
}

/* `by` is 1 or, as unsigned numbers wrap, -1. */
static void count(struct alarm_counts *counts, const struct alarm_row *row, unsigned by)
{
    static const char *const hidden[] = {"shelved", "suppressed", "out of service"};
    unsigned place = row->priority ? row->priority - 1u : 3u;
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
        if (strcmp(row->state, hidden[i]) != 0)
            continue;
        counts->shelved += by;
        return;
    }
    if (row->active)
        counts->active[place] += by;
    if (strcmp(row->state, "unacknowledged") == 0 || strcmp(row->state, "returned") == 0)
        counts->unacknowledged[place] += by;
}

void alarms_put(struct alarms *alarms, size_t index, const struct alarm_row *row)
{
    pthread_mutex_lock(&alarms->mutex);
    if (index < alarms->count && memcmp(&alarms->rows[index], row, sizeof *row) != 0) {
        count(&alarms->counts, &alarms->rows[index], -1u);
        count(&alarms->counts, row, 1);
        alarms->rows[index] = *row;
        alarms->version++;
    }
    pthread_mutex_unlock(&alarms->mutex);
}

size_t alarms_count(const struct alarms *alarms)
{
    return alarms ? alarms->count : 0;
}

void alarms_get(struct alarms *alarms, size_t index, struct alarm_row *row)
{
    pthread_mutex_lock(&alarms->mutex);
    *row = alarms->rows[index];
    pthread_mutex_unlock(&alarms->mutex);
}

struct alarm_counts alarms_sum(struct alarms *alarms)
{
    struct alarm_counts counts = {{0}, {0}, 0};
    if (!alarms)
        return counts;
    pthread_mutex_lock(&alarms->mutex);
    counts = alarms->counts;
    pthread_mutex_unlock(&alarms->mutex);
    return counts;
}

uint64_t alarms_version(struct alarms *alarms)
{
    if (!alarms)
        return 0;
    pthread_mutex_lock(&alarms->mutex);
    uint64_t version = alarms->version;
    pthread_mutex_unlock(&alarms->mutex);
    return version;
}
