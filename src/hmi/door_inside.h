#pragma once
/* The door from the inside; for door.c and login.c only. */

#include <limits.h>
#include "base/file_identity.h"
#include "hmi/attempts.h"
#include "hmi/door.h"
#include "hmi/sessions.h"
#include "hmi/users.h"
#include "hmi/verify.h"

enum { HOST_ROOM = 256 };

struct login;

struct door {
    struct loop *loop;
    struct audit *audit;
    char path[PATH_MAX]; /* of the users file */
    struct file_identity identity;
    struct users users;
    struct sessions *sessions;
    struct attempts *attempts;
    struct verify *verify;
    struct login *logins; /* under way */
    struct loop_timer timer;
    bool is_loopback, tls;
    uint16_t port;
    char cookie[32];
    char name_texts[4][HOST_ROOM];
    const char *names[5]; /* of this computer */
};

/* Reads the users file again where it is another one now: true. */
bool door_look(struct door *door);

/* "kim@10.0.0.5", or "web 10.0.0.5" of nobody. */
void door_origin(const struct web_request *request, const char *user, struct origin *origin);
