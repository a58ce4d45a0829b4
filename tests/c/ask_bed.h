#pragma once
/* A host that only notes what it is asked, on a real image, and an asker that collects his lines.
 */

#include "plan_bed.h"
#include "control/asks.h"
#include "control/reading.h"

struct fake {
    struct bed bed;
    struct loop *loop;
    struct control_host host;
    struct asker asker;
    json_t *lines; /* sent to the asker and not yet taken */
    size_t room;
    struct host_answer *pending; /* of the newest slow request */
    bool at_once;                /* slow requests are answered before they return */
    enum host_result result;
    const char *text;
    char asked[128]; /* code or path of the newest slow request */
    unsigned stops, forgotten;
    struct host_status status;
    struct history *history; /* or NULL */
};

static inline struct image *fake_image(void *context)
{
    return ((struct fake *)context)->bed.image;
}

static inline const struct scan *fake_scan(void *context)
{
    (void)context;
    return NULL;
}

static inline struct store *fake_store(void *context)
{
    (void)context;
    return NULL;
}

static inline struct history *fake_history(void *context)
{
    return ((struct fake *)context)->history;
}

static inline void fake_status(void *context, struct host_status *status)
{
    *status = ((struct fake *)context)->status;
}

static inline void fake_stop(void *context, const struct origin *origin)
{
    assert_non_null(strstr(origin->peer, "pid "));
    ((struct fake *)context)->stops++;
}

static inline void fake_wait(struct fake *fake, const char *asked, struct host_answer *answer)
{
    strncpy(fake->asked, asked ? asked : "(none)", sizeof fake->asked - 1);
    if (fake->at_once)
        answer->done(answer, fake->result, fake->text);
    else
        fake->pending = answer;
}

static inline void fake_reload(void *context, const struct origin *origin,
                               struct host_answer *answer)
{
    fake_wait(context, origin->peer, answer);
}

static inline void fake_ask(void *context, const char *asked, struct host_answer *answer)
{
    fake_wait(context, asked, answer);
}

static inline void fake_forget(void *context, struct host_answer *answer)
{
    struct fake *fake = context;
    fake->forgotten++;
    if (fake->pending == answer)
        fake->pending = NULL;
}

static inline void fake_answer(struct fake *fake, enum host_result result, const char *text)
{
    struct host_answer *answer = fake->pending;
    fake->pending = NULL;
    answer->done(answer, result, text);
}

static inline void fake_send(struct asker *asker, json_t *line)
{
    struct fake *fake = (struct fake *)((char *)asker - offsetof(struct fake, asker));
    assert_non_null(line);
    json_array_append_new(fake->lines, line);
}

static inline size_t fake_room(struct asker *asker)
{
    return ((struct fake *)((char *)asker - offsetof(struct fake, asker)))->room;
}

static inline void fake_open(struct fake *fake)
{
    struct error error;
    fake->loop = loop_create(&error);
    assert_non_null(fake->loop);
    fake->host = (struct control_host){.context = fake,
                                       .image = fake_image,
                                       .scan = fake_scan,
                                       .store = fake_store,
                                       .history = fake_history,
                                       .status = fake_status,
                                       .stop = fake_stop,
                                       .reload = fake_reload,
                                       .compare = fake_ask,
                                       .eval = fake_ask,
                                       .complete = fake_ask,
                                       .forget = fake_forget};
    fake->status = (struct host_status){.name = "tank",
                                        .script = "tank.lua",
                                        .fault = "",
                                        .last_fault = "",
                                        .last_reload = "",
                                        .priority = "none"};
    fake->lines = json_array();
    fake->room = 1024 * 1024;
    fake->asker = (struct asker){.send = fake_send, .room = fake_room};
    strcpy(fake->asker.origin.peer, "user 1000 (pid 4711)");
    fake->asker.reading = reading_create(&fake->host);
}

static inline int fake_init(void **state)
{
    struct fake *fake = calloc(1, sizeof *fake);
    fake->bed.plan = plan_create("test");
    bed_memory(&fake->bed, (struct memory){.name = "mem"});
    fake_open(fake);
    *state = fake;
    return 0;
}

static inline int fake_finish(void **state)
{
    struct fake *fake = *state;
    asks_forget(&fake->asker);
    reading_destroy(fake->asker.reading);
    view_destroy(fake->bed.view);
    image_destroy(fake->bed.image);
    plan_unref(fake->bed.plan);
    loop_destroy(fake->loop);
    json_decref(fake->lines);
    free(fake);
    return 0;
}

#define FAKE_TEST(name) cmocka_unit_test_setup_teardown(name, fake_init, fake_finish)

/* ---- asking ---- */

/* The oldest line that was not taken; the caller's. NULL: there is none. */
static inline json_t *fake_take(struct fake *fake)
{
    json_t *line = json_incref(json_array_get(fake->lines, 0));
    if (line)
        json_array_remove(fake->lines, 0);
    return line;
}

static inline void fake_request(struct fake *fake, const char *text)
{
    json_error_t mistake;
    json_t *request = json_loads(text, JSON_DECODE_ANY, &mistake);
    if (!request)
        fail_msg("%s: %s", text, mistake.text);
    asks_run(&fake->asker, &fake->host, fake->loop, request);
    json_decref(request);
}

/* Asks and takes the answer. */
static inline json_t *fake_run(struct fake *fake, const char *text)
{
    fake_request(fake, text);
    json_t *line = fake_take(fake);
    assert_non_null(line);
    return line;
}

/* Quotes as ' for shortness. */
static inline void fake_expect_json(json_t *got, const char *wanted)
{
    char *copy = strdup(wanted);
    for (char *at = copy; *at; at++)
        *at = *at == '\'' ? '"' : *at;
    json_t *json = json_loads(copy, JSON_DECODE_ANY, NULL);
    char *text = json_dumps(got, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS);
    if (!json || !json_equal(json, got))
        fail_msg("got %s, wanted %s", text ? text : "nothing", wanted);
    free(text);
    free(copy);
    json_decref(json);
}

static inline void fake_expect_refusal(json_t *line, const char *kind, const char *part)
{
    const char *error = json_string_value(json_object_get(line, "error"));
    assert_true(json_is_false(json_object_get(line, "ok")));
    assert_string_equal(json_string_value(json_object_get(line, "kind")), kind);
    if (!error || !strstr(error, part))
        fail_msg("\"%s\" is not in \"%s\"", part, error ? error : "(none)");
    json_decref(line);
}

static inline void fake_refused(struct fake *fake, const char *text, const char *kind,
                                const char *part)
{
    fake_expect_refusal(fake_run(fake, text), kind, part);
}

/* The answer's field, as JSON. */
static inline void fake_answers(struct fake *fake, const char *text, const char *field,
                                const char *wanted)
{
    json_t *line = fake_run(fake, text);
    if (!json_is_true(json_object_get(line, "ok")))
        fail_msg("%s: %s", text, json_string_value(json_object_get(line, "error")));
    fake_expect_json(json_object_get(line, field), wanted);
    json_decref(line);
}

/* A field of the only row. */
static inline void fake_row(struct fake *fake, const char *text, const char *field,
                            const char *wanted)
{
    json_t *line = fake_run(fake, text);
    json_t *rows = json_object_get(line, "values");
    if (json_array_size(rows) != 1)
        fail_msg("%s: %s", text, json_string_value(json_object_get(line, "error")));
    fake_expect_json(json_object_get(json_array_get(rows, 0), field), wanted);
    json_decref(line);
}

/* ---- time ---- */

struct fake_clock {
    struct loop_timer timer; /* first */
    struct loop *loop;
};

static inline void fake_stop_loop(struct loop_timer *timer)
{
    loop_stop(((struct fake_clock *)timer)->loop);
}

/* Lets the loop run until so many lines have come, at most ten seconds. */
static inline void fake_until(struct fake *fake, size_t lines)
{
    for (int i = 0; json_array_size(fake->lines) < lines; i++) {
        struct fake_clock clock = {{.fire = fake_stop_loop}, fake->loop};
        assert_true(i < 10000);
        loop_set_timer(fake->loop, &clock.timer, loop_now(fake->loop) + 1000000);
        loop_run(fake->loop);
        loop_unset_timer(fake->loop, &clock.timer);
    }
}
