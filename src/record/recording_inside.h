#pragma once
/* What the files of recording.h share. */

#include <stdio.h>
#include "record/frame.h"
#include "base/packed.h"
#include "record/recording.h"

struct recording_inside {
    char *path;
    FILE *files[2]; /* FILE.1 and FILE */
    int file;
    uint64_t offset; /* of the next frame, behind the magic */
    struct frame frame;
    struct unpacker at;    /* what of the frame is not read yet */
    struct unpacker keeps; /* of the last snapshot */
    uint16_t *published;   /* by cell: what the last step published, where it did */
    char **texts;          /* of the plan */
    size_t text_count;
    bool has_plan, has_snapshot;
};

/* Reads a frame of this kind. False: it is none that could have been written. */
bool recording_read(struct recording *recording, enum record_kind kind);

/* Frees what the last plan has filled. */
void recording_forget(struct recording *recording);
