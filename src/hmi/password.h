#pragma once
/* Passwords are kept as hashes that are slow to try (Argon2id of libsodium, 32 MiB and some tens of
 * milliseconds each), with a salt of their own. */

#include <stdbool.h>
#include "base/error.h"

enum { PASSWORD_LEAST = 8, PASSWORD_MOST = 256, PASSWORD_HASH = 128 };

/* Whether it can be one: its length. */
bool password_check(const char *password, struct error *error);

/* Takes its time, and memory: never on the main thread of a running program. */
bool password_hash(const char *password, char hash[PASSWORD_HASH], struct error *error);
bool password_is(const char *hash, const char *password);

/* Whether a text is such a hash. */
bool password_is_hash(const char *text);

void password_wipe(void *secret, unsigned long size);
