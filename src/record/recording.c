/* The files, and frames as they lie in them. What is in a frame is read in recording_frames.c. */

#include "record/recording.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/memory.h"
#include "record/recording_inside.h"

enum { MAGIC = sizeof RECORD_MAGIC - 1 };

/* NULL without an error: it is not there. */
static FILE *open_file(const char *path, struct error *error)
{
    char magic[MAGIC];
    struct stat status;
    *error->text = '\0';
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        error_set(error, "%s is no file", path);
        return NULL;
    }
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
    size_t size = strlen(path) + sizeof ".1";
    char *former = memory_zeroed(1, size);
    snprintf(former, size, "%s.1", path);
    inside->files[1] = open_file(path, error);
    if (!*error->text)
        inside->files[0] = open_file(former, error);
    free(former);
    if (*error->text)
        return false;
    return inside->files[0] || inside->files[1] || error_set(error, "%s is not there", path);
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
    frame_finish(&recording->inside->frame);
    free(recording->inside->path);
    free(recording->inside);
    free(recording);
}

/* ---- frames ---- */

/* Returns false. Nothing in the rest of the file has a meaning any more. */
static bool refuse_damaged(struct recording_inside *inside, struct error *error)
{
    error_set(error, "%s%s is damaged behind byte %llu: the rest of it cannot be replayed",
              inside->path, inside->file ? "" : ".1", (unsigned long long)inside->offset);
    fclose(inside->files[inside->file]);
    inside->files[inside->file] = NULL;
    inside->has_plan = inside->has_snapshot = false;
    return false;
}

/* A read that gave too little: the end, or the disk. Returns false. */
static bool refuse_short(const struct recording_inside *inside, struct error *error)
{
    if (ferror(inside->files[inside->file]))
        error_set(error, "%s%s cannot be read: %s", inside->path, inside->file ? "" : ".1",
                  strerror(errno));
    return false;
}

/* One frame of the present file. False at its end, or where it is cut off or damaged, with an
 * error; an error of "": there is no more. */
static bool read_frame(struct recording_inside *inside, struct error *error)
{
    FILE *file = inside->files[inside->file];
    *error->text = '\0';
    if (!file)
        return false;
    enum frame_state state = frame_read(&inside->frame, file);
    if (state == FRAME_WHOLE)
        inside->offset += RECORD_HEAD + inside->frame.length;
    return state == FRAME_WHOLE ||
           (state == FRAME_SHORT ? refuse_short(inside, error) : refuse_damaged(inside, error));
}

static bool next_frame(struct recording_inside *inside, struct error *error)
{
    while (!read_frame(inside, error)) {
        if (*error->text || inside->file == 1)
            return false; /* asked again, it finds this file closed, and goes on to the next */
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
    const struct frame *frame = &inside->frame;
    *kind = (enum record_kind)frame->bytes[0];
    inside->at = (struct unpacker){.at = frame->bytes + 1, .end = frame->bytes + frame->length};
    return recording_read(recording, *kind) || refuse_damaged(inside, error);
}
