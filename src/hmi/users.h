#pragma once
/* Who may log in to the pages: a file beside the state, NAME.users, a line for each user, which msm
 * passwd writes and a running program reads again when it changed:
 *
 *   kim operator $argon2id$v=19$m=32768,t=3,p=1$…
 *   prometheus viewer $token$…
 *
 * The second is a program: it has a token (token.h) instead of a password, and does not log in.
 * Empty lines and those that begin with # are for people. It holds the keys of the plant: one that
 * others may read or write, or that is not whole, is not used at all. */

#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"
#include "hmi/password.h"
#include "hmi/role.h"

enum { USER_NAME = 33, USERS_MOST = 200 };

struct user {
    char name[USER_NAME];
    enum role role;
    char hash[PASSWORD_HASH]; /* of a password or of a token */
};

struct users { /* zeroed: none */
    struct user *list;
    size_t count;
};

/* Letters, digits, dot, dash and underscore, not a dash first; 1 to 32 bytes. */
bool user_name_check(const char *name, struct error *error);

/* Of a file's text (ended by a zero); `users` is zeroed where it is refused. */
bool users_parse(const char *text, struct users *users, struct error *error);

/* A file that is not there holds none. */
bool users_load(const char *path, struct users *users, struct error *error);

/* The file as a whole or not at all, mode 0600, on the disk when it returns. */
bool users_save(const char *path, const struct users *users, struct error *error);

/* Two that change the file wait for one another: a descriptor to close afterwards, -1 with an
 * error. */
int users_lock(const char *path, struct error *error);

const struct user *users_find(const struct users *users, const char *name); /* NULL: none */
const struct user *users_find_token(const struct users *users, const char *token);
bool user_has_password(const struct user *user); /* false: a token */

/* Puts one in, or in place of the one of that name, in the order of names. */
bool users_put(struct users *users, const struct user *user, struct error *error);
bool users_remove(struct users *users, const char *name); /* false: there was none */
void users_free(struct users *users);
