#pragma once
/* For tls.c and tls_make.c only. */

#include <gnutls/x509.h>
#include "hmi/tls.h"

/* A new key and its certificate, as PEM (gnutls_free frees them). */
bool tls_make(const char *name, gnutls_datum_t *certificate, gnutls_datum_t *key,
              struct error *error);
