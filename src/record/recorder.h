#pragma once
/* Keeps what came into a program and what it made of it, scan by scan, in a file: to be replayed
 * (desk/replay.h). On the scan's thread each step is compared with the one before, and the
 * difference goes into a ring of fixed size; a thread of the recorder's own writes it down. Nobody
 * waits for the disk: when it cannot keep up scans are left out, which is counted and said, and the
 * recording goes on with a whole snapshot. So it does when the disk was full, and there is room
 * again; any other trouble with the file ends it.
 *
 * The file is bounded: at half of the size it becomes FILE.1 (an older one of that name goes), and
 * a new one begins with a snapshot; only where one takes more than that, a file may hold as much
 * again. What another process has left in FILE stays before it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "image/image.h"
#include "scan/scan.h"

enum { RECORDER_SIZE = 64 << 20, RECORDER_SIZE_LEAST = 4 << 20 }; /* bytes, of both files */

struct recorder;
struct tape;

/* Takes the file, mode 0600, and changes nothing in it yet. NULL with an error: also where FILE is
 * there and no recording, and where another process records into it. */
struct recorder *recorder_open(const char *path, int64_t size, struct error *error);

/* Ends what was recorded so far, whole. After the scan's thread has ended; NULL is accepted. */
void recorder_close(struct recorder *recorder);

/* Begins the file, and the thread. */
bool recorder_start(struct recorder *recorder, struct error *error);

/* From here on the program of the tape's image is recorded: `scan` shows its steps. Takes the tape.
 * On the scan's thread, or before it runs. */
void recorder_take(struct recorder *recorder, struct tape *tape, struct scan *scan);

struct recorder_status {
    const char *path;
    uint64_t bytes; /* of the present file */
    uint64_t scans; /* written so far */
    uint64_t lost;  /* that never will be */
    bool works;
    char problem[256]; /* why not, or "" */
};
void recorder_look(struct recorder *recorder, struct recorder_status *status); /* any thread */
