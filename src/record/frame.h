#pragma once
/* A frame as it lies in a file (form.h): the same check for who plays a recording, and for who goes
 * on with one. */

#include <stdint.h>
#include <stdio.h>

enum frame_state {
    FRAME_WHOLE,
    FRAME_SHORT,  /* the end of the file, perhaps within a frame; or the disk (ferror) */
    FRAME_DAMAGED /* nothing behind it has a meaning any more */
};

/* Room for the largest frame so far; begins as {0}. */
struct frame {
    uint8_t *bytes;
    uint32_t length, room;
};

/* Reads the next one. */
enum frame_state frame_read(struct frame *frame, FILE *file);
void frame_finish(struct frame *frame);
