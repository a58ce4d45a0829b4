/* Listening, and the list of those who have come. */

#include "control/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "control/claim.h"
#include "control/peer.h"
#include "control/place.h"
#include "control/reading.h"

enum { ACCEPT_AT_ONCE = 16, BACKLOG = 128 };

#define REST (INT64_C(500) * NS_PER_MS)

struct socket {
    struct loop_source source; /* first, so that an event's source is its socket */
    struct loop *loop;
    struct loop_timer rested; /* after there was no descriptor for a newcomer */
    struct control_host host;
    struct reading *reading;
    struct claim claim;
    char path[PLACE_PATH];
    char name[64];
    struct peer *first;
    size_t count;
};

/* ---- the list ---- */

static void take_off(struct peer *peer)
{
    struct socket *socket = peer->owner;
    *(peer->previous ? &peer->previous->next : &socket->first) = peer->next;
    if (peer->next)
        peer->next->previous = peer->previous;
    socket->count--;
}

static void put_on(struct socket *socket, struct peer *peer)
{
    peer->owner = socket;
    peer->closed = take_off;
    peer->next = socket->first;
    if (peer->next)
        peer->next->previous = peer;
    socket->first = peer;
    socket->count++;
}

/* Those for whom nothing is under way go first. */
static bool goes_before(const struct peer *peer, const struct peer *other)
{
    bool idle = !peer->asker.first, other_idle = !other->asker.first;
    return idle != other_idle ? idle : peer->heard < other->heard;
}

static void make_room(struct socket *socket)
{
    struct peer *longest = socket->first;
    for (struct peer *peer = socket->first; peer; peer = peer->next) {
        if (goes_before(peer, longest))
            longest = peer;
    }
    peer_close(longest);
}

/* ---- newcomers ---- */

static void send_away(int fd)
{
    static const char text[] =
        "{\"ok\": false, \"kind\": \"refused\", \"error\": \"only the user who "
        "runs the program and root are heard\"}\n";
    ssize_t sent = send(fd, text, sizeof text - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)sent; /* who is not heard need not hear it, either */
    close(fd);
}

static bool is_heard(int fd, struct origin *origin)
{
    struct ucred who;
    socklen_t size = sizeof who;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0 ||
        (who.uid != geteuid() && who.uid != 0))
        return false;
    *origin = (struct origin){.unit = 0};
    snprintf(origin->peer, sizeof origin->peer, "user %u (pid %d)", (unsigned)who.uid,
             (int)who.pid);
    return true;
}

static void admit(struct socket *socket, int fd)
{
    struct origin origin;
    struct error error;
    if (!is_heard(fd, &origin)) {
        send_away(fd);
        return;
    }
    if (socket->count >= SOCKET_CONNECTIONS)
        make_room(socket);
    struct peer *peer =
        peer_open(socket->loop, fd, &origin, &socket->host, socket->reading, &error);
    if (peer)
        put_on(socket, peer);
}

/* Out of descriptors or memory: the newcomer waits in the queue, and the loop must not be woken for
 * it for ever. */
static void rest(struct socket *socket)
{
    loop_change(socket->loop, &socket->source, 0);
    loop_set_timer(socket->loop, &socket->rested, loop_now(socket->loop) + REST);
}

static void go_on(struct loop_timer *timer)
{
    struct socket *socket = (struct socket *)((char *)timer - offsetof(struct socket, rested));
    loop_change(socket->loop, &socket->source, EPOLLIN);
}

static void ready(struct loop_source *source, uint32_t events)
{
    struct socket *socket = (struct socket *)source;
    (void)events;
    for (int i = 0; i < ACCEPT_AT_ONCE; i++) {
        int fd = accept4(source->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0)
            admit(socket, fd);
        else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            rest(socket);
        if (fd < 0 && errno != ECONNABORTED && errno != EINTR)
            return;
    }
}

/* ---- begin and end ---- */

/* Linux gives the file the descriptor's mode: it is never open to others, not even for a moment,
 * and the process's umask, which other threads have in common, stays as it is. */
static int listen_at(const char *path, struct error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || fchmod(fd, 0600) != 0)
        goto fail;
    if (unlink(path) != 0 && errno != ENOENT)
        goto fail;
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || chmod(path, 0600) != 0 ||
        listen(fd, BACKLOG) != 0)
        goto fail;
    return fd;
fail:
    error_set(error, "the control socket %s cannot be made: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

static bool start(struct socket *socket, const char *name, struct error *error)
{
    if (!place_socket(socket->path, name, true, error) ||
        !claim_take(&socket->claim, socket->path, name, error))
        return false;
    snprintf(socket->name, sizeof socket->name, "%s", name);
    if (place_answers(socket->path)) /* whatever became of its claim */
        return error_set(error, "a program \"%s\" is running already, and answers at %s", name,
                         socket->path);
    socket->source = (struct loop_source){listen_at(socket->path, error), ready};
    if (socket->source.fd < 0)
        return false;
    return loop_add(socket->loop, &socket->source, EPOLLIN, error);
}

struct socket *socket_open(struct loop *loop, const char *name, const struct control_host *host,
                           struct error *error)
{
    struct socket *socket = calloc(1, sizeof *socket);
    if (!socket) {
        error_set(error, "out of memory");
        return NULL;
    }
    socket->loop = loop;
    socket->host = *host;
    socket->claim.fd = socket->source.fd = -1;
    socket->rested.fire = go_on;
    socket->reading = reading_create(&socket->host);
    if (!socket->reading)
        error_set(error, "out of memory");
    if (socket->reading && start(socket, name, error))
        return socket;
    socket_close(socket);
    return NULL;
}

void socket_close(struct socket *socket)
{
    char why[96];
    if (!socket)
        return;
    snprintf(why, sizeof why, "%s ends", socket->name);
    while (socket->first) {
        asks_end(&socket->first->asker, why);
        peer_close(socket->first);
    }
    loop_unset_timer(socket->loop, &socket->rested);
    if (socket->source.fd >= 0) {
        loop_remove(socket->loop, &socket->source);
        unlink(socket->path);
        close(socket->source.fd);
    }
    claim_give_up(&socket->claim);
    reading_destroy(socket->reading);
    free(socket);
}

void socket_changed(struct socket *socket)
{
    reading_forget(socket->reading);
    for (struct peer *peer = socket->first; peer; peer = peer->next)
        asks_look(&peer->asker);
}
