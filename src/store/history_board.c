/* What of an image is recorded, and under which names. Names are the short ones, as answers have
 * them. */

#include "store/history_inside.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "base/memory.h"
#include "image/point_name.h"

static bool is_recorded(const struct variable *v)
{
    return v->type != TYPE_STRING && !v->people.unrecorded && v->people.hmi != HMI_HIDE;
}

static size_t count_channels(const struct plan *plan)
{
    size_t count = 0;
    for (size_t i = 0; i < plan->variable_count; i++)
        count += is_recorded(plan->variables[i]) ? variable_elements(plan->variables[i]) : 0;
    return count;
}

/* "LEVEL" of "mem.LEVEL". */
static const char *short_name(const char *name)
{
    return strncmp(name, "mem.", 4) == 0 ? name + 4 : name;
}

static bool is_text(const char *a, const char *b)
{
    return strcmp(a, b ? b : "") == 0;
}

/* The number of a name; with the mutex held. */
static uint32_t number_of(struct history *history, const char *name, const struct variable *v)
{
    const char *type = codec_type_name(v->type);
    int at = names_find(history->index, 0, name);
    const struct recorded *there = at < 0 ? NULL : &history->names[at];
    if (there && is_text(there->type, type) && is_text(there->unit, v->unit))
        return (uint32_t)at;
    const char *shared = there ? there->name : NULL; /* before the rows move */
    history->names = memory_grow(history->names, history->name_count, sizeof *history->names);
    struct recorded *row = &history->names[history->name_count];
    row->name = shared ? shared : memory_string(name);
    row->shares = shared;
    row->type = type;
    row->unit = memory_string(v->unit ? v->unit : "");
    if (shared)
        names_change(history->index, 0, row->name, (int)history->name_count);
    else
        names_put(history->index, 0, row->name, (int)history->name_count);
    return (uint32_t)history->name_count++;
}

static struct channel channel_of(struct history *history, const struct plan *plan,
                                 const struct variable *v, uint32_t element)
{
    const struct point *point = &plan->points[v->point + element];
    char name[POINT_NAME];
    point_name(plan, v->point + element, name);
    return (struct channel){.variable = v,
                            .point = v->point + element,
                            .name = number_of(history, short_name(name), v),
                            .mask = point->mask,
                            .words = point->words,
                            .cell = point->cell,
                            .deadband = v->people.history,
                            .recorded = NAN};
}

static void fill(struct history *history, struct history_board *board, size_t most)
{
    const struct plan *plan = board->plan;
    for (size_t i = 0; i < plan->variable_count; i++) {
        const struct variable *v = plan->variables[i];
        for (uint32_t k = 0; is_recorded(v) && k < variable_elements(v); k++)
            if (board->count < most)
                board->channels[board->count++] = channel_of(history, plan, v, k);
    }
}

struct history_board *history_board_create(struct history *history, struct image *image,
                                           struct error *error)
{
    size_t all = count_channels(image_plan(image));
    size_t most = all < HISTORY_NAMES_MOST ? all : HISTORY_NAMES_MOST;
    struct history_board *board = calloc(1, sizeof *board);
    if (!board || !(board->channels = calloc(most + 1, sizeof *board->channels)) ||
        !(board->view = view_create(image, error))) {
        if (!board || !board->channels)
            error_set(error, "out of memory for the history of %zu names", most);
        history_board_destroy(board);
        return NULL;
    }
    board->plan = plan_ref(image_plan(image));
    pthread_mutex_lock(&history->mutex);
    fill(history, board, most);
    pthread_mutex_unlock(&history->mutex);
    if (all > most)
        log_line("%s: the history records the first %zu of %zu numbers", history->name, most, all);
    return board;
}

void history_board_destroy(struct history_board *board)
{
    if (!board)
        return;
    view_destroy(board->view);
    plan_unref(board->plan);
    free(board->channels);
    free(board);
}

static void end_channel(struct history *history, const struct channel *channel, int64_t now)
{
    struct heap *fresh = &history->fresh;
    if (channel->known && !isnan(channel->recorded) && fresh->count < fresh->room)
        fresh->samples[fresh->count++] = (struct history_sample){channel->name, now, NAN};
}

/* By what is called the same, whichever row of `names` that is. */
void history_board_inherit(struct history *history, struct history_board *board,
                           struct history_board *before, int64_t now)
{
    struct names *index = names_create();
    for (size_t i = 0; i < board->count; i++)
        names_put(index, 0, history->names[board->channels[i].name].name, (int)i);
    for (size_t i = 0; i < before->count; i++) {
        const struct channel *from = &before->channels[i];
        int at = names_find(index, 0, history->names[from->name].name);
        if (at < 0) {
            end_channel(history, from, now);
            continue;
        }
        struct channel *to = &board->channels[at];
        to->known = from->known;
        to->recorded = from->recorded;
        to->at = from->at;
        to->quality = UINT8_MAX; /* so that it is looked at */
    }
    names_destroy(index);
}
