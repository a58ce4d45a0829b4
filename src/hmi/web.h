#pragma once
/* HTTP, on the library's own thread. Page files are answered there; every other request is handed
 * to the main thread and waits, suspended, until that has answered it: once, or as a stream.
 * Whatever a browser does or does not do, only its own connection waits.
 *
 * All functions but web_open's callbacks are the main thread's. A request lives until `gone` has
 * been called for it. Bounds: WEB_BODY bytes a request and WEB_BODIES of all, WEB_CONNECTIONS in
 * all and WEB_PER_ADDRESS from one address, but never more than half of the files that the system
 * lets us have; WEB_PATIENCE seconds for whoever neither sends nor reads, and WEB_REQUEST for a
 * request until it is whole. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include "base/error.h"
#include "base/loop.h"

enum {
    WEB_BODY = 1024 * 1024,
    WEB_BODIES = 16 * 1024 * 1024,
    WEB_STREAM = 32 * 1024 * 1024,
    WEB_REQUEST = 30,
    WEB_CONNECTIONS = 1000,
    WEB_PER_ADDRESS = 500,
    WEB_PATIENCE = 20
};

struct web;
struct web_request;

struct web_settings {
    const char *address;           /* numeric: "127.0.0.1", "::1" */
    uint16_t port;                 /* 0: any */
    const char *root;              /* page files from this folder; NULL: those of the binary */
    const char *certificate, *key; /* texts (PEM) of both: TLS; NULL: none */
};

struct web_handler {
    void *context;
    void (*asked)(void *context, struct web_request *request);
    void (*gone)(void *context, struct web_request *request); /* answered, or the browser left */
};

/* NULL with an error that names the address. */
struct web *web_open(const struct web_settings *settings, struct loop *loop,
                     const struct web_handler *handler, struct error *error);
void web_close(
    struct web *web); /* streams end, what waits is answered with 503; NULL is accepted */
uint16_t web_port(const struct web *web);

/* What was asked. Texts live as long as the request; NULL where there is none. */
const char *web_method(const struct web_request *request);
const char *web_path(const struct web_request *request); /* without the query, decoded */
const char *web_header(const struct web_request *request, const char *name);
const char *web_argument(const struct web_request *request, const char *name);  /* of the query */
const char *web_argument_name(const struct web_request *request, size_t index); /* of all */
const char *web_body(const struct web_request *request, size_t *length);
bool web_is_too_long(const struct web_request *request); /* the body was cut at WEB_BODY */
const struct sockaddr *web_peer(const struct web_request *request);

/* What the handler keeps for itself. */
void web_set_own(struct web_request *request, void *own);
void *web_own(const struct web_request *request);

/* A header for the answer, before it. */
void web_add_header(struct web_request *request, const char *name, const char *value);

/* The answer, once; `text` is taken (malloc; NULL when memory was short: 500). */
void web_answer(struct web_request *request, unsigned status, const char *type, char *text,
                size_t length);

/* The answer is a stream of server-sent events, which goes on until one side ends it. What is
 * written is copied; false when memory is short, or when the browser has WEB_STREAM bytes still to
 * take. */
void web_stream(struct web_request *request);
bool web_write(struct web_request *request, const char *text, size_t length);
size_t web_waiting(const struct web_request *request); /* bytes that the browser has not taken */
void web_end(struct web_request *request);
