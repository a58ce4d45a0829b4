/* Each event (bytes, a moment that has come, a wake) ends in line_work: the state machine is asked
 * what to do now, and the timer set to when it wants to be asked again. A lost port is closed at
 * once and opened anew after a backoff, under the same name. */

#include "modbus/line_inside.h"
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"

enum { CHUNK = 256, CHUNKS_AT_ONCE = 16 };

/* A port that was open for so long begins its backoff anew. */
static const int64_t STEADY = 10 * (int64_t)NS_PER_S;

/* ---- status of servers; clients tell theirs themselves ---- */

static void publish(struct line_thread *t)
{
    for (size_t i = 0; i < t->users->served_count; i++) {
        struct served_link *served = &t->users->served[i];
        bool wanted = link_wanted(t->users->image, served->link);
        int64_t answered = line_server_answered(t->users->server_side, i);
        line_server_want(t->users->server_side, i, wanted);
        if (served->status.online == (wanted && t->serial) && served->status.answered == answered)
            continue;
        served->status.online = served->status.complete = wanted && t->serial;
        served->status.answered = answered;
        link_publish(t->users->image, served->link, &served->status, false);
    }
}

static void servers_lost(struct line_thread *t, const char *why)
{
    for (size_t i = 0; i < t->users->served_count; i++)
        link_error(t->users->image, t->users->served[i].link, why);
    if (t->users->served_count && !t->said)
        log_line("%s: %s: %s; trying again", image_plan(t->users->image)->name,
                 t->users->line->device, why);
    t->said = true;
}

static void servers_back(struct line_thread *t)
{
    if (t->users->server_side)
        line_server_opened(t->users->server_side);
    if (t->users->served_count && t->said)
        log_line("%s: %s: open again", image_plan(t->users->image)->name, t->users->line->device);
    t->said = false;
}

/* ---- the port ---- */

static int64_t backoff(struct line_thread *t)
{
    uint32_t random = 0;
    if (getrandom(&random, sizeof random, GRND_NONBLOCK) != sizeof random)
        random = (uint32_t)clock_monotonic();
    return client_backoff(t->attempt++, random);
}

void line_close_port(struct line_thread *t)
{
    if (!t->serial)
        return;
    loop_remove(t->loop, &t->port);
    serial_close(t->serial);
    t->serial = NULL;
}

/* A port that cannot be opened hits no request, but is an error of its links, too. */
static void clients_error(struct line_thread *t, const char *why)
{
    for (size_t i = 0; i < t->users->client_count; i++)
        if (client_wanted(t->users->clients[i]))
            link_error(t->users->image, t->users->client_links[i], why);
}

/* It is not there, or no more. */
static void lost(struct line_thread *t, const char *why)
{
    int64_t now = loop_now(t->loop);
    if (t->serial && now - t->opened > STEADY)
        t->attempt = 0;
    if (!t->serial)
        clients_error(t, why);
    line_close_port(t);
    t->retry = now + backoff(t);
    if (t->users->client_side)
        line_client_lost(t->users->client_side, why, t->retry, now);
    servers_lost(t, why);
}

/* The links' names say the device already. */
static const char *without_device(const struct line_thread *t, const char *text)
{
    size_t length = strlen(t->users->line->device);
    bool named = strncmp(text, t->users->line->device, length) == 0 && text[length] == ':';
    return named ? text + length + 2 : text;
}

static void open_port(struct line_thread *t)
{
    struct error error;
    t->serial = serial_open(t->users->line, &error);
    if (!t->serial) {
        lost(t, without_device(t, error.text));
        return;
    }
    t->port.fd = serial_fd(t->serial);
    if (!loop_add(t->loop, &t->port, EPOLLIN, &error)) {
        lost(t, error.text);
        return;
    }
    t->opened = loop_now(t->loop);
    if (t->users->client_side)
        line_client_opened(t->users->client_side, t->opened);
    servers_back(t);
}

static void send_pdu(struct line_thread *t, uint8_t unit, const uint8_t *pdu, size_t length)
{
    if (!serial_send(t->serial, unit, pdu, length))
        lost(t, "the port takes no more bytes");
}

/* ---- what is to be done now, and when next ---- */

static void work_clients(struct line_thread *t, int64_t now)
{
    const struct exchange *exchange = line_client_run(t->users->client_side, now);
    if (exchange)
        send_pdu(t, exchange->unit, exchange->pdu, exchange->length);
}

static void work_servers(struct line_thread *t, int64_t now)
{
    uint8_t unit;
    const uint8_t *pdu;
    size_t length;
    while (t->serial && line_server_run(t->users->server_side, now, &unit, &pdu, &length))
        send_pdu(t, unit, pdu, length);
}

static int64_t next_due(const struct line_thread *t)
{
    int64_t due = t->serial ? INT64_MAX : t->retry, other = INT64_MAX;
    if (t->users->client_side)
        other = line_client_due(t->users->client_side);
    else if (t->serial)
        other = line_server_due(t->users->server_side);
    return due < other ? due : other;
}

void line_work(struct line_thread *t)
{
    int64_t now = loop_now(t->loop);
    if (t->ended)
        return;
    if (!t->serial && now >= t->retry)
        open_port(t);
    if (t->users->client_side)
        work_clients(t, now);
    if (t->users->server_side)
        work_servers(t, now);
    publish(t);
    int64_t due = next_due(t);
    if (due == INT64_MAX)
        loop_unset_timer(t->loop, &t->timer);
    else /* whoever says "now" and then has nothing must not make the loop spin */
        loop_set_timer(t->loop, &t->timer, due > now ? due : now + NS_PER_MS);
}

/* ---- events ---- */

static struct line_thread *owner(void *member, size_t offset)
{
    return (struct line_thread *)((char *)member - offset);
}

static void hand_over(struct line_thread *t, const uint8_t *bytes, size_t length)
{
    int64_t now = loop_now(t->loop);
    if (t->users->client_side)
        line_client_received(t->users->client_side, bytes, length, now);
    if (t->users->server_side)
        line_server_received(t->users->server_side, bytes, length, now);
}

/* What came before the end is still taken. */
void line_port_ready(struct loop_source *source, uint32_t events)
{
    struct line_thread *t = owner(source, offsetof(struct line_thread, port));
    uint8_t bytes[CHUNK];
    long got = 1;
    if (t->ended)
        return;
    for (int i = 0; i < CHUNKS_AT_ONCE && got > 0; i++) {
        got = serial_receive(t->serial, bytes, sizeof bytes);
        if (got > 0)
            hand_over(t, bytes, (size_t)got);
    }
    if (got < 0 || (got == 0 && events & (EPOLLHUP | EPOLLERR)))
        lost(t, "the port is gone (unplugged, or closed at its other end)");
    line_work(t);
}

void line_timer_fired(struct loop_timer *timer)
{
    line_work(owner(timer, offsetof(struct line_thread, timer)));
}
