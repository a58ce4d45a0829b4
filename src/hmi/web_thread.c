/* The library's thread: a request comes in pieces, is handed over as a whole, and is suspended
 * until the main thread has something for it. Suspending and what wakes it stand under one mutex,
 * so that no wake-up is lost. */

#include "hmi/web_inside.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "hmi/files.h"

enum { LENGTH = 4, CHUNKS = 5, HEADERS_ONCE = 6 }; /* as they stand in ONCE */

/* ---- a request and its parts ---- */

static void free_pairs(struct web_pair *pair)
{
    while (pair) {
        struct web_pair *next = pair->next;
        free(pair->name);
        free(pair->value);
        free(pair);
        pair = next;
    }
}

void web_request_free(struct web_request *request)
{
    if (request->response)
        MHD_destroy_response(request->response);
    atomic_fetch_sub(&request->web->bodies, request->length);
    free_pairs(request->pairs);
    free_pairs(request->answer_headers);
    free(request->method);
    free(request->path);
    if (request->body)
        explicit_bzero(request->body, request->length); /* it may have been a password */
    free(request->body);
    free(request->out);
    free(request);
}

static enum MHD_Result keep_pair(void *context, enum MHD_ValueKind kind, const char *name,
                                 const char *value)
{
    struct web_request *request = context;
    struct web_pair *pair = calloc(1, sizeof *pair);
    if (!pair)
        return MHD_NO;
    pair->kind = kind;
    pair->name = strdup(name);
    pair->value = strdup(value ? value : "");
    pair->next = request->pairs;
    request->pairs = pair;
    return pair->name && pair->value ? MHD_YES : MHD_NO;
}

static void keep_peer(struct web_request *request)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info ? info->client_addr : NULL;
    if (!address)
        return;
    size_t size =
        address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    memcpy(&request->peer, address, size);
}

static struct web_request *request_create(struct web *web, struct MHD_Connection *connection,
                                          const char *url, const char *method)
{
    struct web_request *request = calloc(1, sizeof *request);
    if (!request)
        return NULL;
    request->web = web;
    request->connection = connection;
    request->method = strdup(method);
    request->path = strdup(url);
    keep_peer(request);
    if (request->method && request->path &&
        MHD_get_connection_values(connection, MHD_HEADER_KIND | MHD_GET_ARGUMENT_KIND, keep_pair,
                                  request) >= 0)
        return request;
    web_request_free(request);
    return NULL;
}

static void put_on(struct web_request *request)
{
    struct web *web = request->web;
    request->next = web->first;
    if (request->next)
        request->next->previous = request;
    web->first = request;
}

/* ---- to the main thread ---- */

/* With the mutex held. */
static void tell(struct web_request *request)
{
    struct web *web = request->web;
    if (request->is_queued)
        return;
    request->is_queued = true;
    request->next_event = NULL;
    if (web->last_event)
        web->last_event->next_event = request;
    else
        web->events = request;
    web->last_event = request;
    waker_wake(&web->waker);
}

static void suspend(struct web_request *request)
{
    request->is_suspended = true;
    MHD_suspend_connection(request->connection);
}

void web_resume(struct web_request *request)
{
    if (!request->is_suspended)
        return;
    request->is_suspended = false;
    MHD_resume_connection(request->connection);
}

/* NO ends the connection: the program does, too. */
static enum MHD_Result hand_over(struct web_request *request)
{
    struct web *web = request->web;
    pthread_mutex_lock(&web->mutex);
    bool is_closing = web->is_closing;
    if (!is_closing) {
        suspend(request);
        request->is_known = request->is_new = true;
        tell(request);
    }
    pthread_mutex_unlock(&web->mutex);
    return is_closing ? MHD_NO : MHD_YES;
}

static enum MHD_Result send_response(struct web_request *request)
{
    pthread_mutex_lock(&request->web->mutex);
    struct MHD_Response *response = request->response;
    request->response = NULL;
    pthread_mutex_unlock(&request->web->mutex);
    if (!response)
        return MHD_NO;
    enum MHD_Result result = MHD_queue_response(request->connection, request->status, response);
    MHD_destroy_response(response);
    return result;
}

/* ---- what the library calls ---- */

static void keep_body(struct web_request *request, const char *data, size_t size)
{
    size_t room = WEB_BODY - request->length;
    bool is_full = atomic_load(&request->web->bodies) + size > WEB_BODIES;
    request->too_long |= size > room || is_full;
    size = is_full ? 0 : size > room ? room : size;
    char *body = realloc(request->body, request->length + size + 1);
    if (!body) {
        request->too_long = true;
        return;
    }
    memcpy(body + request->length, data, size);
    atomic_fetch_add(&request->web->bodies, size);
    request->body = body;
    request->length += size;
    body[request->length] = '\0';
}

static bool is_ours(const char *path)
{
    return strncmp(path, "/api/", 5) == 0 || strcmp(path, "/metrics") == 0;
}

/* ---- what two readers could read in two ways, such as a proxy before us and we ---- */

static enum MHD_Result count_name(void *context, enum MHD_ValueKind kind, const char *name,
                                  const char *value)
{
    static const char *const ONCE[HEADERS_ONCE] = {
        "Host", "Origin", "Content-Type", "Authorization", "Content-Length", "Transfer-Encoding"};
    unsigned *counts = context;
    (void)kind;
    (void)value;
    for (size_t i = 0; i < HEADERS_ONCE; i++)
        counts[i] += strcasecmp(name, ONCE[i]) == 0;
    return MHD_YES;
}

/* RFC 9112, 3.2, 6.1 and 6.3: two hosts, two lengths, or a length beside chunks. */
static bool is_ambiguous(struct MHD_Connection *connection)
{
    unsigned counts[HEADERS_ONCE] = {0};
    MHD_get_connection_values(connection, MHD_HEADER_KIND, count_name, counts);
    for (size_t i = 0; i < HEADERS_ONCE; i++)
        if (counts[i] > 1)
            return true;
    return counts[LENGTH] && counts[CHUNKS];
}

/* Where it ends is not known, so nothing that follows on the connection is read. */
static enum MHD_Result refuse_ambiguous(struct MHD_Connection *connection)
{
    static char text[] =
        "{\"ok\":false,\"kind\":\"usage\",\"error\":\"a header stands there twice, or "
        "Content-Length beside Transfer-Encoding\"}";
    struct MHD_Response *response =
        MHD_create_response_from_buffer(sizeof text - 1, text, MHD_RESPMEM_PERSISTENT);
    if (!response)
        return MHD_NO;
    web_protect(response, "application/json");
    MHD_add_response_header(response, "Connection", "close");
    enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_BAD_REQUEST, response);
    MHD_destroy_response(response);
    return result;
}

enum MHD_Result web_take(void *context, struct MHD_Connection *connection, const char *url,
                         const char *method, const char *version, const char *data, size_t *size,
                         void **own)
{
    struct web *web = context;
    struct web_request *request = *own;
    (void)version;
    if (!request && is_ambiguous(connection))
        return refuse_ambiguous(connection);
    if (!request) {
        *own = request = request_create(web, connection, url, method);
        if (request) {
            pthread_mutex_lock(&web->mutex);
            put_on(request);
            pthread_mutex_unlock(&web->mutex);
        }
        return request ? MHD_YES : MHD_NO;
    }
    if (*size) {
        keep_body(request, data, *size);
        *size = 0;
        return MHD_YES;
    }
    if (request->is_known)
        return send_response(request);
    web_line_asked(web, connection, true);
    if (is_ours(request->path))
        return hand_over(request);
    return files_answer(connection, web->root, request->method, request->path);
}

void web_over(void *context, struct MHD_Connection *connection, void **own,
              enum MHD_RequestTerminationCode code)
{
    struct web *web = context;
    struct web_request *request = *own;
    (void)code;
    *own = NULL;
    web_line_asked(web, connection, false);
    if (!request)
        return;
    pthread_mutex_lock(&web->mutex);
    request->is_over = true;
    *(request->previous ? &request->previous->next : &web->first) = request->next;
    if (request->next)
        request->next->previous = request->previous;
    bool is_known = request->is_known;
    if (is_known)
        tell(request);
    pthread_mutex_unlock(&web->mutex);
    if (!is_known)
        web_request_free(request);
}

ssize_t web_read_stream(void *context, uint64_t position, char *buffer, size_t most)
{
    struct web_request *request = context;
    (void)position;
    pthread_mutex_lock(&request->web->mutex);
    size_t left = request->out_length - request->out_taken;
    size_t size = left < most ? left : most;
    ssize_t result = (ssize_t)size;
    if (request->is_ending)
        result = MHD_CONTENT_READER_END_OF_STREAM;
    else if (!left)
        suspend(request);
    else
        memcpy(buffer, request->out + request->out_taken, size);
    if (result > 0)
        request->out_taken += size;
    pthread_mutex_unlock(&request->web->mutex);
    return result;
}
