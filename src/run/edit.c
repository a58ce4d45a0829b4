/* Three steps: beside the file, through the reload, into its place. Each ends by telling who asked,
 * or goes on to the next. The first and the last wait for the disk, on a thread of their own. */

#include "run/edit.h"

#include "base/clock.h"
#include "base/left.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/thread.h"
#include "base/waker.h"
#include "run/reload.h"
#include "run/runtime.h"
#include "store/script_file.h"
#include "store/versions.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STACK = 256 * 1024, PATIENCE_MS = 1000 };

struct edit {
    struct runtime *runtime;
    struct waker waker;
    struct host_answer reloaded; /* the reload's word; first step: not yet asked for */
    struct host_answer *asker;   /* or NULL */
    struct origin origin;
    bool busy;
    bool placed; /* and a watch on the file has not told of it */
    /* of the one that is under way */
    char *path, *text, *before;
    char *remarks; /* of the reload, or NULL */
    size_t length, length_before;
    struct file_identity seen; /* the file whose text is to be replaced; none: it had gone */
    struct script_staged staged;
    bool is_staged;
    char folder[PATH_MAX]; /* of the versions */
    /* the thread's, from start_work until the loop's `then`; false with the error */
    pthread_t thread;
    bool works;
    atomic_bool finished;
    bool (*work)(struct edit *edit);
    void (*then)(struct edit *edit);
    bool is_done;
    struct error error;
};

/* ---- what runs, and what is on the disk ---- */

static const struct source *find(const struct runtime *runtime, const char *path)
{
    const struct source *sources;
    size_t count = program_sources(runtime->current->program, &sources);
    for (size_t i = 0; i < count; i++)
        if (!path || strcmp(sources[i].path, path) == 0)
            return &sources[i];
    return NULL;
}

static bool has_other_text(const struct source *source)
{
    struct file_identity now = {.number = 0};
    struct script_text script;
    struct error error;
    if (file_identify(source->path, &now) && !file_is_none(&source->file) &&
        file_is_unchanged(&now, &source->file))
        return false;
    if (!script_read(source->path, &script, &error))
        return true;
    bool is_same = script.length == source->length &&
                   memcmp(script.text, source->length ? source->text : "", script.length) == 0;
    free(script.text);
    return !is_same;
}

bool edit_differs(const struct runtime *runtime)
{
    const struct source *sources;
    size_t count = program_sources(runtime->current->program, &sources);
    for (size_t i = 0; i < count; i++)
        if (has_other_text(&sources[i]))
            return true;
    return false;
}

bool edit_explains(struct runtime *runtime)
{
    bool placed = runtime->edit && runtime->edit->placed;
    if (placed)
        runtime->edit->placed = false;
    return placed && !edit_differs(runtime);
}

void edit_folder(const struct runtime *runtime, char *path, size_t size)
{
    const char *state = runtime->state_folder ? runtime->state_folder : runtime->folder;
    snprintf(path, size, "%s/%s.versions", state, runtime_name(runtime));
}

/* ---- the end ---- */

static void finish(struct edit *edit, enum host_result result, const char *text)
{
    struct host_answer *asker = edit->asker;
    char *remarks = edit->remarks; /* `text` may be it */
    if (edit->is_staged)
        script_unstage(&edit->staged);
    free(edit->path);
    free(edit->text);
    free(edit->before);
    edit->path = edit->text = edit->before = edit->remarks = NULL;
    edit->is_staged = edit->busy = false;
    edit->asker = NULL;
    if (asker)
        asker->done(asker, result, text);
    free(remarks);
}

static size_t lines_of(const char *text, size_t length)
{
    size_t lines = length && text[length - 1] != '\n';
    for (size_t i = 0; i < length; i++)
        lines += text[i] == '\n';
    return lines;
}

/* In lines, from the first that differs to the last. */
static void note_size(const struct edit *edit)
{
    size_t head = 0, tail = 0;
    size_t least = edit->length < edit->length_before ? edit->length : edit->length_before;
    const char *now = edit->text, *before = edit->before ? edit->before : "";
    while (head < least && now[head] == before[head])
        head++;
    while (head && now[head - 1] != '\n')
        head--;
    while (tail < least - head &&
           now[edit->length - 1 - tail] == before[edit->length_before - 1 - tail])
        tail++;
    audit_note(edit->runtime->audit, AUDIT_RELOAD, &edit->origin,
               "edited %s: %zu lines in the place of %zu", edit->path,
               lines_of(now + head, edit->length - head - tail),
               lines_of(before + head, edit->length_before - head - tail));
}

/* ---- the thread ---- */

static void *work(void *context)
{
    struct edit *edit = context;
    edit->is_done = edit->work(edit);
    atomic_store(&edit->finished, true);
    waker_wake(&edit->waker);
    return NULL;
}

/* `work` on the thread, `then` on the loop; false: not even begun. */
static bool start_work(struct edit *edit, bool (*work_of)(struct edit *edit),
                       void (*then)(struct edit *edit))
{
    edit->work = work_of;
    edit->then = then;
    atomic_store(&edit->finished, false);
    edit->works = thread_start(&edit->thread, "msm-edit", STACK, work, edit, &edit->error);
    return edit->works;
}

static void woken(void *context)
{
    struct edit *edit = context;
    if (!edit->works || !atomic_load(&edit->finished))
        return;
    pthread_join(edit->thread, NULL);
    edit->works = false;
    edit->then(edit);
}

/* ---- into its place ---- */

static bool is_newest(const struct edit *edit)
{
    struct version list[VERSIONS_MOST], version;
    struct error error;
    if (!versions_list(edit->folder, edit->path, list))
        return false;
    char *text = versions_read(edit->folder, list[0].id, &version, &error);
    bool is_same = text && version.size == edit->length_before &&
                   memcmp(text, edit->before, version.size) == 0;
    free(text);
    return is_same;
}

/* What it was, where nobody has kept that yet, and what it is. */
static void keep_versions(const struct edit *edit)
{
    struct error error;
    bool ok =
        (!edit->before || is_newest(edit) ||
         versions_add(edit->folder, edit->path, "", edit->before, edit->length_before, &error)) &&
        versions_add(edit->folder, edit->path, edit->origin.peer, edit->text, edit->length, &error);
    if (!ok)
        log_line("%s: %s", edit->path, error.text);
}

/* Whether somebody has written the file since it was looked at; the same text is no change. */
static bool is_overtaken(const struct edit *edit, struct error *error)
{
    struct file_identity now = {.number = 0};
    struct script_text disk;
    if (!file_identify(edit->path, &now) || file_is_unchanged(&now, &edit->seen))
        return false;
    if (edit->before && script_read(edit->path, &disk, error)) {
        bool is_same =
            disk.length == edit->length_before && memcmp(disk.text, edit->before, disk.length) == 0;
        free(disk.text);
        if (is_same)
            return false;
    }
    return !error_set(error, "%s was written meanwhile and stays as it is", edit->path);
}

static bool place(struct edit *edit)
{
    keep_versions(edit); /* also of what finds no place: it is not lost */
    return !is_overtaken(edit, &edit->error) && script_place(&edit->staged, &edit->error);
}

static void placed(struct edit *edit)
{
    struct error told;
    edit->is_staged = edit->is_staged && !edit->is_done;
    if (edit->is_done) {
        finish(edit, HOST_OK, edit->remarks);
        return;
    }
    edit->placed = false;
    log_line("%s: %s", runtime_name(edit->runtime), edit->error.text);
    error_set(&told, "it runs, but %s: a restart begins with the file's text", edit->error.text);
    finish(edit, HOST_FAILED, told.text);
}

/* The reload has ended. */
static void reloaded(struct host_answer *answer, enum host_result result, const char *text)
{
    struct edit *edit = (struct edit *)((char *)answer - offsetof(struct edit, reloaded));
    if (result != HOST_OK) {
        finish(edit, result, text);
        return;
    }
    note_size(edit);
    edit->remarks = text ? memory_string(text) : NULL;
    edit_folder(edit->runtime, edit->folder, sizeof edit->folder);
    edit->placed = edit->runtime->files; /* before: the watch may tell at once */
    edit->is_done = false;
    if (!start_work(edit, place, placed))
        placed(edit);
}

/* ---- beside the file ---- */

static void refuse(struct edit *edit, const struct error *why)
{
    struct error error;
    error_set(&error, "refused, nothing has changed: %s", why->text);
    finish(edit, HOST_REFUSED, error.text);
}

static bool stage(struct edit *edit)
{
    return script_stage(edit->path, edit->text, edit->length, &edit->staged, &edit->error);
}

static void staged(struct edit *edit)
{
    edit->is_staged = edit->is_done;
    if (!edit->is_staged) {
        refuse(edit, &edit->error);
        return;
    }
    const struct source patch = {edit->path, edit->text, edit->length, edit->staged.file};
    reload_ask_patched(edit->runtime, &patch, false, &edit->origin, &edit->reloaded);
}

/* ---- asking ---- */

/* Whether who asks has seen what he is going to replace; the text that it is, for the versions. */
static bool check(struct edit *edit, const struct host_edit *wish, const struct source *source,
                  struct error *error)
{
    struct file_identity there;
    struct script_text disk = {.text = NULL};
    char version[SCRIPT_VERSION];
    if (!script_check(source->path, wish->text, wish->length, error))
        return false;
    bool is_gone = !file_identify(source->path, &there);
    if (!is_gone && !script_read(source->path, &disk, error))
        return false;
    edit->before = disk.text;
    edit->length_before = disk.length;
    edit->seen = disk.file;
    script_version(is_gone ? source->text : disk.text, is_gone ? source->length : disk.length,
                   version);
    if (strcmp(version, wish->base) != 0)
        return error_set(error, "%s has changed since you began: look at it first", source->path);
    return true;
}

static bool start(struct edit *edit, const struct host_edit *wish, const struct source *source)
{
    edit->path = memory_string(source->path);
    edit->text = memory_zeroed(1, wish->length + 1);
    memcpy(edit->text, wish->text, wish->length);
    edit->length = wish->length;
    return start_work(edit, stage, staged);
}

void edit_ask(struct runtime *runtime, const struct host_edit *wish, const struct origin *origin,
              struct host_answer *asker)
{
    struct edit *edit = runtime->edit;
    const struct source *source = find(runtime, wish->path);
    struct error error;
    if (edit->busy || runtime->stopping || !source) {
        asker->done(asker, HOST_REFUSED,
                    !source             ? "that is no file of the program"
                    : runtime->stopping ? "the program is stopping"
                                        : "an edit is under way; try again when it has ended");
        return;
    }
    edit->busy = true;
    edit->asker = asker;
    edit->origin = *origin;
    if (!check(edit, wish, source, &error)) {
        refuse(edit, &error);
    } else if (wish->tries) {
        const struct source patch = {source->path, wish->text, wish->length, {.number = 0}};
        edit->asker = NULL;
        finish(edit, HOST_OK, NULL);
        reload_ask_patched(runtime, &patch, true, origin, asker);
    } else if (!start(edit, wish, source)) {
        error = edit->error;
        refuse(edit, &error);
    }
}

void edit_forget(struct runtime *runtime, const struct host_answer *asker)
{
    if (runtime->edit && runtime->edit->asker == asker)
        runtime->edit->asker = NULL;
}

/* ---- life ---- */

bool edit_open(struct runtime *runtime, struct error *error)
{
    struct edit *edit = runtime->edit = memory_zeroed(1, sizeof *edit);
    edit->runtime = runtime;
    edit->reloaded.done = reloaded;
    return waker_open(&edit->waker, runtime->loop, woken, edit, error);
}

/* A disk that does not answer holds up no end. */
static bool comes_back(struct edit *edit)
{
    struct pollfd last_act = {.fd = edit->waker.source.fd, .events = POLLIN};
    while (!atomic_load(&edit->finished))
        if (poll(&last_act, 1, PATIENCE_MS) == 0)
            return false;
    pthread_join(edit->thread, NULL);
    return true;
}

void edit_close(struct runtime *runtime)
{
    struct edit *edit = runtime->edit;
    runtime->edit = NULL;
    if (!edit)
        return;
    if (edit->works && !comes_back(edit)) {
        pthread_detach(edit->thread);
        leave_behind(edit);
        return;
    }
    if (edit->busy)
        finish(edit, HOST_FAILED, "the program is stopping");
    waker_close(&edit->waker);
    free(edit);
}
