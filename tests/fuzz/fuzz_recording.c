/* A fuzzer as a file that msm test --replay is given: the input is frames, each with two bytes of
 * length before it, past the checksum that keeps accidents out but no malice. What must hold: every
 * place that a step names is one of the plan, the keeps are read or refused, and nothing is left.
 * Built with clang and -DMSM_SANITIZE=fuzzer-no-link,address,undefined. */

#include <stdlib.h>
#include "record/recording_inside.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void must_lie_in(const uint32_t *places, size_t count, size_t end)
{
    must(count <= end);
    for (size_t i = 0; i < count; i++)
        must(places[i] < end && (i == 0 || places[i] > places[i - 1]));
}

static void check_step(struct recording *recording)
{
    must_lie_in(recording->came, recording->came_count, recording->cell_count);
    must_lie_in(recording->left, recording->left_count, recording->cell_count);
    must_lie_in(recording->marked, recording->marked_count, recording->point_count);
    must_lie_in(recording->linked, recording->linked_count, recording->link_count);
    recording_publish(recording);
}

static void check_plan(const struct recording *recording)
{
    for (size_t i = 0; i < recording->point_count; i++)
        must(recording->points[i].cell + recording->points[i].words <= recording->cell_count);
}

static void check_keeps(const struct recording *recording)
{
    struct error error;
    struct keeps *keeps = keeps_create(&error);
    must(keeps != NULL);
    error.text[0] = '\0';
    must(recording_keeps(recording, keeps, &error) || *error.text);
    keeps_destroy(keeps);
}

static bool read_frame(struct recording *recording, const uint8_t *frame, size_t length)
{
    enum record_kind kind = (enum record_kind)frame[0];
    recording->inside->at = (struct unpacker){.at = frame + 1, .end = frame + length};
    if (!recording_read(recording, kind))
        return false;
    if (kind == RECORD_PLAN)
        check_plan(recording);
    else if (kind == RECORD_SNAPSHOT)
        check_keeps(recording);
    else
        check_step(recording);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct recording_inside *inside = calloc(1, sizeof *inside);
    struct recording recording = {.inside = inside};
    const uint8_t *end = bytes + length;
    while (end - bytes > 2) {
        size_t frame = (size_t)(bytes[0] | bytes[1] << 8);
        bytes += 2;
        if (!frame || frame > (size_t)(end - bytes) || !read_frame(&recording, bytes, frame))
            break;
        bytes += frame;
    }
    recording_forget(&recording);
    free(inside);
    return 0;
}
