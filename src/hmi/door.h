#pragma once
/* Who comes in. Where there are users everybody logs in: a session, held by a cookie. Without any
 * only this computer is served, and there whoever runs msm, and root, is an engineer. The users
 * file is looked at each second. Main thread. */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/error.h"
#include "base/loop.h"
#include "hmi/guard.h"
#include "hmi/web.h"
#include "image/audit.h"

struct door;

struct door_settings {
    const char *address; /* that is listened on */
    const char *users;   /* the file */
    const char *name;    /* further one by which browsers may call us, or NULL */
    bool tls;
    struct audit *audit;
};

/* `ended` is told of sessions that end. NULL with an error: among others where others than this
 * computer would be served without users. */
struct door *door_open(struct loop *loop, const struct door_settings *settings,
                       void (*ended)(void *context, uint64_t session), void *context,
                       struct error *error);
void door_listens(struct door *door, uint16_t port); /* before the first request */
void door_close(struct door *door);                  /* NULL is accepted */

bool door_is_local(const struct door *door); /* only this computer is served */

/* Refuses what a foreign page could have sent: 0, or the status of the refusal with an error. */
unsigned door_refuses(const struct door *door, const struct web_request *request,
                      struct error *error);

/* Who sent it; ROLE_NONE with the reason in `why`. */
void door_who(struct door *door, const struct web_request *request, struct who *who);

/* The answer of /api/session, and of a login. */
json_t *door_session(const struct door *door, const struct who *who);

void door_login(struct door *door, struct web_request *request, const json_t *wish);
void door_logout(struct door *door, struct web_request *request, const struct who *who);

/* A login that is under way has its request's `own`. */
bool door_has(const struct door *door, const void *own);
void door_gone(struct door *door, void *own);

void door_use(struct door *door, uint64_t session); /* its stream is open */
