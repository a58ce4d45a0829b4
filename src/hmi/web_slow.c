/* A connection on which a request comes byte by byte is never idle, so that the library's patience
 * does not end: here a whole request has its time. What the library does with a connection, and
 * what ends it, stand under a mutex of their own, which is held for a moment only. */

#include "hmi/web_inside.h"

#include <stdlib.h>
#include <sys/socket.h>
#include "base/clock.h"

struct web_line {
    int fd;
    int64_t since; /* when a request could begin */
    bool is_asked; /* a whole one came, and is being answered */
    struct web_line *next, *previous;
};

static struct web_line *line_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static struct web_line *begin(struct web *web, struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct web_line *line = info ? calloc(1, sizeof *line) : NULL;
    if (!line)
        return NULL;
    line->fd = info->connect_fd;
    line->since = clock_monotonic();
    line->next = web->lines;
    if (line->next)
        line->next->previous = line;
    web->lines = line;
    return line;
}

static void end(struct web *web, struct web_line *line)
{
    *(line->previous ? &line->previous->next : &web->lines) = line->next;
    if (line->next)
        line->next->previous = line->previous;
    free(line);
}

void web_line_changed(void *context, struct MHD_Connection *connection, void **own,
                      enum MHD_ConnectionNotificationCode code)
{
    struct web *web = context;
    pthread_mutex_lock(&web->lines_mutex);
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        *own = begin(web, connection);
    else if (*own) {
        end(web, *own);
        *own = NULL;
    }
    pthread_mutex_unlock(&web->lines_mutex);
}

void web_line_asked(struct web *web, struct MHD_Connection *connection, bool is_asked)
{
    struct web_line *line = line_of(connection);
    if (!line)
        return;
    pthread_mutex_lock(&web->lines_mutex);
    line->is_asked = is_asked;
    line->since = clock_monotonic();
    pthread_mutex_unlock(&web->lines_mutex);
}

/* The library finds it closed, and lets it go. */
void web_lines_sweep(struct web *web, int64_t now)
{
    pthread_mutex_lock(&web->lines_mutex);
    for (const struct web_line *line = web->lines; line; line = line->next)
        if (!line->is_asked && now - line->since > (int64_t)WEB_REQUEST * NS_PER_S)
            shutdown(line->fd, SHUT_RDWR);
    pthread_mutex_unlock(&web->lines_mutex);
}
