/* A recording whose file gives trouble. Where it was room that it wanted it is tried again now and
 * then: scans are counted meanwhile, and a snapshot, which says how many are missing, makes a
 * beginning. Else it has ended. */

#include "record/recorder_inside.h"

#include <string.h>
#include "base/clock.h"
#include "base/log.h"

enum { TRY_AGAIN = 5 }; /* s */

void recorder_drop_step(struct recorder *recorder)
{
    recorder->dropped++;
    atomic_fetch_add(&recorder->lost, 1);
}

void recorder_end_tape(struct recorder *recorder, struct tape *tape)
{
    if (recorder->written == tape)
        recorder->written = NULL;
    tape_destroy(tape);
}

static void pass_over_mark(struct recorder *recorder)
{
    struct mark_in_ring mark;
    memcpy(&mark, recorder->piece, sizeof mark);
    if (mark.kind == RECORD_SNAPSHOT) {
        recorder->dropped += mark.tape->snapshot.lost;
        atomic_store(&mark.tape->snapshot.busy, false);
    } else {
        recorder_end_tape(recorder, mark.tape);
    }
}

void recorder_pass_over(struct recorder *recorder)
{
    while (ring_take(recorder->ring, recorder->piece)) {
        if (recorder->piece[0] == RECORD_STEP)
            recorder_drop_step(recorder);
        else
            pass_over_mark(recorder);
    }
}

/* What the system does not have is as if it had not been written. */
static void take_back(struct recorder *recorder)
{
    uint64_t steps = recorder->steps - recorder->kept;
    atomic_fetch_add(&recorder->lost, steps);
    recorder->dropped += steps + recorder->unsure;
    recorder->steps = recorder->kept;
    recorder->unsure = 0;
    recorder->awaits = true;
    recorder->written = NULL;
}

void recorder_give_up(struct recorder *recorder, const struct error *error)
{
    take_back(recorder);
    recorder->again = clock_monotonic() + TRY_AGAIN * (int64_t)NS_PER_S;
    atomic_store(&recorder->failed, true);
    if (*recorder->problem.text && recorder->file.full)
        return;
    error_set(&recorder->problem, "%s; nothing is recorded %s", error->text,
              recorder->file.full ? "until there is room" : "any more");
    log_text(recorder->problem.text, strlen(recorder->problem.text));
}

bool recorder_resume(struct recorder *recorder, struct error *error)
{
    if (!recorder->file.full || clock_monotonic() < recorder->again)
        return true;
    if (!record_file_resume(&recorder->file, error))
        return false;
    recorder->whole = recorder->file.size;
    atomic_store(&recorder->resumed, true);
    atomic_store(&recorder->failed, false);
    return true;
}
