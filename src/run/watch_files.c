/* Folders are watched, not files: an editor that writes a new file and renames it would leave a
 * watch on the old one. What was meant is found by the name. A file that is reached through a link
 * has two folders, the link's and its own.
 *
 * A folder that gives way to another one of its name, and a link further up that leads elsewhere,
 * tell nobody. So each second the folders are watched anew, which is nothing where they are the
 * same, and the files are looked at. One that is another file by now, or that was out of sight,
 * counts as changed once it has stood still from one look to the next; what is written in place
 * counts when it is closed, however long that takes. */

#include "run/watch_files.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

/* A file that is written in place is whole when it is closed. */
enum { EVENTS = IN_CLOSE_WRITE | IN_MOVED_TO };

enum { STATED, REAL, PLACES };

struct place {
    char *path; /* or NULL */
    int folder; /* inotify's number, which is positive, or none */
};

struct watched {
    struct place places[PLACES];
    bool unsure;                      /* of what has happened to it since it was `known` */
    struct file_identity known, seen; /* when it was told last; at the last look */
};

struct watch_files {
    struct loop_source source; /* first, so that an event's source is its watch */
    struct loop *loop;
    struct loop_timer quiet, look;
    struct watched *files;
    size_t count;
    bool wide; /* any Lua file counts */
    void (*changed)(void *context);
    void *context;
};

/* ---- events ---- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool is_lua(const char *name)
{
    size_t length = strlen(name);
    return length > 4 && strcmp(name + length - 4, ".lua") == 0;
}

static bool is_of(const struct watch_files *watch, const struct place *place,
                  const struct inotify_event *event)
{
    return place->path && place->folder == event->wd &&
           (strcmp(base_name(place->path), event->name) == 0 ||
            (watch->wide && is_lua(event->name)));
}

static bool is_watched(const struct watch_files *watch, const struct inotify_event *event)
{
    for (size_t i = 0; event->len && i < watch->count; i++)
        if (is_of(watch, &watch->files[i].places[STATED], event) ||
            is_of(watch, &watch->files[i].places[REAL], event))
            return true;
    return false;
}

static void tell_soon(struct watch_files *watch)
{
    loop_set_timer(watch->loop, &watch->quiet, loop_now(watch->loop) + WATCH_QUIET);
}

static void hear(struct watch_files *watch, const struct inotify_event *event)
{
    for (size_t i = 0; (event->mask & IN_Q_OVERFLOW) && i < watch->count; i++)
        watch->files[i].unsure = true;
    if (is_watched(watch, event))
        tell_soon(watch);
}

static void ready(struct loop_source *source, uint32_t events)
{
    struct watch_files *watch = (struct watch_files *)source;
    char buffer[16 * (sizeof(struct inotify_event) + NAME_MAX + 1)]
        __attribute__((aligned(__alignof__(struct inotify_event))));
    ssize_t length = read(source->fd, buffer, sizeof buffer);
    (void)events;
    for (ssize_t at = 0; at < length;) {
        const struct inotify_event *event = (const void *)(buffer + at);
        hear(watch, event);
        at += (ssize_t)(sizeof *event + event->len);
    }
}

/* ---- folders ---- */

static bool is_used(const struct watch_files *watch, int folder)
{
    for (size_t i = 0; i < watch->count; i++)
        for (int p = 0; p < PLACES; p++)
            if (watch->files[i].places[p].folder == folder)
                return true;
    return false;
}

/* One folder twice is one watch, with the same number. False with errno: not there. */
static bool watch_folder(struct watch_files *watch, struct place *place)
{
    const char *slash = place->path ? strrchr(place->path, '/') : NULL;
    char folder[PATH_MAX] = ".";
    int before = place->folder;
    if (slash && (size_t)(slash - place->path) < sizeof folder) {
        size_t length = slash == place->path ? 1 : (size_t)(slash - place->path);
        memcpy(folder, place->path, length);
        folder[length] = '\0';
    }
    place->folder = place->path ? inotify_add_watch(watch->source.fd, folder, EVENTS) : 0;
    int failure = errno;
    if (before > 0 && !is_used(watch, before))
        inotify_rm_watch(watch->source.fd, before);
    errno = failure;
    return place->folder > 0;
}

/* Where the file is by now: at the end of other links, in a new folder. False: the folder that was
 * stated is not there; errno. */
static bool find(struct watch_files *watch, struct watched *file)
{
    struct place *stated = &file->places[STATED], *real = &file->places[REAL];
    int before[PLACES] = {stated->folder, real->folder};
    free(real->path);
    real->path = realpath(stated->path, NULL);
    watch_folder(watch, real);
    bool found = watch_folder(watch, stated);
    file->unsure |= stated->folder != before[STATED] || real->folder != before[REAL];
    return found;
}

/* ---- looks ---- */

/* Whether another file, or another state of one that was out of sight, has stood still. */
static bool has_changed(struct watched *file)
{
    struct file_identity now, before = file->seen;
    if (!file_identify(file->places[STATED].path, &now)) {
        file->unsure = true;
        return false;
    }
    file->seen = now;
    if (!file->unsure && file_is_same(&now, &file->known))
        return false;
    file->unsure = !file_is_unchanged(&now, &file->known);
    return file->unsure && file_is_unchanged(&now, &before);
}

static void look(struct loop_timer *timer)
{
    struct watch_files *watch =
        (struct watch_files *)((char *)timer - offsetof(struct watch_files, look));
    bool changed = false;
    for (size_t i = 0; i < watch->count; i++) {
        find(watch, &watch->files[i]);
        changed |= has_changed(&watch->files[i]);
    }
    if (changed)
        tell_soon(watch);
    loop_set_timer(watch->loop, timer, loop_now(watch->loop) + WATCH_LOOK);
}

/* What is told is what the files are from now on. */
static void note(struct watched *file)
{
    if (file_identify(file->places[STATED].path, &file->known))
        file->unsure = false;
}

static void settled(struct loop_timer *timer)
{
    struct watch_files *watch =
        (struct watch_files *)((char *)timer - offsetof(struct watch_files, quiet));
    for (size_t i = 0; i < watch->count; i++) {
        find(watch, &watch->files[i]);
        note(&watch->files[i]);
    }
    watch->changed(watch->context);
}

/* ---- life ---- */

struct watch_files *watch_files_open(struct loop *loop, void (*changed)(void *context),
                                     void *context, struct error *error)
{
    struct watch_files *watch = memory_zeroed(1, sizeof *watch);
    watch->source = (struct loop_source){inotify_init1(IN_NONBLOCK | IN_CLOEXEC), ready};
    watch->loop = loop;
    watch->quiet.fire = settled;
    watch->look.fire = look;
    watch->changed = changed;
    watch->context = context;
    if (watch->source.fd < 0) {
        error_set(error, "cannot watch files: %s", strerror(errno));
        free(watch);
        return NULL;
    }
    if (loop_add(loop, &watch->source, EPOLLIN, error))
        return watch;
    close(watch->source.fd);
    free(watch);
    return NULL;
}

static void forget_files(struct watched *files, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(files[i].places[STATED].path);
        free(files[i].places[REAL].path);
    }
    free(files);
}

void watch_files_close(struct watch_files *watch)
{
    if (!watch)
        return;
    loop_unset_timer(watch->loop, &watch->quiet);
    loop_unset_timer(watch->loop, &watch->look);
    loop_remove(watch->loop, &watch->source);
    close(watch->source.fd);
    forget_files(watch->files, watch->count);
    free(watch);
}

/* What was told of a file that was watched before is what counts: it may have changed since. */
static bool take_over(struct watched *file, const char *path, struct watched *from, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!from[i].places[STATED].path || strcmp(from[i].places[STATED].path, path) != 0)
            continue;
        *file = from[i];
        from[i] = (struct watched){.unsure = false};
        return true;
    }
    return false;
}

/* Between its reading and now nobody watched it: the next look compares. */
static void begin(struct watch_files *watch, struct watched *file, const struct source *source)
{
    file->places[STATED].path = memory_string(source->path);
    if (!find(watch, file))
        log_line("%s: cannot be watched for changes: %s", source->path, strerror(errno));
    file->known = source->file;
    file->unsure = true;
    if (file_is_none(&file->known))
        note(file);
}

/* Watches on folders that are of no interest any more stay: their events meet no name. */
void watch_files_set(struct watch_files *watch, const struct source *sources, size_t count)
{
    struct watched *before = watch->files;
    size_t count_before = watch->count;
    watch->wide = false;
    watch->files = memory_zeroed(count + 1, sizeof *watch->files);
    watch->count = count;
    for (size_t i = 0; i < count; i++)
        if (!take_over(&watch->files[i], sources[i].path, before, count_before))
            begin(watch, &watch->files[i], &sources[i]);
    forget_files(before, count_before);
    loop_set_timer(watch->loop, &watch->look, loop_now(watch->loop) + WATCH_LOOK);
}

void watch_files_widen(struct watch_files *watch)
{
    watch->wide = true;
}
