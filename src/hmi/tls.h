#pragma once
/* The certificate of the pages: one that is given, or one of our own, which is made once and kept,
 * so that a browser which was told to trust it goes on doing so. */

#include <stdbool.h>
#include <time.h>
#include "base/error.h"

struct tls {
    char *certificate, *key; /* PEM */
    char fingerprint[96];    /* "AB:CD:…", of SHA-256, as browsers show it */
    time_t expires;
    bool is_new; /* was made just now */
};

/* Files of somebody else's making. */
bool tls_load(const char *certificate, const char *key, struct tls *tls, struct error *error);

/* STEM.crt and STEM.key (0600); made where they are not there, for all names and addresses of this
 * computer and `name` (or NULL). */
bool tls_own(const char *stem, const char *name, struct tls *tls, struct error *error);

void tls_free(struct tls *tls); /* zeroed is accepted */
