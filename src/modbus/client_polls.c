/* Polls: which read is due, and what its answer means for each of its groups. Most answers are the
 * same as the last one: then, unless one of the groups waits for something, only their age begins
 * anew. A read's moment moves on when it was answered, so that one that failed is still the most
 * overdue. */

#include "modbus/client_inside.h"

#include <string.h>
#include "base/clock.h"

static const int64_t REFUSED_PAUSE = 10 * (int64_t)NS_PER_S;

/* ---- what to ask ---- */

bool client_polls_due(const struct client *client, int64_t now)
{
    return now >= client->poll_at;
}

int64_t client_polls_when(const struct client *client)
{
    return client->poll_at;
}

/* After connecting all are due, in their order. */
static void make_due(struct client *client, int64_t now)
{
    for (size_t i = 0; client->read_all && i < reads_count(client->reads); i++)
        reads_at(client->reads, i)->due = now;
    client->read_all = false;
}

static struct read *most_overdue(struct client *client, size_t *index)
{
    struct read *found = NULL;
    for (size_t i = 0; i < reads_count(client->reads); i++) {
        struct read *read = reads_at(client->reads, i);
        if (read->asked || (found && read->due >= found->due))
            continue;
        found = read;
        *index = i;
    }
    return found;
}

static struct exchange *ask(struct client *client, struct read *read, size_t index, int64_t now)
{
    struct flight *flight = client_flight(client, CARRIES_POLL);
    read->asked = true;
    flight->read = index;
    size_t length = query_read(flight->exchange.pdu, read->table, read->address, read->count);
    return client_send(client, flight, length, now);
}

struct exchange *client_polls_probe(struct client *client, int64_t now)
{
    size_t index = 0;
    make_due(client, now);
    struct read *read = most_overdue(client, &index);
    return read ? ask(client, read, index, now) : NULL;
}

struct exchange *client_polls_next(struct client *client, int64_t now)
{
    size_t index = 0;
    if (now < client->poll_at)
        return NULL;
    make_due(client, now);
    struct read *read = most_overdue(client, &index);
    client->poll_at = read ? read->due : CLIENT_NEVER;
    return client->poll_at <= now ? ask(client, read, index, now) : NULL;
}

static void ask_again_at(struct client *client, struct read *read, int64_t due)
{
    read->asked = false;
    read->due = due;
    if (due < client->poll_at)
        client->poll_at = due;
}

/* The next multiple of the period; what was missed is left out. */
static void next_period(struct client *client, struct read *read, int64_t now)
{
    int64_t due = read->due + read->period;
    if (due <= now)
        due += ((now - due) / read->period + 1) * read->period;
    ask_again_at(client, read, due);
}

void client_polls_failed(struct client *client, const struct flight *flight)
{
    struct read *read = reads_at(client->reads, flight->read);
    ask_again_at(client, read, read->due);
}

/* ---- what was answered ---- */

static bool is_quiet(const struct client *client, const struct read *read)
{
    for (uint32_t i = 0; i < read->group_count; i++)
        if (!client->quiet[read->groups[i] - client->groups.first])
            return false;
    return true;
}

static void merge_group(struct client *client, uint32_t group, const uint16_t *words,
                        uint64_t asked, int64_t now)
{
    struct item *item = &client->items[group];
    struct merge_group g = client_group(client, group);
    uint8_t quality = item->quality, unheeded = item->merge.unheeded;
    uint16_t before[VARIABLE_MAX_WORDS];
    size_t shown = g.group->words < VARIABLE_MAX_WORDS ? g.group->words : VARIABLE_MAX_WORDS;
    memcpy(before, g.local, shown * sizeof *before);
    enum merged merged = merge_polled(&g, words, asked);
    bool first = merged == MERGED_INVALID && !item->merge.known;
    bool take = merged == MERGED_TAKE || merged == MERGED_CONFLICT || first;
    client->quiet[group] = merged != MERGED_EARLIER && !item->merge.refused;
    if (merged == MERGED_CONFLICT)
        client->status.conflicts++;
    if (merged != MERGED_EARLIER)
        item->quality = merged == MERGED_INVALID ? QUALITY_INVALID : QUALITY_GOOD;
    if (unheeded < MERGE_UNHEEDED && item->merge.unheeded >= MERGE_UNHEEDED)
        client_says_unheeded(client, group, before, words, now);
    client->recount |= item->quality != quality;
    if (take || item->quality != quality || item->merge.delivery != item->delivery)
        client_tell(client, group, take, now);
    else
        client_consider(client, group, now);
}

static void merge_read(struct client *client, struct read *read, const uint16_t *words,
                       uint64_t asked, int64_t now)
{
    uint32_t first = read->cell - client->cells.first;
    uint16_t *remote = client->remote + first;
    client_collect(client, false);
    if (memcmp(remote, words, read->count * sizeof *words) != 0 || !is_quiet(client, read)) {
        memcpy(remote, words, read->count * sizeof *words);
        for (uint32_t i = 0; i < read->group_count; i++) {
            uint32_t group = read->groups[i] - client->groups.first;
            const uint16_t *its = words + (client_group_cell(client, group) - first);
            merge_group(client, group, its, asked, now);
        }
        client_tell_all(client, now);
    }
    mirror_arrived(client->image, read->groups, read->group_count, now);
}

void client_polls_answered(struct client *client, const struct flight *flight, const uint8_t *pdu,
                           int64_t now)
{
    uint16_t words[CLIENT_READ_BITS];
    struct read *read = reads_at(client->reads, flight->read);
    query_words(flight->exchange.pdu, pdu, words);
    client->recount |= read->stale || read->answered == 0;
    read->answered = now;
    if (read->refused)
        client->useless_at = INT64_MIN; /* it counts again */
    read->stale = read->refused = false;
    next_period(client, read, now);
    int64_t stale = now + client_state_stale_after(client, read->period);
    if (stale < client->stale_at)
        client->stale_at = stale;
    merge_read(client, read, words, flight->asked, now);
}

/* ---- what the device does not have ---- */

/* Reads behind the one that was divided have moved. */
static void move_flights(struct client *client, size_t index)
{
    for (size_t i = 0; i < DEPTH_MOST; i++) {
        struct flight *flight = &client->flights[i];
        if (flight->carries == CARRIES_POLL && flight->read > index)
            flight->read++;
    }
}

static bool divide(struct client *client, size_t index, int64_t now)
{
    if (!reads_split(client->reads, index))
        return false;
    move_flights(client, index);
    client->recount = true;
    for (size_t i = index; i < index + 2; i++)
        ask_again_at(client, reads_at(client->reads, i), now);
    return true;
}

/* Nothing smaller can be asked for. The unit is there all the same, and may be written to. */
static void leave_alone(struct client *client, struct read *read, uint8_t exception, int64_t now)
{
    read->refused = true;
    client->useless_at = INT64_MIN;
    client_state_ready(client);
    client_says_missing(client, read->groups[0] - client->groups.first, exception, now);
    ask_again_at(client, read, now + (read->period > REFUSED_PAUSE ? read->period : REFUSED_PAUSE));
}

void client_polls_refused(struct client *client, const struct flight *flight, uint8_t exception,
                          int64_t now)
{
    struct read *read = reads_at(client->reads, flight->read);
    switch (exception) {
    case EXCEPTION_ADDRESS:
    case EXCEPTION_VALUE:
        if (!divide(client, flight->read, now))
            leave_alone(client, read, exception, now);
        break;
    case EXCEPTION_FUNCTION:
        leave_alone(client, read, exception, now);
        break;
    case EXCEPTION_GATEWAY_PATH:
    case EXCEPTION_GATEWAY_TARGET:
        client_polls_failed(client, flight);
        break;
    default:
        next_period(client, read, now);
    }
}
