/* What a peer sends is carried out line by line, and only as long as he reads the answers: while
 * too much waits for him his requests wait, too, in the end in his own socket. A peer is closed
 * only by its own events and timer, never under the hands of a request that has something to say to
 * it. */

#include "control/peer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "control/json_text.h"
#include "control/request.h"

enum {
    LINES_AT_ONCE = 32,         /* then others have their turn */
    OUT_ENOUGH = SOCKET_OUT / 4 /* so much waits: no more requests until it is taken */
};

static struct peer *peer_of(struct asker *asker)
{
    return (struct peer *)((char *)asker - offsetof(struct peer, asker));
}

static void soon(struct peer *peer)
{
    loop_set_timer(peer->loop, &peer->again, 0);
}

static void doom(struct peer *peer)
{
    peer->doomed = true;
    soon(peer);
}

/* ---- out ---- */

static void watch_for(struct peer *peer)
{
    size_t waiting = line_out_waiting(&peer->out);
    bool listens = !peer->ended && waiting < OUT_ENOUGH;
    uint32_t events = (listens ? EPOLLIN : 0u) | (waiting ? EPOLLOUT : 0u);
    if (events != peer->events)
        loop_change(peer->loop, &peer->source, events);
    peer->events = events;
}

static void flush(struct peer *peer)
{
    size_t waiting;
    while ((waiting = line_out_waiting(&peer->out)) > 0) {
        ssize_t sent =
            send(peer->source.fd, line_out_first(&peer->out), waiting, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno != EAGAIN)
            doom(peer);
        if (sent < 0)
            return;
        line_out_taken(&peer->out, (size_t)sent);
        peer->heard = loop_now(peer->loop);
    }
}

static bool add_line(struct peer *peer, const json_t *line)
{
    char *text = line ? json_text(line) : NULL;
    bool added =
        text && line_out_add(&peer->out, text, strlen(text)) && line_out_add(&peer->out, "\n", 1);
    free(text);
    return added;
}

/* A line that is begun is sent whole, however long it is; a peer who has not taken what was there
 * before gets no more of them. */
static void send_line(struct asker *asker, json_t *line)
{
    struct peer *peer = peer_of(asker);
    bool fits = line_out_waiting(&peer->out) < SOCKET_OUT;
    if (!peer->doomed && (!fits || !add_line(peer, line)))
        doom(peer);
    json_decref(line);
    if (peer->busy || peer->doomed)
        return;
    flush(peer);
    watch_for(peer);
    if (peer->ended)
        soon(peer); /* perhaps that was the last thing */
}

static size_t room(struct asker *asker)
{
    struct peer *peer = peer_of(asker);
    size_t waiting = line_out_waiting(&peer->out);
    return peer->doomed || waiting > SOCKET_OUT ? 0 : SOCKET_OUT - waiting;
}

/* ---- in ---- */

static void carry_out(struct peer *peer, const char *line, size_t length)
{
    struct error error;
    json_t *request = request_read(line, length, &error);
    if (!request) {
        asks_complain(&peer->asker, error.text);
        return;
    }
    asks_run(&peer->asker, peer->host, peer->loop, request);
    json_decref(request);
}

static bool is_blank(const char *line, size_t length)
{
    while (length > 0 && (*line == ' ' || *line == '\t' || *line == '\r')) {
        line++;
        length--;
    }
    return length == 0;
}

static void take_line(struct peer *peer, enum line_in_kind kind, const char *line, size_t length)
{
    struct error error;
    if (kind == LINE_IN_TOO_LONG) {
        error_set(&error, "a request has less than %d bytes; this line was passed over",
                  SOCKET_LINE);
        asks_complain(&peer->asker, error.text);
    } else if (!is_blank(line, length)) {
        carry_out(peer, line, length);
    }
}

/* Returns whether there may be more lines. */
static bool take_lines(struct peer *peer)
{
    const char *line;
    size_t length;
    for (int i = 0; i < LINES_AT_ONCE; i++) {
        if (peer->doomed || line_out_waiting(&peer->out) >= OUT_ENOUGH)
            return true;
        enum line_in_kind kind = line_in_next(&peer->in, peer->ended, &line, &length);
        if (kind == LINE_IN_NONE)
            return false;
        take_line(peer, kind, line, length);
    }
    return true;
}

/* After what was sent he has gone, or wants nothing more. */
static bool is_done(const struct peer *peer, bool more)
{
    return peer->doomed ||
           (peer->ended && !more && !peer->asker.first && line_out_waiting(&peer->out) == 0);
}

/* Carries out what lies there. May close the peer. */
static void work(struct peer *peer)
{
    peer->busy = true;
    bool more = take_lines(peer);
    peer->busy = false;
    flush(peer);
    if (is_done(peer, more)) {
        peer_close(peer);
        return;
    }
    if (more && line_out_waiting(&peer->out) < OUT_ENOUGH)
        soon(peer);
    watch_for(peer);
}

static void receive(struct peer *peer)
{
    size_t size;
    char *where = line_in_room(&peer->in, &size);
    if (size == 0)
        return; /* lines are still to be taken */
    ssize_t length = recv(peer->source.fd, where, size, MSG_DONTWAIT);
    if (length > 0) {
        line_in_received(&peer->in, (size_t)length);
        peer->heard = loop_now(peer->loop);
    } else if (length == 0) {
        peer->ended = true;
    } else if (errno != EAGAIN && errno != EINTR) {
        peer->doomed = true;
    }
}

/* Who has closed both directions is gone, whatever is under way for him. */
static void ready(struct loop_source *source, uint32_t events)
{
    struct peer *peer = (struct peer *)source;
    if (events & EPOLLIN)
        receive(peer);
    if (events & EPOLLERR || (events & EPOLLHUP && !(events & EPOLLIN)))
        peer->doomed = true;
    if (events & EPOLLOUT)
        flush(peer);
    work(peer);
}

static void go_on(struct loop_timer *timer)
{
    work((struct peer *)((char *)timer - offsetof(struct peer, again)));
}

/* ---- begin and end ---- */

static void nobody(struct peer *peer)
{
    (void)peer;
}

struct peer *peer_open(struct loop *loop, int fd, const struct origin *origin,
                       const struct control_host *host, struct reading *reading,
                       struct error *error)
{
    struct peer *peer = calloc(1, sizeof *peer);
    if (!peer || !line_in_open(&peer->in, SOCKET_LINE)) {
        error_set(error, "out of memory");
        goto fail;
    }
    peer->source = (struct loop_source){fd, ready};
    peer->asker =
        (struct asker){.origin = *origin, .send = send_line, .room = room, .reading = reading};
    peer->loop = loop;
    peer->host = host;
    peer->again.fire = go_on;
    peer->events = EPOLLIN;
    peer->heard = loop_now(loop);
    peer->closed = nobody;
    if (loop_add(loop, &peer->source, EPOLLIN, error))
        return peer;
fail:
    if (peer)
        line_in_close(&peer->in);
    free(peer);
    close(fd);
    return NULL;
}

void peer_close(struct peer *peer)
{
    peer->closed(peer);
    asks_forget(&peer->asker);
    flush(peer);
    loop_unset_timer(peer->loop, &peer->again);
    loop_remove(peer->loop, &peer->source);
    close(peer->source.fd);
    line_in_close(&peer->in);
    line_out_close(&peer->out);
    free(peer);
}
