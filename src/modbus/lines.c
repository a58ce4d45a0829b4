/* A list of threads, one for each line of the plan that has clients or servers. Each step is taken
 * for all lines before the next one: a running line may wake another's link, so that all are
 * attached before one runs, and all have ended before one is taken away. */

#include "modbus/lines_inside.h"
#include <stdlib.h>

bool lines_is_used(const struct plan *plan, const struct line_spec *line)
{
    for (size_t i = 0; i < plan->client_count; i++)
        if (plan->clients[i].line == line && !plan->settings.simulated)
            return true;
    for (size_t i = 0; i < plan->server_count; i++)
        if (plan->servers[i].line == line)
            return true;
    return false;
}

static bool create_all(struct lines *lines, struct image *image, struct server *const *servers,
                       struct error *error)
{
    const struct plan *plan = image_plan(image);
    lines->threads = calloc(plan->line_count + 1, sizeof(struct line_thread *));
    if (!lines->threads)
        return error_set(error, "not enough memory for the serial lines");
    for (size_t i = 0; i < plan->line_count; i++) {
        if (!lines_is_used(plan, plan->lines[i]))
            continue;
        struct line_thread *thread = line_thread_create(image, plan->lines[i], servers, error);
        if (!thread)
            return false;
        lines->threads[lines->count++] = thread;
    }
    return true;
}

static bool start_all(struct lines *lines, struct error *error)
{
    for (size_t i = 0; i < lines->count; i++)
        if (!line_thread_start(lines->threads[i], error))
            return false;
    return true;
}

struct lines *lines_start(struct image *image, struct server *const *servers, struct error *error)
{
    struct lines *lines = calloc(1, sizeof *lines);
    if (!lines) {
        error_set(error, "not enough memory for the serial lines");
        return NULL;
    }
    if (!create_all(lines, image, servers, error) || !start_all(lines, error)) {
        lines_stop(lines);
        lines_destroy(lines);
        return NULL;
    }
    return lines;
}

void lines_stop(struct lines *lines)
{
    if (!lines)
        return;
    for (size_t i = 0; i < lines->count; i++)
        line_thread_stop(lines->threads[i]);
    for (size_t i = 0; i < lines->count; i++)
        line_thread_join(lines->threads[i]);
}

void lines_sweep(struct lines *lines)
{
    for (size_t i = 0; i < lines->ended_count; i++)
        line_thread_join(lines->ended[i]);
    for (size_t i = 0; i < lines->ended_count; i++)
        line_thread_destroy(lines->ended[i]);
    for (size_t i = 0; i < lines->gone_count; i++)
        line_users_destroy(lines->gone[i]);
    free(lines->ended);
    free(lines->gone);
    lines->ended = NULL;
    lines->gone = NULL;
    lines->ended_count = lines->gone_count = 0;
}

void lines_destroy(struct lines *lines)
{
    if (!lines)
        return;
    lines_sweep(lines);
    for (size_t i = 0; i < lines->count; i++)
        line_thread_destroy(lines->threads[i]);
    free(lines->threads);
    free(lines);
}
