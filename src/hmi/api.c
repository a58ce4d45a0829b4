/* What is asked over HTTP becomes a control request, or a stream. An errand is a request that the
 * host has; it is over when it was answered or when the browser left. */

#include "hmi/hmi_inside.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/embedded.h"
#include "control/json_text.h"
#include "control/request.h"
#include "control/value_json.h"
#include "hmi/arguments.h"

struct errand {
    struct asker asker; /* first, so that an asker is its errand */
    struct hmi *hmi;
    struct web_request *request; /* NULL: whoever asks does so here */
    json_t *answer;              /* then it is kept here */
    struct errand *next, *previous;
};

enum { LOGIN_BODY = 4096 };

static const char JSON[] = "application/json; charset=utf-8";

/* ---- answers ---- */

void api_answer(struct web_request *request, unsigned status, json_t *answer)
{
    char *text = answer ? json_text(answer) : NULL;
    json_decref(answer);
    web_answer(request, status, JSON, text, text ? strlen(text) : 0);
}

void api_refuse(struct web_request *request, unsigned status, const char *kind, const char *format,
                ...)
{
    char text[512];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    api_answer(request, status,
               json_pack("{s:b,s:s,s:o}", "ok", 0, "kind", kind, "error",
                         value_json_text(text, strlen(text))));
}

static unsigned status_of(const json_t *answer)
{
    static const struct {
        const char *kind;
        unsigned status;
    } kinds[] = {{"usage", 400}, {"unknown", 404}, {"refused", 409}, {"failed", 422}};
    const char *kind = json_string_value(json_object_get(answer, "kind"));
    for (size_t i = 0; kind && i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kind, kinds[i].kind) == 0)
            return kinds[i].status;
    return kind ? 500 : 200;
}

/* ---- errands ---- */

static void take_off(struct errand *errand)
{
    *(errand->previous ? &errand->previous->next : &errand->hmi->errands) = errand->next;
    if (errand->next)
        errand->next->previous = errand->previous;
}

static void send_answer(struct asker *asker, json_t *line)
{
    struct errand *errand = (struct errand *)asker;
    if (errand->request)
        api_answer(errand->request, line ? status_of(line) : 500, line);
    else
        errand->answer = line;
}

static size_t room(struct asker *asker)
{
    (void)asker;
    return SIZE_MAX / 2;
}

static struct errand *errand_create(struct hmi *hmi, struct web_request *request,
                                    const struct origin *origin)
{
    struct errand *errand = calloc(1, sizeof *errand);
    if (!errand)
        return NULL;
    errand->asker = (struct asker){
        .origin = *origin, .send = send_answer, .room = room, .reading = board_reading(hmi->board)};
    errand->hmi = hmi;
    errand->request = request;
    errand->next = hmi->errands;
    if (errand->next)
        errand->next->previous = errand;
    hmi->errands = errand;
    return errand;
}

static void errand_destroy(struct errand *errand)
{
    asks_forget(&errand->asker);
    take_off(errand);
    free(errand);
}

json_t *api_ask(struct hmi *hmi, json_t *request)
{
    static const struct origin OURS = {.peer = "msm"};
    struct errand *errand = request ? errand_create(hmi, NULL, &OURS) : NULL;
    json_t *answer = NULL;
    if (errand) {
        asks_run(&errand->asker, &hmi->host, hmi->loop, request);
        answer = errand->answer;
        errand_destroy(errand);
    }
    json_decref(request);
    return answer;
}

/* ---- a control request ---- */

static bool may(struct web_request *request, const struct who *who, const json_t *wish)
{
    const char *what = json_string_value(json_object_get(wish, "do"));
    enum role needs = what ? guard_needs(what) : ROLE_VIEWER;
    bool is_known =
        !what || needs != ROLE_NONE || strcmp(what, "watch") == 0 || strcmp(what, "end") == 0;
    if (!is_known)
        api_refuse(request, 400, "usage", "there is no request \"%.40s\"", what);
    else if (needs == ROLE_NONE || json_is_true(json_object_get(wish, "follow")))
        api_refuse(request, 400, "usage",
                   "%.40s is not to be had here; GET /api/stream tells what changes",
                   what ? what : "what is followed");
    else if (who->role < needs)
        api_refuse(request, 403, "refused", "%.40s is for %ss; you are %s%s", what,
                   role_name(needs), who->role == ROLE_NONE ? "nobody" : "a ",
                   who->role == ROLE_NONE ? ", log in" : role_name(who->role));
    else
        return true;
    return false;
}

/* Takes `wish`. */
static void run(struct hmi *hmi, struct web_request *request, const struct who *who, json_t *wish)
{
    if (may(request, who, wish)) {
        struct errand *errand = errand_create(hmi, request, &who->origin);
        web_set_own(request, errand);
        if (errand)
            asks_run(&errand->asker, &hmi->host, hmi->loop, wish);
        else
            api_answer(request, 500, NULL);
    }
    json_decref(wish);
}

/* The body of a POST; NULL, and refused, where it is no JSON object. */
static json_t *read_body(struct web_request *request, size_t most)
{
    struct error error;
    size_t length;
    const char *body = web_body(request, &length);
    json_t *wish = NULL;
    if (web_is_too_long(request) || length > most)
        api_refuse(request, 413, "usage", "a body has at most %zu bytes here", most);
    else if (!(wish = request_read(body, length, &error)))
        api_refuse(request, 400, "usage", "%s", error.text);
    return wish;
}

/* ---- GET ---- */

enum argument_type { ARGUMENT_TEXT, ARGUMENT_NUMBER, ARGUMENT_INTEGER, ARGUMENT_LIST };

struct argument {
    const char *name;
    enum argument_type type;
};

static const struct get {
    const char *path, *what;
    struct argument arguments[6];
} GETS[] = {
    {"/api/alarms", "alarms", {{NULL, 0}}},
    {"/api/journal",
     "journal",
     {{"from", ARGUMENT_NUMBER},
      {"to", ARGUMENT_NUMBER},
      {"match", ARGUMENT_TEXT},
      {"kinds", ARGUMENT_LIST},
      {"limit", ARGUMENT_INTEGER}}},
    {"/api/names", "names", {{"match", ARGUMENT_TEXT}}},
    {"/api/pages", "pages", {{NULL, 0}}},
    {"/api/status", "status", {{NULL, 0}}},
    {"/api/trend",
     "trend",
     {{"names", ARGUMENT_LIST},
      {"from", ARGUMENT_NUMBER},
      {"to", ARGUMENT_NUMBER},
      {"points", ARGUMENT_INTEGER}}},
    {"/api/values", "get", {{"match", ARGUMENT_TEXT}, {"names", ARGUMENT_LIST}}},
};

/* What is no number stays a text, which the request's own check refuses. */
static json_t *argument_json(enum argument_type type, const char *text)
{
    double number = arguments_number(text);
    if (type == ARGUMENT_LIST)
        return arguments_list(text);
    if (type == ARGUMENT_NUMBER && isfinite(number))
        return json_real(number);
    if (type == ARGUMENT_INTEGER && number == floor(number) && fabs(number) <= 1e9)
        return json_integer((json_int_t)number);
    return value_json_text(text, strlen(text));
}

/* NULL, and refused, where an argument is not one of its. */
static json_t *wish_of(struct web_request *request, const struct get *get)
{
    const char *known[sizeof get->arguments / sizeof *get->arguments] = {NULL};
    for (size_t i = 0; get->arguments[i].name; i++)
        known[i] = get->arguments[i].name;
    if (!arguments_check(request, known))
        return NULL;
    json_t *wish = json_pack("{s:s}", "do", get->what);
    for (const struct argument *argument = get->arguments; argument->name; argument++) {
        const char *text = web_argument(request, argument->name);
        if (text)
            json_object_set_new(wish, argument->name, argument_json(argument->type, text));
    }
    if (strcmp(get->what, "get") == 0 && json_object_size(wish) == 1)
        json_object_set_new(wish, "match", json_string("*"));
    return wish;
}

static bool answer_get(struct hmi *hmi, struct web_request *request, const struct who *who)
{
    static const char value[] = "/api/values/";
    const char *path = web_path(request);
    for (size_t i = 0; i < sizeof GETS / sizeof *GETS; i++) {
        if (strcmp(GETS[i].path, path) != 0)
            continue;
        json_t *wish = wish_of(request, &GETS[i]);
        if (wish)
            run(hmi, request, who, wish);
        return true;
    }
    if (strncmp(path, value, sizeof value - 1) != 0)
        return false;
    run(hmi, request, who, json_pack("{s:s,s:[s]}", "do", "get", "names", path + sizeof value - 1));
    return true;
}

/* ---- which ---- */

static void turn_away(struct web_request *request, const struct who *who)
{
    api_refuse(request, who->status, "refused", "%s", who->why);
}

/* What this is, for programs; it lies among the page files. */
static void answer_openapi(struct web_request *request)
{
    for (const struct embedded *file = embedded_pages; file->path; file++)
        if (strcmp(file->path, "openapi.json") == 0)
            web_answer(request, 200, JSON, strndup(file->text, file->length), file->length);
}

static void get(struct hmi *hmi, struct web_request *request, const struct who *who)
{
    const char *path = web_path(request);
    if (strcmp(path, "/api/session") == 0)
        api_answer(request, 200, door_session(hmi->door, who));
    else if (who->role == ROLE_NONE)
        turn_away(request, who);
    else if (strcmp(path, "/api/stream") == 0)
        feed_open(hmi, request, who);
    else if (strcmp(path, "/api/openapi.json") == 0)
        answer_openapi(request);
    else if (strcmp(path, "/metrics") == 0)
        metrics_answer(hmi, request);
    else if (!answer_get(hmi, request, who))
        api_refuse(request, 404, "unknown", "there is no %.100s", path);
}

static void log_in(struct hmi *hmi, struct web_request *request)
{
    json_t *wish = read_body(request, LOGIN_BODY);
    if (wish)
        door_login(hmi->door, request, wish);
    json_decref(wish);
}

/* What nobody has sent is not even read. */
static void post(struct hmi *hmi, struct web_request *request, const struct who *who)
{
    const char *path = web_path(request);
    bool logs_in = strcmp(path, "/api/login") == 0, logs_out = strcmp(path, "/api/logout") == 0;
    if (logs_in)
        log_in(hmi, request);
    else if (logs_out)
        door_logout(hmi->door, request, who);
    else if (who->role == ROLE_NONE)
        turn_away(request, who);
    if (logs_in || logs_out || who->role == ROLE_NONE)
        return;
    json_t *wish = read_body(request, WEB_BODY);
    if (!wish)
        return;
    if (strcmp(path, "/api/ask") == 0)
        run(hmi, request, who, json_incref(wish));
    else if (strcmp(path, "/api/feed") == 0)
        feed_change(hmi, request, who, wish);
    else
        api_refuse(request, 404, "unknown", "there is no %.100s to post to", path);
    json_decref(wish);
}

void api_asked(void *context, struct web_request *request)
{
    struct hmi *hmi = context;
    struct who who;
    struct error error;
    unsigned refusal = door_refuses(hmi->door, request, &error);
    if (refusal) {
        api_refuse(request, refusal, "refused", "%s", error.text);
        return;
    }
    door_who(hmi->door, request, &who);
    if (strcmp(web_method(request), "GET") == 0)
        get(hmi, request, &who);
    else if (strcmp(web_method(request), "POST") == 0)
        post(hmi, request, &who);
    else
        api_refuse(request, 405, "usage", "only GET and POST are answered");
}

void api_gone(void *context, struct web_request *request)
{
    struct hmi *hmi = context;
    void *own = web_own(request);
    if (feed_is(hmi, own))
        feed_gone(hmi, own);
    else if (door_has(hmi->door, own))
        door_gone(hmi->door, own);
    else if (own)
        errand_destroy(own);
}

void api_end(struct hmi *hmi)
{
    struct errand *next;
    for (struct errand *errand = hmi->errands; errand; errand = next) {
        next = errand->next;
        asks_end(&errand->asker, "the program ends");
    }
}
