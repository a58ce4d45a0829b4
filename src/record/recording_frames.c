/* Every number that leads somewhere is looked at before it is followed. */

#include "record/recording_inside.h"

#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "base/printable.h"
#include "image/mirror.h"

enum { CELLS_MOST = 1 << 22, ROWS_MOST = 1 << 22, POINT_BYTES = 6, DEPTH = KEEPS_DEPTH_MAX + 1 };

void recording_forget(struct recording *recording)
{
    struct recording_inside *inside = recording->inside;
    for (size_t i = 0; i < inside->text_count; i++)
        free(inside->texts[i]);
    free(inside->texts);
    free(inside->published);
    inside->texts = NULL;
    inside->published = NULL;
    inside->text_count = 0;
    inside->has_plan = inside->has_snapshot = false;
    free(recording->points);
    free(recording->links);
    free(recording->tasks);
    free(recording->cells);
    free(recording->marks);
    free(recording->status);
    free(recording->tasks_at);
    free(recording->came);
    free(recording->marked);
    free(recording->linked);
    free(recording->left);
    *recording = (struct recording){.inside = inside};
}

/* ---- PLAN ---- */

/* A text of a file goes to a terminal, but must not command it. */
static void copy_printable(char *copy, size_t room, const char *text, size_t length)
{
    char piece[PRINTABLE_PIECE];
    size_t used = 0;
    copy[0] = '\0';
    for (size_t at = 0; at < length && used + PRINTABLE_PIECE < room;) {
        bool stays = text[at] == '\n' || text[at] == '\t';
        size_t taken = stays ? 1 : printable_piece(text + at, length - at, piece);
        used += (size_t)snprintf(copy + used, room - used, "%.*s", stays ? 1 : PRINTABLE_PIECE,
                                 stays ? text + at : piece);
        at += taken;
    }
}

static const char *read_text(struct recording *recording)
{
    struct recording_inside *inside = recording->inside;
    size_t length;
    const char *text = unpack_text(&inside->at, &length);
    inside->texts = memory_grow(inside->texts, inside->text_count, sizeof *inside->texts);
    char *copy = memory_zeroed(PRINTABLE_PIECE, length + 1);
    copy_printable(copy, PRINTABLE_PIECE * (length + 1), text, length);
    inside->texts[inside->text_count++] = copy;
    return copy;
}

/* At least a byte each, so that a short frame cannot ask for much memory. */
static bool read_count(struct recording *recording, size_t *count)
{
    const struct unpacker *at = &recording->inside->at;
    uint64_t stated = unpack_number(&recording->inside->at);
    *count = (size_t)stated;
    return stated <= ROWS_MOST && stated <= (size_t)(at->end - at->at);
}

static bool read_point(struct recording *recording, struct recorded_point *point)
{
    struct unpacker *at = &recording->inside->at;
    point->name = read_text(recording);
    point->type = (enum type)unpack_byte(at);
    uint64_t cell = unpack_number(at), words = unpack_number(at);
    point->mask = unpack_word(at);
    point->cell = (uint32_t)cell;
    point->words = (uint16_t)words;
    return words >= 1 && words <= VARIABLE_MAX_WORDS && cell <= CELLS_MOST &&
           cell + words <= recording->cell_count;
}

static bool read_points(struct recording *recording)
{
    const struct unpacker *at = &recording->inside->at;
    if (!read_count(recording, &recording->point_count) ||
        recording->point_count > (size_t)(at->end - at->at) / POINT_BYTES)
        return false;
    recording->points = memory_zeroed(recording->point_count + 1, sizeof *recording->points);
    for (size_t i = 0; i < recording->point_count; i++)
        if (!read_point(recording, &recording->points[i]))
            return false;
    return true;
}

static bool read_names(struct recording *recording, size_t *count, const char ***names)
{
    if (!read_count(recording, count))
        return false;
    *names = memory_zeroed(*count + 1, sizeof(const char *));
    for (size_t i = 0; i < *count; i++)
        (*names)[i] = read_text(recording);
    return true;
}

static void make_room(struct recording *recording)
{
    size_t cells = recording->cell_count + 1, points = recording->point_count + 1;
    size_t links = recording->link_count + 1;
    recording->cells = memory_zeroed(cells, sizeof *recording->cells);
    recording->inside->published = memory_zeroed(cells, sizeof *recording->cells);
    recording->came = memory_zeroed(cells, sizeof *recording->came);
    recording->left = memory_zeroed(cells, sizeof *recording->left);
    recording->marks = memory_zeroed(points, sizeof *recording->marks);
    recording->marked = memory_zeroed(points, sizeof *recording->marked);
    recording->status = memory_zeroed(links, sizeof *recording->status);
    recording->linked = memory_zeroed(links, sizeof *recording->linked);
    recording->tasks_at = memory_zeroed(recording->task_count + 1, sizeof *recording->tasks_at);
}

static bool read_plan(struct recording *recording)
{
    recording_forget(recording);
    recording->program = read_text(recording);
    recording->script = read_text(recording);
    recording->version = read_text(recording);
    recording->text = (uint32_t)unpack_number(&recording->inside->at);
    uint64_t cells = unpack_number(&recording->inside->at);
    if (cells > CELLS_MOST)
        return false;
    recording->cell_count = (size_t)cells;
    if (!read_points(recording) ||
        !read_names(recording, &recording->link_count, &recording->links) ||
        !read_names(recording, &recording->task_count, &recording->tasks) ||
        recording->inside->at.short_of)
        return false;
    make_room(recording);
    recording->inside->has_plan = true;
    return true;
}

/* ---- rows ---- */

static void read_mark(struct unpacker *at, struct mark *mark)
{
    uint8_t quality = unpack_byte(at);
    mark->quality = quality <= QUALITY_INVALID ? quality : QUALITY_INVALID;
    mark->forced = unpack_byte(at) != 0;
    mark->written = unpack_number(at);
    uint8_t delivery = unpack_byte(at);
    mark->delivery = delivery <= DELIVERY_EXPIRED ? delivery : DELIVERY_NONE;
    mark->reason = unpack_byte(at);
}

static void read_link(struct unpacker *at, struct link_status *status)
{
    uint8_t flags = unpack_byte(at);
    status->online = flags & 1;
    status->complete = flags & 2;
    status->errors = unpack_number(at);
    status->conflicts = unpack_number(at);
    status->reconnected = unpack_number(at);
}

/* ---- SNAPSHOT ---- */

static void read_place(struct recording *recording)
{
    struct unpacker *at = &recording->inside->at;
    recording->place.origin = unpack_signed(at);
    recording->place.count = unpack_number(at);
    recording->place.latched = unpack_number(at);
    recording->place.overruns = unpack_number(at);
    recording->place.started = unpack_byte(at) != 0;
    for (size_t i = 0; i < recording->task_count; i++) {
        struct scan_task_place *task = &recording->tasks_at[i];
        task->due = unpack_signed(at);
        task->last = unpack_signed(at);
        task->seen = unpack_number(at);
        task->rested = unpack_byte(at) != 0;
    }
}

static void read_why(struct recording *recording)
{
    size_t length;
    const char *why = unpack_text(&recording->inside->at, &length);
    if (length >= sizeof recording->why)
        length = sizeof recording->why - 1;
    memcpy(recording->why, why, length);
    recording->why[length] = '\0';
    recording->starts = length > 0;
}

static bool read_snapshot(struct recording *recording)
{
    struct recording_inside *inside = recording->inside;
    struct unpacker *at = &inside->at;
    uint8_t reason = unpack_byte(at);
    recording->reason = reason <= RECORD_GAP ? (enum record_reason)reason : RECORD_GAP;
    read_why(recording);
    recording->now.monotonic = unpack_signed(at);
    recording->now.utc = unpack_signed(at);
    recording->body.monotonic = unpack_signed(at);
    recording->body.utc = unpack_signed(at);
    recording->lost = unpack_number(at);
    read_place(recording);
    recording->sequence = unpack_number(at);
    for (size_t i = 0; i < recording->cell_count; i++)
        recording->cells[i] = unpack_word(at);
    for (size_t i = 0; i < recording->point_count; i++)
        read_mark(at, &recording->marks[i]);
    for (size_t i = 0; i < recording->link_count; i++)
        read_link(at, &recording->status[i]);
    inside->keeps = *at;
    inside->has_snapshot = true;
    return !at->short_of;
}

/* ---- STEP ---- */

/* The places of a list of changes; `read` takes what has changed there. */
static bool read_list(struct recording *recording, uint32_t *places, size_t *count, size_t end,
                      void (*read)(struct recording *recording, uint32_t place))
{
    struct unpacker *at = &recording->inside->at;
    uint64_t gap, next = 0;
    *count = 0;
    while ((gap = unpack_number(at)) != 0) {
        if (gap > end || next + gap > end)
            return false;
        next += gap;
        places[*count] = (uint32_t)(next - 1);
        read(recording, places[(*count)++]);
    }
    return !at->short_of;
}

static void read_came(struct recording *recording, uint32_t cell)
{
    recording->cells[cell] = unpack_word(&recording->inside->at);
}

static void read_marked(struct recording *recording, uint32_t point)
{
    read_mark(&recording->inside->at, &recording->marks[point]);
}

static void read_linked(struct recording *recording, uint32_t link)
{
    read_link(&recording->inside->at, &recording->status[link]);
}

static void read_left(struct recording *recording, uint32_t cell)
{
    recording->inside->published[cell] = unpack_word(&recording->inside->at);
}

static void read_fault(struct recording *recording)
{
    size_t length;
    recording->fault[0] = '\0';
    recording->faulted = unpack_byte(&recording->inside->at) != 0;
    if (!recording->faulted)
        return;
    const char *text = unpack_text(&recording->inside->at, &length);
    copy_printable(recording->fault, sizeof recording->fault, text, length);
}

static bool read_step(struct recording *r)
{
    struct unpacker *at = &r->inside->at;
    int64_t passed = unpack_signed(at), jump = unpack_signed(at);
    if (__builtin_add_overflow(r->now.monotonic, passed, &r->now.monotonic) ||
        __builtin_add_overflow(r->now.utc, passed, &r->now.utc) ||
        __builtin_add_overflow(r->now.utc, jump, &r->now.utc))
        return false;
    r->sequence += unpack_number(at);
    if (!read_list(r, r->came, &r->came_count, r->cell_count, read_came) ||
        !read_list(r, r->marked, &r->marked_count, r->point_count, read_marked) ||
        !read_list(r, r->linked, &r->linked_count, r->link_count, read_linked) ||
        !read_list(r, r->left, &r->left_count, r->cell_count, read_left))
        return false;
    read_fault(r);
    int64_t lasted = unpack_signed(at);
    return !__builtin_add_overflow(r->now.monotonic, lasted, &r->end) && !at->short_of;
}

void recording_publish(struct recording *recording)
{
    for (size_t i = 0; i < recording->left_count; i++)
        recording->cells[recording->left[i]] = recording->inside->published[recording->left[i]];
}

bool recording_read(struct recording *recording, enum record_kind kind)
{
    const struct recording_inside *inside = recording->inside;
    if (kind == RECORD_PLAN)
        return read_plan(recording);
    if (kind == RECORD_SNAPSHOT)
        return inside->has_plan && read_snapshot(recording);
    return kind == RECORD_STEP && inside->has_snapshot && read_step(recording);
}

/* ---- keeps ---- */

static void read_key(struct unpacker *at, struct keeps_key *key)
{
    key->is_text = unpack_byte(at) != 0;
    if (key->is_text)
        key->bytes = unpack_text(at, &key->length);
    else
        key->integer = unpack_signed(at);
}

static void read_value(struct unpacker *at, struct keeps_value *value)
{
    const uint8_t *bytes;
    value->type = (enum keeps_type)unpack_byte(at);
    if (value->type == KEEPS_BOOLEAN)
        value->boolean = unpack_byte(at) != 0;
    else if (value->type == KEEPS_INTEGER)
        value->integer = unpack_signed(at);
    else if (value->type == KEEPS_NUMBER && (bytes = unpack_bytes(at, sizeof value->number)))
        memcpy(&value->number, bytes, sizeof value->number);
    else if (value->type == KEEPS_TEXT)
        value->text.bytes = unpack_text(at, &value->text.length);
}

static bool read_table(struct unpacker *at, struct keeps *keeps, struct keeps_table table,
                       size_t depth, struct error *error)
{
    while (unpack_byte(at)) {
        struct keeps_key key = {.is_text = false};
        struct keeps_value value = {.type = KEEPS_NIL};
        read_key(at, &key);
        read_value(at, &value);
        if (at->short_of || value.type > KEEPS_TABLE || depth > DEPTH)
            return error_set(error, "the recording's keeps are damaged");
        if (!keeps_set(keeps, table, &key, &value, error) ||
            (value.type == KEEPS_TABLE && !read_table(at, keeps, value.table, depth + 1, error)))
            return false;
    }
    return true;
}

bool recording_keeps(const struct recording *recording, struct keeps *keeps, struct error *error)
{
    struct unpacker at = recording->inside->keeps;
    char name[KEEPS_KEY_MAX + 1];
    while (unpack_byte(&at)) {
        struct keeps_table table;
        size_t length;
        const char *text = unpack_text(&at, &length);
        if (length > KEEPS_KEY_MAX)
            return error_set(error, "the recording's keeps are damaged");
        memcpy(name, text, length);
        name[length] = '\0';
        if (!keeps_find(keeps, name, true, &table))
            return keeps_refuse_room(error);
        if (!read_table(&at, keeps, table, 1, error))
            return false;
    }
    keeps_commit(keeps);
    return !at.short_of || error_set(error, "the recording's keeps are damaged");
}
