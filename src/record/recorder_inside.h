#pragma once
/* What the files of recorder.h share: two halves that meet in the ring. The scan's thread packs a
 * step in place and puts it there; what it cannot put is lost, and a snapshot is wanted. The other
 * thread empties the ring some times a second: a step is written as it is, a mark that stands for a
 * tape's snapshot, or for its end, is carried out. */

#include <pthread.h>
#include <stdatomic.h>
#include "record/record_file.h"
#include "record/recorder.h"
#include "record/ring.h"
#include "record/tape.h"

enum {
    RECORDER_RING = 1 << 20,
    RECORDER_STEP = RECORDER_RING / 4 /* one that is larger is lost, and a snapshot follows */
};

/* What may stand in the ring beside steps. */
struct mark_in_ring {
    uint8_t kind; /* RECORD_SNAPSHOT, or 0: the tape has ended */
    struct tape *tape;
};

struct recorder {
    struct scan_observer observer;
    struct ring *ring;

    /* the scan's thread */
    struct tape *tape; /* NULL: nothing yet */
    bool wants_snapshot, in_step;
    enum record_reason reason;
    uint64_t missing; /* scans since the last frame */
    int64_t began;
    struct packer step;
    struct tape *homeless; /* ended, and the other thread does not know */

    /* both */
    atomic_bool wants_turn, failed;
    atomic_bool resumed; /* after it has failed: only a snapshot can follow */
    atomic_uint_fast64_t lost;

    /* its own thread */
    int64_t size;
    struct record_file file;
    struct tape *written; /* whose plan the file has */
    bool awaits;          /* a snapshot: steps before it belong to nothing */
    uint64_t dropped;     /* scans that came here, and were not written */
    uint64_t unsure; /* … that a snapshot says are missing which the system does not have yet */
    int64_t again;   /* after trouble: when the next try is made */
    uint64_t gap;    /* what the first snapshot after trouble says */
    uint64_t steps, kept; /* in the files, and how many of them the system has */
    uint64_t whole;       /* size of the file after its last snapshot, … */
    uint64_t snapshot;    /* … and of that */
    uint8_t *frame;
    size_t frame_room;
    uint8_t piece[RECORDER_STEP];
    uint64_t said_lost; /* when scans were last said to be missing, and how many were */
    int64_t said;
    pthread_t thread;
    bool running;

    pthread_mutex_t mutex; /* of what follows */
    pthread_cond_t changed;
    bool over;
    uint64_t bytes, scans;
    struct error problem; /* "" for none; only its own thread writes it */
};

/* The scan's half: what the observer is told. */
void recorder_latched(void *recorder, struct scan *scan, struct instant now);
void recorder_published(void *recorder, struct scan *scan, const struct error *fault);
void recorder_ended(void *recorder, struct scan *scan, int64_t end);

/* The other half: a thread's work, until it is over. */
void *recorder_write(void *recorder);
void recorder_end_tape(struct recorder *recorder, struct tape *tape);
void recorder_drop_step(struct recorder *recorder); /* counts it */

/* The program goes on without a recording, and status says so. Said once, however often it is tried
 * in vain. With the mutex held, the file cut. */
void recorder_give_up(struct recorder *recorder, const struct error *error);

/* Meanwhile: tapes still end, and what comes is counted; and where it is time to, a new beginning
 * is tried. False with an error: in vain. */
void recorder_pass_over(struct recorder *recorder);
bool recorder_resume(struct recorder *recorder, struct error *error);
