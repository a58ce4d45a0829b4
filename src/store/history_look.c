/* Ten times a second: what differs from what was recorded? Mostly nothing, so words are compared
 * first, and only those that are others become numbers. */

#include "store/history_inside.h"

#include <math.h>
#include <string.h>

enum {
    AGAIN = 3600000,     /* ms: a value that does not change is recorded so often all the same, so
                            that what it was never lies further back */
    CLOCK_JUMPED = 60000 /* ms between two looks, or back */
};

void history_break(struct history *history)
{
    history->fresh.ends = true;
    for (size_t i = 0; history->board && i < history->board->count; i++)
        history->board->channels[i].known = false;
}

static uint64_t words_of(const struct channel *channel, const uint16_t *cells)
{
    uint64_t raw = 0;
    for (uint16_t k = 0; k < channel->words; k++)
        raw = raw << 16 | (cells[channel->cell + k] & channel->mask);
    return raw;
}

static double number_of(const struct channel *channel, const uint16_t *cells)
{
    const struct variable *v = channel->variable;
    char text[VARIABLE_MAX_LENGTH];
    struct value value = variable_get(v, cells + channel->cell, channel->mask, text);
    double number = value.kind == VALUE_BOOLEAN  ? value.boolean
                    : value.kind == VALUE_NUMBER ? value.number
                    : v->type == TYPE_UINT64     ? (double)(uint64_t)value.integer
                                                 : (double)value.integer;
    return isfinite(number) ? number : NAN;
}

static bool is_news(const struct channel *channel, double value, int64_t now)
{
    if (!channel->known || isnan(value) != isnan(channel->recorded))
        return true;
    if (isnan(value))
        return false;
    double change = fabs(value - channel->recorded);
    return (change > 0 && change >= channel->deadband) || now - channel->at >= AGAIN;
}

/* When it came: between the last look and this one. */
static int64_t moment(struct history *history, const struct channel *channel, struct instant now)
{
    int64_t utc = now.utc / NS_PER_MS;
    int64_t age = now.monotonic - view_time(history->board->view, channel->point);
    int64_t time = utc - (age > 0 ? age / NS_PER_MS : 0);
    return time > history->looked && time < utc ? time : utc;
}

static void look_at(struct history *history, struct channel *channel, const uint16_t *cells,
                    struct instant now)
{
    int64_t utc = now.utc / NS_PER_MS;
    uint8_t quality = view_marks(history->board->view)[channel->point].quality;
    uint64_t raw = words_of(channel, cells);
    bool same = channel->known && raw == channel->raw && quality == channel->quality;
    if (same && utc - channel->at < AGAIN)
        return;
    double value = quality == QUALITY_GOOD ? number_of(channel, cells) : NAN;
    channel->raw = raw;
    channel->quality = quality;
    if (!is_news(channel, value, utc))
        return;
    bool came = channel->known && !same && !isnan(value); /* else it may be there for long */
    int64_t time = came ? moment(history, channel, now) : utc;
    history->fresh.samples[history->fresh.count++] =
        (struct history_sample){channel->name, time, value};
    history->status.samples++;
    channel->known = true;
    channel->recorded = value;
    channel->at = time;
}

void history_look(struct history *history, struct instant now)
{
    const struct history_board *board = history->board;
    struct heap *fresh = &history->fresh;
    int64_t utc = now.utc / NS_PER_MS;
    if (!board || fresh->ends || !clock_is_set(now.utc))
        return;
    bool jumped = history->looked &&
                  (utc < history->looked - CLOCK_JUMPED || utc > history->looked + CLOCK_JUMPED);
    if (jumped || fresh->count + board->count > fresh->room) {
        history->looked = 0;
        history_break(history);
        return;
    }
    if (utc < history->looked) /* by a little: it is waited for */
        now.utc = history->looked * NS_PER_MS;
    view_latch(board->view);
    const uint16_t *cells = view_cells(board->view);
    for (size_t i = 0; i < board->count; i++)
        look_at(history, &board->channels[i], cells, now);
    history->looked = now.utc / NS_PER_MS;
    fresh->seen = history->looked;
}
