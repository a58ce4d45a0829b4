/* What has another length or sum than it says is no frame, and where the next one begins is
 * unknown. */

#include "record/frame.h"

#include <stdlib.h>
#include "base/memory.h"
#include "record/form.h"
#include "base/packed.h"

static void make_room(struct frame *frame)
{
    if (frame->length <= frame->room)
        return;
    free(frame->bytes);
    frame->room = frame->length;
    frame->bytes = memory_zeroed(1, frame->room);
}

enum frame_state frame_read(struct frame *frame, FILE *file)
{
    uint8_t head[RECORD_HEAD];
    if (fread(head, 1, sizeof head, file) < sizeof head)
        return FRAME_SHORT;
    frame->length = packed_low_first(head);
    if (!frame->length || frame->length > RECORD_FRAME_MAX)
        return FRAME_DAMAGED;
    make_room(frame);
    if (fread(frame->bytes, 1, frame->length, file) < frame->length)
        return FRAME_SHORT;
    return packed_sum(frame->bytes, frame->length) == packed_low_first(head + 4) ? FRAME_WHOLE
                                                                                 : FRAME_DAMAGED;
}

void frame_finish(struct frame *frame)
{
    free(frame->bytes);
}
