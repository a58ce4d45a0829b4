/* Whether the unit is there. One timeout is an accident and is repeated; two in a row are silence,
 * and from there a single request now and then looks whether the unit is back. One that answers,
 * but nothing that is of use, is as good as lost. */

#include "modbus/client_inside.h"

#include <string.h>
#include "base/clock.h"

/* ---- moments ---- */

void client_state_hold(struct client *client, int64_t until)
{
    if (until > client->hold)
        client->hold = until;
}

int64_t client_state_stale_after(const struct client *client, int64_t period)
{
    const struct client_spec *spec = client->spec;
    return spec->stale_after > 0 ? spec->stale_after : 2 * period + spec->timeout;
}

/* ---- status ---- */

static void count_missing(struct client *client)
{
    client->recount = false;
    client->status.complete = true;
    for (size_t i = 0; i < reads_count(client->reads); i++) {
        const struct read *read = reads_at(client->reads, i);
        client->status.complete &= !read->stale && read->answered != 0;
    }
    /* what was answered, but before the last write of it was, does not count */
    for (uint32_t i = 0; client->status.complete && i < client->groups.count; i++) {
        const struct item *item = &client->items[i];
        client->status.complete =
            !item->polled || (item->quality != QUALITY_STALE && item->quality != QUALITY_NEVER);
    }
}

static bool is_published(const struct client *client)
{
    const struct link_status *a = &client->status, *b = &client->published;
    return a->online == b->online && a->complete == b->complete && a->answered == b->answered &&
           a->conflicts == b->conflicts;
}

void client_state_publish(struct client *client, bool returned)
{
    if (client->recount)
        count_missing(client);
    client->status.online = client->online;
    if (!returned && is_published(client))
        return;
    client->published = client->status;
    link_publish(client->image, client->number, &client->status, returned);
}

bool client_wanted(const struct client *client)
{
    return link_wanted(client->image, client->number);
}

void client_state_error(struct client *client, const char *text)
{
    link_error(client->image, client->number, text);
}

void client_state_ready(struct client *client)
{
    if (client->ready || !client->connected || client->useless)
        return;
    client->ready = true;
    client->write_at = client->ripe = INT64_MIN;
}

/* ---- heard and not heard ---- */

void client_state_heard(struct client *client, bool good, int64_t now)
{
    client->timeouts = client->attempt = client->wrongs = 0;
    client->silent = false;
    if (!client->connected || client->useless) /* stopped with this under way, or nothing good */
        return;
    client->online = true;
    if (client->lost) {
        client_says_back(client, now);
        client->lost = false;
        client->lost_due = CLIENT_NEVER;
        client->returning = true;
    }
    if (!good)
        return;
    client->status.answered = now;
    client_state_ready(client);
    if (client->first == 0) {
        client->first = now;
        client->expire_at = INT64_MIN;
    }
}

/* When all that is polled will have turned stale; at most three seconds from now, so that a short
 * loss is told with what it did, and a long one soon. */
static int64_t when_told(struct client *client, int64_t now)
{
    int64_t told = now;
    if (client->first == 0)
        return now;
    for (size_t i = 0; i < reads_count(client->reads); i++) {
        const struct read *read = reads_at(client->reads, i);
        int64_t stale = read->answered + client_state_stale_after(client, read->period);
        if (!read->stale && read->answered != 0 && stale > told)
            told = stale;
    }
    int64_t latest = now + (int64_t)3 * NS_PER_S;
    return told < latest ? told : latest;
}

/* Lost, or still lost for another reason. */
static void lose(struct client *client, const char *why, int64_t retry, int64_t now)
{
    if (!client->lost) {
        client->lost = true;
        client->lost_said = false;
        client->lost_at = client->first ? client->status.answered : client->offline_since;
        client->lost_due = when_told(client, now);
    }
    if (client->lost_said)
        return;
    strncpy(client->lost_why, why ? why : "", sizeof client->lost_why - 1);
    client->lost_retry = retry > now ? retry - now : 0;
}

static void go_offline(struct client *client, int64_t now)
{
    if (client->online)
        client->offline_since = now;
    client->online = false;
    client_sending_forget(client);
    client->ready = reads_count(client->reads) == 0; /* else what it has now is read first */
}

static void fall_silent(struct client *client, const char *why, int64_t now)
{
    go_offline(client, now);
    client->silent = true;
    client->probe_at = now + client_next_backoff(client, client->attempt++);
    lose(client, why, client->probe_at, now);
}

/* Requests that were under way together are silent together: they count once. */
void client_state_unheard(struct client *client, const struct flight *flight, const char *why,
                          int64_t now)
{
    if (!client->connected)
        return;
    if (client->silent) {
        if (flight->exchange.sent >= client->silent_since)
            client->probe_at = now + client_next_backoff(client, client->attempt++);
        client->silent_since = now;
        return;
    }
    if (client->timeouts > 0 && flight->exchange.sent < client->silent_since)
        return;
    client->silent_since = now;
    if (client->timeouts++ == 0) {
        if (client->spec->line)
            client_state_hold(client, now + client_next_backoff(client, 0));
        return;
    }
    fall_silent(client, why, now);
}

/* ---- of use or not ---- */

void client_state_sensible(struct client *client, int64_t now)
{
    client->useless = false;
    client->sensible = now;
}

/* When a read will have been without a sensible answer for long enough. What the device does not
 * have says nothing about it. */
static int64_t when_useless(const struct client *client)
{
    int64_t at = INT64_MIN;
    for (size_t i = 0; i < reads_count(client->reads); i++) {
        const struct read *read = reads_at(client->reads, i);
        int64_t last = read->answered > client->sensible ? read->answered : client->sensible;
        int64_t stale = last + client_state_stale_after(client, read->period);
        if (!read->refused && stale > at)
            at = stale;
    }
    return at == INT64_MIN ? CLIENT_NEVER : at;
}

void client_state_judge(struct client *client, int64_t now)
{
    char why[LINK_ERROR_MAX] = "";
    if (!client->connected || client->silent || client->useless || now < client->useless_at)
        return;
    client->useless_at = when_useless(client);
    if (client->timeouts > 0 && client->useless_at <= now) /* perhaps it is silence */
        client->useless_at = now + client->spec->timeout;
    if (now < client->useless_at)
        return;
    client->useless = true;
    go_offline(client, now);
    link_last_error(client->image, client->number, why);
    lose(client, why, 0, now);
}

/* ---- the way to it ---- */

/* It may be another one now, or have been changed: what it refused is asked for again. */
static void forget_refusals(struct client *client)
{
    reads_join(client->reads);
    memset(client->no_write_one, 0, sizeof client->no_write_one);
    memset(client->no_write_many, 0, sizeof client->no_write_many);
    client->no_mask = false;
}

static void begin(struct client *client, int64_t now)
{
    if (client->lost || client->returning)
        forget_refusals(client);
    client->recount = true;
    client->connected = true;
    client->silent = client->mute = false;
    client->timeouts = client->wrongs = 0;
    client->hold = now;
    client->write_hold = INT64_MIN;
    client->read_all = true;
    client->poll_at = INT64_MIN;
    client->sensible = now;
    client->useless_at = INT64_MIN;
    if (reads_count(client->reads) == 0)
        client_state_ready(client);
}

static void end(struct client *client, int64_t now)
{
    go_offline(client, now);
    client->connected = client->silent = client->mute = client->ready = false;
    client->timeouts = 0;
}

void client_connected(struct client *client, int64_t now)
{
    client->carried = true;
    if (client_wanted(client))
        begin(client, now);
}

void client_disconnected(struct client *client, const char *why, int64_t retry, int64_t now)
{
    client->carried = false;
    end(client, now);
    if (client_wanted(client))
        lose(client, why ? why : "the connection was lost", retry, now);
    client_state_publish(client, false);
}

/* A stop is no loss: nobody is told of what the script did. What is under way then still comes to
 * its end, and only after that it begins anew. */
void client_state_follow(struct client *client, int64_t now)
{
    bool wanted = client_wanted(client);
    if (!wanted && !client->lost_said) {
        client->lost = false;
        client->lost_due = CLIENT_NEVER;
    }
    if (client->carried && wanted && !client->connected && client->under_way == 0)
        begin(client, now);
    else if (client->connected && !wanted)
        end(client, now);
}
