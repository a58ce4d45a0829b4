/* A request is carried out as soon as it is whole, and its answer waits for the silence that the
 * master needs to turn round. A master sends one request at a time: if another comes while an
 * answer waits, it has given the first one up, and an answer now would be taken for the second's.
 */

#include "modbus/line_server.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "image/audit.h"
#include "modbus/mbap.h"
#include "modbus/rtu.h"
#include "modbus/serial.h"

/* USB adapters deliver in chunks up to 16 ms apart: only so much silence surely ends a frame whose
 * length nothing else tells. */
static const int64_t SILENCE = 30 * (int64_t)NS_PER_MS;

enum { UNIT_ALL = 0 };

struct served {
    struct server *server;
    bool wanted;
    int64_t answered;
};

struct line_server {
    const struct line_spec *line;
    struct served *served;
    size_t count;
    int64_t gap, silence;
    int64_t heard; /* when the last byte came */
    bool ended;    /* what came was looked at as ended by silence */
    bool waits;    /* an answer, until `due` */
    int64_t due;
    struct origin origin; /* all that a line says of its master is where it is */
    uint8_t unit, pdu[PDU_MAX];
    size_t length;
    struct rtu_input input;
};

struct line_server *line_server_create(const struct line_spec *line, struct error *error)
{
    struct line_server *made = calloc(1, sizeof *made);
    if (!made) {
        error_set(error, "not enough memory for the servers of %s", line->name);
        return NULL;
    }
    made->line = line;
    snprintf(made->origin.peer, sizeof made->origin.peer, "%s", line->device);
    made->gap = rtu_gap(line->baud, serial_bits(line));
    made->silence = made->gap > SILENCE ? made->gap : SILENCE;
    return made;
}

void line_server_destroy(struct line_server *line)
{
    if (!line)
        return;
    free(line->served);
    free(line);
}

bool line_server_add(struct line_server *line, struct server *server, struct error *error)
{
    struct served *served = realloc(line->served, (line->count + 1) * sizeof *served);
    if (!served)
        return error_set(error, "not enough memory for the servers of %s", line->line->name);
    line->served = served;
    served[line->count++] = (struct served){.server = server, .wanted = true};
    return true;
}

void line_server_want(struct line_server *line, size_t index, bool wanted)
{
    line->served[index].wanted = wanted;
}

int64_t line_server_answered(const struct line_server *line, size_t index)
{
    return line->served[index].answered;
}

void line_server_set_answered(struct line_server *line, size_t index, int64_t when)
{
    line->served[index].answered = when;
}

void line_server_inherit(struct line_server *line, const struct line_server *before)
{
    line->heard = before->heard;
    line->ended = before->ended;
    line->waits = before->waits;
    line->due = before->due;
    line->unit = before->unit;
    memcpy(line->pdu, before->pdu, sizeof line->pdu);
    line->length = before->length;
    line->input = before->input;
}

void line_server_opened(struct line_server *line)
{
    line->input.length = 0;
    line->waits = false;
}

/* ---- carrying out ---- */

static size_t carry_out(const struct line_server *line, struct served *served, uint8_t unit,
                        const struct rtu_frame *frame, uint8_t answer[PDU_MAX], int64_t now)
{
    served->answered = now;
    return server_answer(served->server, unit, frame->pdu, frame->length, answer, &line->origin,
                         now);
}

static bool listens(const struct served *served)
{
    return served->wanted && !server_spec(served->server)->read_only;
}

/* Whether an earlier unit, of this server or one before it, has brought it to this memory. */
static bool was_reached(const struct line_server *line, size_t index, size_t unit)
{
    int memory = server_spec(line->served[index].server)->memory_of[unit];
    for (size_t i = 0; i <= index; i++) {
        const struct server_spec *spec = server_spec(line->served[i].server);
        size_t end = i < index ? UNIT_IDS : unit;
        for (size_t k = 0; k < end && listens(&line->served[i]); k++)
            if (spec->memory_of[k] == memory)
                return true;
    }
    return false;
}

/* Every memory once, however many units show it; what is `read_only` would refuse. */
static void broadcast(struct line_server *line, const struct rtu_frame *frame, int64_t now)
{
    uint8_t answer[PDU_MAX];
    for (size_t i = 0; i < line->count; i++) {
        if (!listens(&line->served[i]))
            continue;
        const struct server_spec *spec = server_spec(line->served[i].server);
        for (size_t unit = 0; unit < UNIT_IDS; unit++)
            if (spec->memory_of[unit] != UNIT_NONE && !was_reached(line, i, unit))
                carry_out(line, &line->served[i], (uint8_t)unit, frame, answer, now);
    }
}

static struct served *find_served(const struct line_server *line, uint8_t unit)
{
    for (size_t i = 0; i < line->count; i++)
        if (server_spec(line->served[i].server)->memory_of[unit] != UNIT_NONE)
            return line->served[i].wanted ? &line->served[i] : NULL;
    return NULL;
}

static void request(struct line_server *line, const struct rtu_frame *frame, int64_t now)
{
    line->waits = false;
    if (!frame->length || frame->length > PDU_MAX)
        return;
    if (frame->unit == UNIT_ALL) {
        broadcast(line, frame, now);
        return;
    }
    struct served *served = find_served(line, frame->unit);
    if (!served)
        return;
    line->length = carry_out(line, served, frame->unit, frame, line->pdu, now);
    line->unit = frame->unit;
    line->due = line->heard + line->gap;
    line->waits = true;
}

static void take(struct line_server *line, bool silent, int64_t now)
{
    struct rtu_frame frame;
    bool is_answer;
    line->ended = silent;
    while (rtu_request(&line->input, silent, &frame, &is_answer))
        if (!is_answer)
            request(line, &frame, now);
}

/* ---- in and out ---- */

void line_server_received(struct line_server *line, const uint8_t *bytes, size_t length,
                          int64_t now)
{
    if (!length)
        return;
    line->heard = now;
    rtu_received(&line->input, bytes, length);
    take(line, false, now);
}

/* Whether what came still waits for the silence that ends it. */
static bool unended(const struct line_server *line)
{
    return line->input.length > 0 && !line->ended;
}

bool line_server_run(struct line_server *line, int64_t now, uint8_t *unit, const uint8_t **pdu,
                     size_t *length)
{
    if (unended(line) && now >= line->heard + line->silence)
        take(line, true, now);
    if (!line->waits || now < line->due)
        return false;
    line->waits = false;
    *unit = line->unit;
    *pdu = line->pdu;
    *length = line->length;
    return true;
}

int64_t line_server_due(const struct line_server *line)
{
    int64_t due = line->waits ? line->due : INT64_MAX;
    int64_t end = unended(line) ? line->heard + line->silence : INT64_MAX;
    return due < end ? due : end;
}
