/* BLAKE2b and base64 of libsodium. */

#include "hmi/token.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define MARK "$token$"

enum { BYTES = 32, KEY_TEXT = TOKEN_HASH - (sizeof MARK - 1) };

_Static_assert(TOKEN == sodium_base64_ENCODED_LEN(BYTES, sodium_base64_VARIANT_URLSAFE_NO_PADDING),
               "a token is as long as its text");
_Static_assert(KEY_TEXT >=
                   sodium_base64_ENCODED_LEN(TOKEN_KEY, sodium_base64_VARIANT_URLSAFE_NO_PADDING),
               "a hash has room");

bool token_begin(void)
{
    return sodium_init() >= 0;
}

void token_make(char token[TOKEN])
{
    unsigned char bytes[BYTES];
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2base64(token, TOKEN, bytes, sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(bytes, sizeof bytes);
}

void token_key(const char *token, unsigned char key[TOKEN_KEY])
{
    crypto_generichash(key, TOKEN_KEY, (const unsigned char *)token, strlen(token), NULL, 0);
}

void token_hash(const char *token, char hash[TOKEN_HASH])
{
    unsigned char key[TOKEN_KEY];
    token_key(token, key);
    strcpy(hash, MARK);
    sodium_bin2base64(hash + strlen(MARK), KEY_TEXT, key, sizeof key,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

/* The key in a word; false where it is no such word. */
static bool read_key(const char *hash, unsigned char key[TOKEN_KEY])
{
    size_t length, mark = strlen(MARK);
    const char *end;
    return strncmp(hash, MARK, mark) == 0 &&
           sodium_base642bin(key, TOKEN_KEY, hash + mark, strlen(hash + mark), NULL, &length, &end,
                             sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0 &&
           length == TOKEN_KEY && !*end;
}

bool token_is_hash(const char *text)
{
    unsigned char key[TOKEN_KEY];
    return read_key(text, key);
}

bool token_is(const char *hash, const char *token)
{
    unsigned char kept[TOKEN_KEY], key[TOKEN_KEY];
    if (!read_key(hash, kept))
        return false;
    token_key(token, key);
    return sodium_memcmp(kept, key, TOKEN_KEY) == 0;
}
