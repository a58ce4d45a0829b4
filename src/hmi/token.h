#pragma once
/* Tokens: 256 random bits as text, for a session or for a program that logs in without a person.
 * They cannot be guessed, so that, unlike a password, a fast hash of one may be kept and tried as
 * often as anybody likes. Any thread. */

#include <stdbool.h>

enum { TOKEN = 44, TOKEN_KEY = 32, TOKEN_HASH = 52 };

/* A new one, ended by a zero; needs libsodium to be begun (sessions_create, token_begin). */
bool token_begin(void);
void token_make(char token[TOKEN]);

/* By which one is found: a hash of it. */
void token_key(const char *token, unsigned char key[TOKEN_KEY]);

/* The same as a word for the users file: "$token$…". */
void token_hash(const char *token, char hash[TOKEN_HASH]);

/* Whether a text is such a word; and whether it is that of a token, in a time that tells nothing.
 */
bool token_is_hash(const char *text);
bool token_is(const char *hash, const char *token);
