/* A line whose device and settings are the same, and that has clients again or servers again, keeps
 * its port and thread: for it, only those who use it are made. Every other line of the next program
 * gets a thread of its own, which starts when the old ones have let go of their ports: it may be
 * the same device with other settings. All memory is taken while preparing. */

#include <stdlib.h>
#include "base/log.h"
#include "modbus/lines_inside.h"

struct line_row {
    struct line_thread *thread;
    struct line_users *users; /* who follow on a thread that is there; NULL: the thread is new */
};

struct lines_change {
    struct lines *lines;
    const struct plan_match *match;
    size_t count;
    struct line_row *rows;
    struct line_thread **threads; /* room for what the lines will have */
    struct line_thread **ended;
    struct line_users **gone;
};

/* ---- before ---- */

static bool allocate(struct lines_change *change)
{
    size_t next = change->match->to->line_count + 1, now = change->lines->count + 1;
    change->rows = calloc(next, sizeof *change->rows);
    change->threads = calloc(next, sizeof(struct line_thread *));
    change->ended = calloc(now, sizeof(struct line_thread *));
    change->gone = calloc(now, sizeof(struct line_users *));
    return change->rows && change->threads && change->ended && change->gone;
}

static bool is_served(const struct plan *plan, const struct line_spec *line)
{
    for (size_t i = 0; i < plan->server_count; i++)
        if (plan->servers[i].line == line)
            return true;
    return false;
}

/* The thread that goes on with this line of the next program, or NULL. */
static struct line_thread *find_thread(const struct lines_change *change, size_t line)
{
    const struct plan_match *match = change->match;
    uint32_t old = match->lines[line];
    if (old == MATCH_NONE)
        return NULL;
    for (size_t i = 0; i < change->lines->count; i++) {
        const struct line_users *users = line_thread_users(change->lines->threads[i]);
        bool serves = users->server_side != NULL;
        if (users->line == match->from->lines[old])
            return serves == is_served(match->to, match->to->lines[line])
                       ? change->lines->threads[i]
                       : NULL;
    }
    return NULL;
}

static bool prepare_line(struct lines_change *change, struct image *to,
                         struct server *const *servers, size_t line, struct error *error)
{
    const struct line_spec *spec = change->match->to->lines[line];
    struct line_row row = {.thread = find_thread(change, line)};
    bool stays = row.thread != NULL;
    if (stays)
        row.users = line_users_create(to, spec, servers, error);
    else
        row.thread = line_thread_create(to, spec, servers, error);
    if (stays ? !row.users : !row.thread)
        return false;
    change->rows[change->count++] = row;
    return true;
}

struct lines_change *lines_prepare(struct lines *lines, struct image *to,
                                   struct server *const *servers, const struct plan_match *match,
                                   struct error *error)
{
    struct lines_change *change = calloc(1, sizeof *change);
    lines_sweep(lines);
    if (!change)
        goto no_memory;
    change->lines = lines;
    change->match = match;
    if (!allocate(change))
        goto no_memory;
    for (size_t i = 0; i < match->to->line_count; i++) {
        if (!lines_is_used(match->to, match->to->lines[i]) ||
            prepare_line(change, to, servers, i, error))
            continue;
        lines_discard(change);
        return NULL;
    }
    return change;

no_memory:
    lines_discard(change);
    error_set(error, "not enough memory for the serial lines");
    return NULL;
}

static void release(struct lines_change *change)
{
    free(change->rows);
    free(change->threads);
    free(change->ended);
    free(change->gone);
    free(change);
}

void lines_discard(struct lines_change *change)
{
    if (!change)
        return;
    for (size_t i = 0; i < change->count; i++) {
        line_users_destroy(change->rows[i].users);
        if (!change->rows[i].users)
            line_thread_destroy(change->rows[i].thread);
    }
    release(change);
}

/* ---- while they stand still ---- */

void lines_hold(struct lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        line_thread_hold(lines->threads[i]);
}

void lines_release(struct lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        line_thread_release(lines->threads[i]);
    for (size_t i = 0; i < lines->ended_count; i++)
        line_thread_release(lines->ended[i]);
}

/* A line may have become another one, and the device on it is the same: so all are looked at. */
static void inherit(const struct lines_change *change, const struct line_row *row, int64_t now)
{
    struct line_users *users = row->users ? row->users : line_thread_users(row->thread);
    for (size_t i = 0; i < change->lines->count; i++)
        line_users_inherit(users, line_thread_users(change->lines->threads[i]), change->match, now);
}

static struct line_users *followers(const struct lines_change *change,
                                    const struct line_thread *thread)
{
    for (size_t i = 0; i < change->count; i++)
        if (change->rows[i].thread == thread)
            return change->rows[i].users;
    return NULL;
}

static void change_thread(struct lines_change *change, struct line_thread *thread, int64_t now)
{
    struct lines *lines = change->lines;
    struct line_users *users = followers(change, thread);
    if (users) {
        change->gone[lines->gone_count++] = line_thread_change(thread, users, change->match, now);
    } else {
        line_thread_end(thread, now);
        change->ended[lines->ended_count++] = thread;
    }
}

void lines_commit(struct lines_change *change, int64_t now)
{
    struct lines *lines = change->lines;
    for (size_t i = 0; i < change->count; i++)
        inherit(change, &change->rows[i], now);
    for (size_t i = 0; i < lines->count; i++)
        change_thread(change, lines->threads[i], now);
    for (size_t i = 0; i < change->count; i++)
        change->threads[i] = change->rows[i].thread;
    free(lines->threads);
    lines->threads = change->threads;
    lines->count = change->count;
    lines->ended = change->ended;
    lines->gone = change->gone;
    change->threads = change->ended = NULL;
    change->gone = NULL;
    release(change);
}

/* ---- after ---- */

void lines_settle(struct lines *lines)
{
    struct error error;
    lines_sweep(lines);
    for (size_t i = 0; i < lines->count; i++)
        if (!line_thread_start(lines->threads[i], &error))
            log_line("%s", error.text);
}
