/* The main thread's side: requests come out of a queue, answers go in. What lets the library go on
 * with a request is done under the mutex under which it was suspended. */

#include "hmi/web_inside.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <time.h>
#include "base/clock.h"

enum { CLOSE_LOOKS = 100 };

/* ---- what was asked ---- */

static const char *find(const struct web_request *request, enum MHD_ValueKind kind,
                        const char *name)
{
    for (const struct web_pair *pair = request->pairs; pair; pair = pair->next)
        if (pair->kind == kind && (kind == MHD_HEADER_KIND ? strcasecmp(pair->name, name)
                                                           : strcmp(pair->name, name)) == 0)
            return pair->value;
    return NULL;
}

const char *web_method(const struct web_request *request)
{
    return request->method;
}

const char *web_path(const struct web_request *request)
{
    return request->path;
}

const char *web_header(const struct web_request *request, const char *name)
{
    return find(request, MHD_HEADER_KIND, name);
}

const char *web_argument(const struct web_request *request, const char *name)
{
    return find(request, MHD_GET_ARGUMENT_KIND, name);
}

const char *web_argument_name(const struct web_request *request, size_t index)
{
    for (const struct web_pair *pair = request->pairs; pair; pair = pair->next)
        if (pair->kind == MHD_GET_ARGUMENT_KIND && index-- == 0)
            return pair->name;
    return NULL;
}

const char *web_body(const struct web_request *request, size_t *length)
{
    *length = request->length;
    return request->body ? request->body : "";
}

bool web_is_too_long(const struct web_request *request)
{
    return request->too_long;
}

const struct sockaddr *web_peer(const struct web_request *request)
{
    return (const struct sockaddr *)&request->peer;
}

void web_set_own(struct web_request *request, void *own)
{
    request->own = own;
}

void *web_own(const struct web_request *request)
{
    return request->own;
}

/* ---- answers ---- */

void web_protect(struct MHD_Response *response, const char *type)
{
    static const char policy[] =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src "
        "'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'";
    MHD_add_response_header(response, "Content-Type", type);
    MHD_add_response_header(response, "Content-Security-Policy", policy);
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
    MHD_add_response_header(response, "Cross-Origin-Resource-Policy", "same-origin");
}

void web_add_header(struct web_request *request, const char *name, const char *value)
{
    struct web_pair *pair = calloc(1, sizeof *pair);
    if (!pair)
        return;
    pair->name = strdup(name);
    pair->value = strdup(value);
    pair->next = request->answer_headers;
    request->answer_headers = pair;
}

static void add_headers(struct web_request *request, struct MHD_Response *response)
{
    for (const struct web_pair *pair = request->answer_headers; pair; pair = pair->next)
        if (pair->name && pair->value)
            MHD_add_response_header(response, pair->name, pair->value);
}

/* Without a response the library closes the connection. */
static void respond(struct web_request *request, unsigned status, struct MHD_Response *response)
{
    pthread_mutex_lock(&request->web->mutex);
    if (request->is_over || request->response) {
        if (response)
            MHD_destroy_response(response);
    } else {
        request->response = response;
        request->status = status;
        web_resume(request);
    }
    pthread_mutex_unlock(&request->web->mutex);
}

void web_answer(struct web_request *request, unsigned status, const char *type, char *text,
                size_t length)
{
    struct MHD_Response *response =
        text ? MHD_create_response_from_buffer(length, text, MHD_RESPMEM_MUST_FREE)
             : MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    if (response) {
        web_protect(response, type);
        MHD_add_response_header(response, "Cache-Control", "no-store");
        add_headers(request, response);
    }
    respond(request, text ? status : MHD_HTTP_INTERNAL_SERVER_ERROR, response);
}

/* ---- streams ---- */

enum { STREAM_BLOCK = 64 * 1024 };

void web_stream(struct web_request *request)
{
    struct MHD_Response *response = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, STREAM_BLOCK, web_read_stream, request, NULL);
    if (response) {
        web_protect(response, "text/event-stream; charset=utf-8");
        MHD_add_response_header(response, "Cache-Control", "no-store");
        MHD_add_response_header(response, "X-Accel-Buffering", "no");
        add_headers(request, response);
    }
    request->is_stream = true;
    respond(request, MHD_HTTP_OK, response);
}

/* Room for `length` more at the end. */
static bool make_room(struct web_request *request, size_t length)
{
    size_t left = request->out_length - request->out_taken;
    if (left + length > WEB_STREAM)
        return false;
    if (request->out_taken >= left) { /* who is always a little behind does not make it grow */
        if (left)
            memmove(request->out, request->out + request->out_taken, left);
        request->out_taken = 0;
        request->out_length = left;
    }
    size_t wanted = request->out_length + length;
    if (wanted <= request->out_room)
        return true;
    char *out = realloc(request->out, wanted + wanted / 2);
    if (!out)
        return false;
    request->out = out;
    request->out_room = wanted + wanted / 2;
    return true;
}

bool web_write(struct web_request *request, const char *text, size_t length)
{
    pthread_mutex_lock(&request->web->mutex);
    bool ok = request->is_over || request->is_ending || make_room(request, length);
    if (ok && !request->is_over && !request->is_ending) {
        memcpy(request->out + request->out_length, text, length);
        request->out_length += length;
        if (request->is_stream && !request->response)
            web_resume(request);
    }
    pthread_mutex_unlock(&request->web->mutex);
    return ok;
}

size_t web_waiting(const struct web_request *request)
{
    pthread_mutex_lock(&request->web->mutex);
    size_t waiting = request->out_length - request->out_taken;
    pthread_mutex_unlock(&request->web->mutex);
    return waiting;
}

void web_end(struct web_request *request)
{
    pthread_mutex_lock(&request->web->mutex);
    request->is_ending = true;
    if (!request->is_over)
        web_resume(request);
    pthread_mutex_unlock(&request->web->mutex);
}

/* ---- what comes ---- */

static struct web_request *next_event(struct web *web, bool *is_new, bool *is_over)
{
    pthread_mutex_lock(&web->mutex);
    struct web_request *request = web->events;
    if (request) {
        web->events = request->next_event;
        if (!web->events)
            web->last_event = NULL;
        request->is_queued = false;
        *is_new = request->is_new;
        *is_over = request->is_over;
        request->is_new = false;
    }
    pthread_mutex_unlock(&web->mutex);
    return request;
}

static void woken(void *context)
{
    struct web *web = context;
    struct web_request *request;
    bool is_new, is_over;
    while ((request = next_event(web, &is_new, &is_over))) {
        if (is_new)
            web->handler.asked(web->handler.context, request);
        if (is_over) {
            web->handler.gone(web->handler.context, request);
            web_request_free(request);
        }
    }
}

/* ---- begin and end ---- */

static bool read_address(const struct web_settings *settings, struct sockaddr_storage *address,
                         struct error *error)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                             .ai_socktype = SOCK_STREAM},
                    *found;
    char port[8];
    snprintf(port, sizeof port, "%u", settings->port);
    if (getaddrinfo(settings->address, port, &hints, &found) != 0)
        return error_set(error,
                         "--http: \"%s\" is no address of this computer, as 127.0.0.1, 0.0.0.0 or "
                         "::1 are",
                         settings->address);
    memcpy(address, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return true;
}

/* Masters, devices and files have the other half. */
static unsigned connections_most(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur / 2 > WEB_CONNECTIONS)
        return WEB_CONNECTIONS;
    return (unsigned)(files.rlim_cur / 2);
}

static void sweep(struct loop_timer *timer)
{
    struct web *web = (struct web *)((char *)timer - offsetof(struct web, sweep));
    web_lines_sweep(web, loop_now(web->loop));
    loop_set_timer(web->loop, timer, loop_now(web->loop) + NS_PER_S);
}

static struct MHD_Daemon *start(struct web *web, const struct web_settings *settings,
                                const struct sockaddr_storage *address)
{
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
                     (address->ss_family == AF_INET6 ? MHD_USE_IPv6 : 0) |
                     (settings->certificate ? MHD_USE_TLS : 0);
    static const char priorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)priorities},
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)settings->certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)settings->key},
        {MHD_OPTION_END, 0, NULL}};
    unsigned most = connections_most();
    unsigned each = most / 2 < WEB_PER_ADDRESS ? most / 2 : WEB_PER_ADDRESS;
    return MHD_start_daemon(
        flags, 0, NULL, NULL, web_take, web, MHD_OPTION_SOCK_ADDR, address,
        MHD_OPTION_NOTIFY_COMPLETED, web_over, web, MHD_OPTION_NOTIFY_CONNECTION, web_line_changed,
        web, MHD_OPTION_CONNECTION_LIMIT, most, MHD_OPTION_PER_IP_CONNECTION_LIMIT, each,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)WEB_PATIENCE, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)(128 * 1024), MHD_OPTION_ARRAY, settings->certificate ? tls : tls + 3,
        MHD_OPTION_END);
}

struct web *web_open(const struct web_settings *settings, struct loop *loop,
                     const struct web_handler *handler, struct error *error)
{
    struct sockaddr_storage address = {0};
    struct web *web = calloc(1, sizeof *web);
    if (!web || pthread_mutex_init(&web->mutex, NULL) != 0) {
        free(web);
        error_set(error, "out of memory");
        return NULL;
    }
    web->handler = *handler;
    web->loop = loop;
    web->sweep.fire = sweep;
    pthread_mutex_init(&web->lines_mutex, NULL);
    web->root = settings->root ? strdup(settings->root) : NULL;
    if (!read_address(settings, &address, error) ||
        !waker_open(&web->waker, loop, woken, web, error))
        goto fail;
    errno = 0;
    web->daemon = start(web, settings, &address);
    if (web->daemon) {
        loop_set_timer(loop, &web->sweep, clock_monotonic() + NS_PER_S);
        web->port = MHD_get_daemon_info(web->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
        return web;
    }
    error_set(error, "--http: cannot listen on %s:%u: %s", settings->address, settings->port,
              errno ? strerror(errno) : "the HTTP library refuses; are certificate and key right?");
fail:
    web_close(web);
    return NULL;
}

/* Nothing may be suspended when the library stops. */
static void let_all_go(struct web *web)
{
    pthread_mutex_lock(&web->mutex);
    web->is_closing = true;
    for (struct web_request *request = web->first; request; request = request->next) {
        request->is_ending = true;
        web_resume(request);
    }
    pthread_mutex_unlock(&web->mutex);
}

/* What was answered last is to arrive. */
static void wait_for_answers(struct web *web)
{
    bool is_busy = true;
    for (int i = 0; is_busy && i < CLOSE_LOOKS; i++) {
        pthread_mutex_lock(&web->mutex);
        is_busy = web->first;
        pthread_mutex_unlock(&web->mutex);
        if (is_busy)
            nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
}

void web_close(struct web *web)
{
    if (!web)
        return;
    loop_unset_timer(web->loop, &web->sweep);
    let_all_go(web);
    if (web->daemon) {
        wait_for_answers(web);
        MHD_stop_daemon(web->daemon);
    }
    woken(web);
    waker_close(&web->waker);
    pthread_mutex_destroy(&web->mutex);
    pthread_mutex_destroy(&web->lines_mutex);
    free(web->root);
    free(web);
}

uint16_t web_port(const struct web *web)
{
    return web->port;
}
