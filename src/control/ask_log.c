/* What the program said last, and with `follow` what it says from here on.
 *
 *   {"do": "log"}                                    the newest 10
 *   {"do": "log", "lines": 100, "follow": true}
 *   {"ok": true, "lines": [{"time": 1735689600.25, "text": "tank: serving mem on …"}]}
 *   {"ok": true, "lines": […], "lost": 12}           so many were too fast for the reader
 *
 * A text may have newlines inside: a traceback stays in one piece. */

#include "control/asks_inside.h"

#include <stdlib.h>
#include "base/log_tail.h"
#include "base/waker.h"
#include "control/value_json.h"

enum {
    LINES_DEFAULT = 10,
    LINES_MOST = 10000,
    LEAST_ROOM = LOG_TAIL_TEXT * 6, /* a text of which every byte is escaped */
    BATCH = 64 * 1024               /* bytes of texts in one line of a stream */
};

#define TRY_AGAIN (INT64_C(100) * NS_PER_MS)

struct log_stream {
    struct ask *ask;
    struct log_cursor cursor;
    struct log_listener listener;
    struct waker waker;
    struct loop_timer again; /* while the peer does not read */
    uint64_t lost;
};

/* Texts until there are no more, or `most` bytes. */
static json_t *take_texts(struct log_cursor *cursor, size_t most, uint64_t *lost)
{
    json_t *list = json_array();
    char *bytes = malloc(LOG_TAIL_TEXT);
    struct log_tail_text text;
    size_t taken = 0;
    while (bytes && taken < most && log_tail_next(cursor, &text, bytes)) {
        json_array_append_new(list, json_pack("{s:f,s:o}", "time", (double)text.time / NS_PER_S,
                                              "text", value_json_text(bytes, text.length)));
        *lost += text.lost;
        taken += text.length + 64;
    }
    free(bytes);
    return list;
}

static void pass_on(struct log_stream *stream)
{
    struct asker *asker = stream->ask->asker;
    while (asker->room(asker) >= LEAST_ROOM) {
        json_t *lines = take_texts(&stream->cursor, BATCH, &stream->lost);
        if (json_array_size(lines) == 0) {
            json_decref(lines);
            return;
        }
        json_t *fields = json_pack("{s:o}", "lines", lines);
        if (stream->lost)
            json_object_set_new(fields, "lost", json_integer((json_int_t)stream->lost));
        stream->lost = 0;
        asks_tell(stream->ask, fields);
    }
    loop_set_timer(stream->ask->loop, &stream->again, loop_now(stream->ask->loop) + TRY_AGAIN);
}

static void woken(void *context)
{
    pass_on(context);
}

static void try_again(struct loop_timer *timer)
{
    pass_on((struct log_stream *)((char *)timer - offsetof(struct log_stream, again)));
}

static void wake(void *context)
{
    waker_wake(&((struct log_stream *)context)->waker);
}

static void finish(struct ask *ask)
{
    struct log_stream *stream = ask->own;
    log_tail_leave(&stream->listener);
    waker_close(&stream->waker);
    loop_unset_timer(ask->loop, &stream->again);
    free(stream);
}

static struct log_stream *open_stream(struct ask *ask, struct error *error)
{
    struct log_stream *stream = calloc(1, sizeof *stream);
    if (!stream) {
        error_set(error, "out of memory");
        return NULL;
    }
    stream->ask = ask;
    stream->again.fire = try_again;
    if (waker_open(&stream->waker, ask->loop, woken, stream, error)) {
        stream->listener = (struct log_listener){.wake = wake, .context = stream};
        return stream;
    }
    free(stream);
    return NULL;
}

/* Heard from before the cursor is taken, so that nothing falls between. */
static void follow(struct ask *ask, size_t count)
{
    struct error error;
    struct log_stream *stream = open_stream(ask, &error);
    if (!stream) {
        asks_refuse(ask, ASKS_FAILED, "%s", error.text);
        return;
    }
    ask->own = stream;
    ask->finish = finish;
    log_tail_listen(&stream->listener);
    stream->cursor = log_tail_newest(count);
    asks_tell(ask,
              json_pack("{s:o}", "lines", take_texts(&stream->cursor, LOG_TAIL, &stream->lost)));
}

static void newest(struct ask *ask, size_t count)
{
    struct log_cursor cursor = log_tail_newest(count);
    uint64_t lost = 0;
    asks_answer(ask, json_pack("{s:o}", "lines", take_texts(&cursor, LOG_TAIL, &lost)));
}

void ask_log(struct ask *ask, const json_t *request)
{
    const json_t *lines, *follows;
    const struct field fields[] = {{"lines", FIELD_INTEGER, false, &lines},
                                   {"follow", FIELD_BOOLEAN, false, &follows},
                                   {NULL, 0, false, NULL}};
    if (!asks_fields(ask, request, fields))
        return;
    json_int_t count = lines ? json_integer_value(lines) : LINES_DEFAULT;
    if (count < 0 || count > LINES_MOST)
        asks_refuse(ask, ASKS_USAGE, "log: \"lines\" must be within 0..%d", LINES_MOST);
    else if (json_is_true(follows))
        follow(ask, (size_t)count);
    else
        newest(ask, (size_t)count);
}
