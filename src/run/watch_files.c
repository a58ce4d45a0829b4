/* Folders are watched, not files: an editor that writes a new file and renames it would leave a
 * watch on the old one. What was meant is found by the name. */

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

struct watched {
    int folder; /* inotify's number */
    char *name; /* in the folder */
};

struct watch_files {
    struct loop_source source; /* first, so that an event's source is its watch */
    struct loop *loop;
    struct loop_timer quiet;
    struct watched *files;
    size_t count;
    bool wide; /* any Lua file counts */
    void (*changed)(void *context);
    void *context;
};

static bool is_lua(const char *name)
{
    size_t length = strlen(name);
    return length > 4 && strcmp(name + length - 4, ".lua") == 0;
}

static bool is_watched(const struct watch_files *watch, const struct inotify_event *event)
{
    if (event->len && watch->wide && is_lua(event->name))
        return true;
    for (size_t i = 0; event->len && i < watch->count; i++)
        if (watch->files[i].folder == event->wd && strcmp(watch->files[i].name, event->name) == 0)
            return true;
    return false;
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
        if (is_watched(watch, event))
            loop_set_timer(watch->loop, &watch->quiet, loop_now(watch->loop) + WATCH_QUIET);
        at += (ssize_t)(sizeof *event + event->len);
    }
}

static void settled(struct loop_timer *timer)
{
    struct watch_files *watch =
        (struct watch_files *)((char *)timer - offsetof(struct watch_files, quiet));
    watch->changed(watch->context);
}

struct watch_files *watch_files_open(struct loop *loop, void (*changed)(void *context),
                                     void *context, struct error *error)
{
    struct watch_files *watch = memory_zeroed(1, sizeof *watch);
    watch->source = (struct loop_source){inotify_init1(IN_NONBLOCK | IN_CLOEXEC), ready};
    watch->loop = loop;
    watch->quiet.fire = settled;
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

static void forget_files(struct watch_files *watch)
{
    for (size_t i = 0; i < watch->count; i++)
        free(watch->files[i].name);
    free(watch->files);
    watch->files = NULL;
    watch->count = 0;
}

void watch_files_close(struct watch_files *watch)
{
    if (!watch)
        return;
    loop_unset_timer(watch->loop, &watch->quiet);
    loop_remove(watch->loop, &watch->source);
    close(watch->source.fd);
    forget_files(watch);
    free(watch);
}

/* One folder twice is one watch, with the same number. */
static void add(struct watch_files *watch, const char *path)
{
    const char *slash = strrchr(path, '/');
    char folder[PATH_MAX] = ".";
    if (slash && (size_t)(slash - path) < sizeof folder) {
        size_t length = slash == path ? 1 : (size_t)(slash - path);
        memcpy(folder, path, length);
        folder[length] = '\0';
    }
    struct watched *file = &watch->files[watch->count];
    file->folder = inotify_add_watch(watch->source.fd, folder, EVENTS);
    if (file->folder < 0) {
        log_line("%s: cannot be watched for changes: %s", path, strerror(errno));
        return;
    }
    file->name = strdup(slash ? slash + 1 : path);
    if (!file->name)
        memory_short(strlen(path));
    watch->count++;
}

/* Watches on folders that are of no interest any more stay: their events meet no name. */
void watch_files_set(struct watch_files *watch, const struct source *sources, size_t count)
{
    forget_files(watch);
    watch->wide = false;
    watch->files = memory_zeroed(count + 1, sizeof *watch->files);
    for (size_t i = 0; i < count; i++)
        add(watch, sources[i].path);
}

void watch_files_widen(struct watch_files *watch)
{
    watch->wide = true;
}
