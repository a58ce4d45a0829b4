/* The files, and frames as they lie in them. What is in a frame is read in recording_frames.c. */

#include "record/recording.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "record/recording_inside.h"

enum { MAGIC = sizeof RECORD_MAGIC - 1 };

/* NULL without an error: it is not there. */
static FILE *open_file(const char *path, struct error *error)
{
    char magic[MAGIC];
    *error->text = '\0';
    FILE *file = fopen(path, "rbe");
    if (!file && errno != ENOENT)
        error_set(error, "%s cannot be read: %s", path, strerror(errno));
    if (!file)
        return NULL;
    size_t length = fread(magic, 1, sizeof magic, file);
    if (length == sizeof magic && memcmp(magic, RECORD_MAGIC, sizeof magic) == 0)
        return file;
    error_set(error, "%s is no recording of msm run --record, or one of another version", path);
    fclose(file);
    return NULL;
}

static bool open_files(struct recording_inside *inside, const char *path, struct error *error)
{
    char former[4096];
    snprintf(former, sizeof former, "%s.1", path);
    inside->files[0] = open_file(former, error);
    if (*error->text)
        return false;
    inside->files[1] = open_file(path, error);
    if (inside->files[1])
        return true;
    return *error->text ? false : error_set(error, "%s is not there", path);
}

struct recording *recording_open(const char *path, struct error *error)
{
    struct recording *recording = memory_zeroed(1, sizeof *recording);
    recording->inside = memory_zeroed(1, sizeof *recording->inside);
    recording->inside->path = strdup(path);
    if (open_files(recording->inside, path, error))
        return recording;
    recording_close(recording);
    return NULL;
}

void recording_close(struct recording *recording)
{
    if (!recording)
        return;
    for (int i = 0; i < 2; i++)
        if (recording->inside->files[i])
            fclose(recording->inside->files[i]);
    recording_forget(recording);
    free(recording->inside->frame);
    free(recording->inside->path);
    free(recording->inside);
    free(recording);
}

/* ---- frames ---- */

static uint32_t low_first(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static bool is_damaged(const struct recording_inside *inside, struct error *error)
{
    error_set(error, "%s%s is damaged behind byte %llu: what follows cannot be replayed",
              inside->path, inside->file ? "" : ".1", (unsigned long long)inside->offset);
    return false;
}

/* One frame of the present file. False at its end, or where it is cut off or damaged, with an
 * error; an error of "": there is no more. */
static bool read_frame(struct recording_inside *inside, struct error *error)
{
    uint8_t head[RECORD_HEAD];
    FILE *file = inside->files[inside->file];
    *error->text = '\0';
    if (!file || fread(head, 1, sizeof head, file) < sizeof head)
        return false;
    inside->length = low_first(head);
    if (!inside->length || inside->length > RECORD_FRAME_MAX)
        return is_damaged(inside, error);
    if (inside->length > inside->room) {
        free(inside->frame);
        inside->room = inside->length;
        inside->frame = memory_zeroed(1, inside->room);
    }
    if (fread(inside->frame, 1, inside->length, file) < inside->length)
        return false;
    if (packed_sum(inside->frame, inside->length) != low_first(head + 4))
        return is_damaged(inside, error);
    inside->offset += RECORD_HEAD + inside->length;
    return true;
}

static bool next_frame(struct recording_inside *inside, struct error *error)
{
    while (!read_frame(inside, error)) {
        if (*error->text || inside->file == 1)
            return false;
        inside->file = 1;
        inside->offset = 0;
    }
    return true;
}

bool recording_next(struct recording *recording, enum record_kind *kind, struct error *error)
{
    struct recording_inside *inside = recording->inside;
    if (!next_frame(inside, error))
        return false;
    *kind = (enum record_kind)inside->frame[0];
    inside->at = (struct unpacker){.at = inside->frame + 1, .end = inside->frame + inside->length};
    return recording_read(recording, *kind) || is_damaged(inside, error);
}
