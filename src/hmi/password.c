/* What libsodium makes of it: "$argon2id$v=19$m=32768,t=3,p=1$SALT$HASH". */

#include "hmi/password.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { PASSES = 3, MEMORY = 32 << 20 };

_Static_assert(PASSWORD_HASH >= crypto_pwhash_STRBYTES, "a hash has room");

bool password_check(const char *password, struct error *error)
{
    size_t length = strlen(password);
    return (length >= PASSWORD_LEAST && length <= PASSWORD_MOST) ||
           error_set(error, "a password has %d to %d bytes", PASSWORD_LEAST, PASSWORD_MOST);
}

bool password_hash(const char *password, char hash[PASSWORD_HASH], struct error *error)
{
    if (sodium_init() >= 0 && crypto_pwhash_str_alg(hash, password, strlen(password), PASSES,
                                                    MEMORY, crypto_pwhash_ALG_ARGON2ID13) == 0)
        return true;
    return error_set(error, "out of memory for the hash of a password");
}

bool password_is(const char *hash, const char *password)
{
    char whole[crypto_pwhash_STRBYTES] = ""; /* libsodium reads it to the end */
    snprintf(whole, sizeof whole, "%s", hash);
    return sodium_init() >= 0 && crypto_pwhash_str_verify(whole, password, strlen(password)) == 0;
}

/* Also its price: who may write the file may not hold up the program by it. */
bool password_is_hash(const char *text)
{
    char whole[crypto_pwhash_STRBYTES] = "";
    if (strlen(text) >= sizeof whole)
        return false;
    strcpy(whole, text);
    return strncmp(whole, "$argon2id$", 10) == 0 &&
           crypto_pwhash_str_needs_rehash(whole, PASSES, MEMORY) == 0;
}

void password_wipe(void *secret, unsigned long size)
{
    sodium_memzero(secret, size);
}
