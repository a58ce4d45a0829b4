/* How a recorder begins and ends, and what is known of it meanwhile. */

#include "record/recorder_inside.h"

#include <stdlib.h>
#include "base/memory.h"
#include "base/mutex.h"
#include "base/thread.h"

enum { STACK = 256 * 1024 };

struct recorder *recorder_open(const char *path, int64_t size, struct error *error)
{
    struct recorder *recorder = memory_zeroed(1, sizeof *recorder);
    recorder->observer =
        (struct scan_observer){recorder, recorder_latched, recorder_published, recorder_ended};
    recorder->size = size;
    recorder->file.lock = -1;
    recorder->awaits = true;
    recorder->step =
        (struct packer){.bytes = memory_zeroed(1, RECORDER_STEP), .room = RECORDER_STEP};
    mutex_init(&recorder->mutex);
    pthread_cond_init(&recorder->changed, NULL);
    recorder->ring = ring_create(RECORDER_RING, error);
    if (recorder->ring && record_file_open(&recorder->file, path, error))
        return recorder;
    recorder_close(recorder);
    return NULL;
}

bool recorder_start(struct recorder *recorder, struct error *error)
{
    if (!record_file_begin(&recorder->file, error))
        return false;
    recorder->running =
        thread_start(&recorder->thread, "msm-record", STACK, recorder_write, recorder, error);
    return recorder->running || error_prefix(error, "cannot start the thread of the recording: ");
}

static void destroy_homeless(struct recorder *recorder)
{
    struct tape *next;
    for (struct tape *tape = recorder->homeless; tape; tape = next) {
        next = tape->next;
        tape_destroy(tape);
    }
}

void recorder_close(struct recorder *recorder)
{
    if (!recorder)
        return;
    if (recorder->running) {
        pthread_mutex_lock(&recorder->mutex);
        recorder->over = true;
        pthread_cond_signal(&recorder->changed);
        pthread_mutex_unlock(&recorder->mutex);
        pthread_join(recorder->thread, NULL);
    }
    record_file_close(&recorder->file);
    tape_destroy(recorder->tape);
    destroy_homeless(recorder);
    ring_destroy(recorder->ring);
    pthread_cond_destroy(&recorder->changed);
    pthread_mutex_destroy(&recorder->mutex);
    free(recorder->frame);
    free(recorder->step.bytes);
    free(recorder);
}

void recorder_look(struct recorder *recorder, struct recorder_status *status)
{
    pthread_mutex_lock(&recorder->mutex);
    *status = (struct recorder_status){.path = recorder->file.path,
                                       .bytes = recorder->bytes,
                                       .scans = recorder->scans,
                                       .lost = atomic_load(&recorder->lost),
                                       .works = !*recorder->problem.text};
    snprintf(status->problem, sizeof status->problem, "%.*s", (int)sizeof status->problem - 1,
             recorder->problem.text);
    pthread_mutex_unlock(&recorder->mutex);
}
