#pragma once
/* A request between the two threads; for web*.c only. */

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include "base/waker.h"
#include "hmi/web.h"

/* A header or an argument of the query, or a header of the answer. */
struct web_pair {
    enum MHD_ValueKind kind;
    char *name, *value;
    struct web_pair *next;
};

struct web_request {
    struct web *web;
    struct MHD_Connection *connection;
    struct sockaddr_storage peer;
    char *method, *path, *body;
    size_t length;
    bool too_long;
    struct web_pair *pairs, *answer_headers;
    void *own;                           /* the main thread's */
    struct web_request *next, *previous; /* all of them; from here on under the web's mutex */
    struct web_request *next_event;      /* on its way to the main thread */
    bool is_queued, is_new, is_known;    /* known: `asked` was called, or is going to be */
    bool is_suspended, is_over;          /* over: the library has done with it */
    struct MHD_Response *response;       /* to be sent */
    unsigned status;
    bool is_stream, is_ending;
    char *out; /* of a stream: what the browser has not taken yet */
    size_t out_length, out_taken, out_room;
};

struct web {
    struct MHD_Daemon *daemon;
    struct web_handler handler;
    struct waker waker;
    char *root;
    uint16_t port;
    struct loop *loop;
    struct loop_timer sweep;
    atomic_size_t bodies; /* bytes of all that have come, or are coming */
    pthread_mutex_t lines_mutex;
    struct web_line *lines; /* all connections; under this mutex */
    pthread_mutex_t mutex;  /* from here on */
    bool is_closing;
    struct web_request *first, *events, *last_event;
};

/* ---- web_thread.c: the library's side ---- */

enum MHD_Result web_take(void *context, struct MHD_Connection *connection, const char *url,
                         const char *method, const char *version, const char *data, size_t *size,
                         void **own);
void web_over(void *context, struct MHD_Connection *connection, void **own,
              enum MHD_RequestTerminationCode code);
ssize_t web_read_stream(void *context, uint64_t position, char *buffer, size_t most);

/* Lets the library go on with it; with the mutex held. */
void web_resume(struct web_request *request);
void web_request_free(struct web_request *request);

/* ---- web_slow.c: connections, whatever comes on them ---- */

void web_line_changed(void *context, struct MHD_Connection *connection, void **own,
                      enum MHD_ConnectionNotificationCode code);
void web_line_asked(struct web *web, struct MHD_Connection *connection, bool is_asked);
void web_lines_sweep(struct web *web, int64_t now); /* main thread */

/* What every answer says of itself. */
void web_protect(struct MHD_Response *response, const char *type);
