/* The scan's half. It neither waits nor allocates: what finds no room is counted, and made good for
 * with a snapshot as soon as there is room for one. */

#include "record/recorder_inside.h"

#include <string.h>

static void miss(struct recorder *recorder, enum record_reason reason)
{
    if (!recorder->wants_snapshot)
        recorder->reason = reason;
    recorder->wants_snapshot = true;
}

static void lose(struct recorder *recorder)
{
    miss(recorder, RECORD_GAP);
    if (recorder->reason == RECORD_TURN)
        recorder->reason = RECORD_GAP;
    recorder->missing++;
    atomic_fetch_add(&recorder->lost, 1);
}

static bool put_mark(struct recorder *recorder, uint8_t kind, struct tape *tape)
{
    struct mark_in_ring mark;
    memset(&mark, 0, sizeof mark);
    mark.kind = kind;
    mark.tape = tape;
    return ring_put(recorder->ring, &mark, sizeof mark);
}

/* False where the last one is not written down yet, or there is no room. */
static bool take_snapshot(struct recorder *recorder, struct scan *scan, struct instant now)
{
    struct tape *tape = recorder->tape;
    if (atomic_load(&tape->snapshot.busy) ||
        !ring_has_room(recorder->ring, sizeof(struct mark_in_ring)))
        return false;
    tape_copy(tape, scan, now);
    tape_snapshot(tape, scan, recorder->reason, recorder->missing);
    atomic_store(&tape->snapshot.busy, true);
    put_mark(recorder, RECORD_SNAPSHOT, tape);
    recorder->wants_snapshot = false;
    recorder->missing = 0;
    return true;
}

void recorder_latched(void *context, struct scan *scan, struct instant now)
{
    struct recorder *recorder = context;
    recorder->in_step = false;
    if (atomic_load(&recorder->failed)) {
        lose(recorder);
        return;
    }
    if (atomic_exchange(&recorder->resumed, false))
        miss(recorder, RECORD_GAP);
    if (atomic_exchange(&recorder->wants_turn, false))
        miss(recorder, RECORD_TURN);
    if (recorder->wants_snapshot && !take_snapshot(recorder, scan, now)) {
        lose(recorder);
        return;
    }
    recorder->in_step = true;
    recorder->began = now.monotonic;
    recorder->step.used = 0;
    recorder->step.full = false;
    tape_pack_latched(recorder->tape, scan, now, &recorder->step);
}

void recorder_published(void *context, struct scan *scan, const struct error *fault)
{
    struct recorder *recorder = context;
    if (recorder->in_step)
        tape_pack_published(recorder->tape, scan, fault, &recorder->step);
}

void recorder_ended(void *context, struct scan *scan, int64_t end)
{
    struct recorder *recorder = context;
    (void)scan;
    if (!recorder->in_step)
        return;
    pack_signed(&recorder->step, end - recorder->began);
    if (recorder->step.full ||
        !ring_put(recorder->ring, recorder->step.bytes, (uint32_t)recorder->step.used))
        lose(recorder);
    if (ring_used(recorder->ring) > RECORDER_RING / 2)
        pthread_cond_signal(&recorder->changed); /* the next look would come too late */
}

static void end_present(struct recorder *recorder)
{
    struct tape *tape = recorder->tape;
    if (put_mark(recorder, 0, tape))
        return;
    tape->next = recorder->homeless;
    recorder->homeless = tape;
}

void recorder_take(struct recorder *recorder, struct tape *tape, struct scan *scan)
{
    bool is_first = !recorder->tape;
    if (!is_first)
        end_present(recorder);
    recorder->tape = tape;
    recorder->wants_snapshot = true;
    recorder->reason = is_first ? RECORD_START : RECORD_PROGRAM;
    scan_observe(scan, &recorder->observer);
}
