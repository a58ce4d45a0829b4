#pragma once
/* Names to addresses on threads of their own: getaddrinfo can block for 10 s and longer, and no
 * link waits for another one's name. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include "base/error.h"
#include "base/loop.h"

enum { RESOLVER_ADDRESSES = 8 };

/* A question; lies in its asker, who must not ask again before the answer, nor go away (but
 * resolver_forget). */
struct resolver_question {
    const char *host;
    uint16_t port;
    void (*answered)(struct resolver_question *question); /* on the loop's thread */
    /* the answer: none, and why */
    size_t count;
    struct sockaddr_storage addresses[RESOLVER_ADDRESSES];
    char why[128];
};

struct resolver;

/* A thread is started with a question about a name; it ends when nothing is left to look up. What
 * is an address itself needs none and is answered at the loop's next turn. */
struct resolver *resolver_create(struct loop *loop, struct error *error);
void resolver_destroy(
    struct resolver *resolver); /* does not wait for a name server; NULL accepted */
void resolver_ask(struct resolver *resolver, struct resolver_question *question);
void resolver_forget(struct resolver *resolver, struct resolver_question *question);
