/* Users in the order of their names; lines are read strictly. */

#include "hmi/users.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "hmi/token.h"

bool user_name_check(const char *name, struct error *error)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t length = strspn(name, letters);
    if (length > 0 && length < USER_NAME && !name[length] && *name != '-')
        return true;
    return error_set(
        error,
        "\"%.100s\" cannot be a user's name: 1 to %d letters, digits, dots, dashes and "
        "underscores, no dash first",
        name, USER_NAME - 1);
}

const struct user *users_find(const struct users *users, const char *name)
{
    for (size_t i = 0; i < users->count; i++)
        if (strcmp(users->list[i].name, name) == 0)
            return &users->list[i];
    return NULL;
}

const struct user *users_find_token(const struct users *users, const char *token)
{
    for (size_t i = 0; i < users->count; i++)
        if (token_is(users->list[i].hash, token))
            return &users->list[i];
    return NULL;
}

bool user_has_password(const struct user *user)
{
    return password_is_hash(user->hash);
}

bool users_put(struct users *users, const struct user *user, struct error *error)
{
    struct user *same = (struct user *)users_find(users, user->name);
    if (same) {
        *same = *user;
        return true;
    }
    if (users->count == USERS_MOST)
        return error_set(error, "there are %d users already, which is the most", USERS_MOST);
    struct user *list = realloc(users->list, (users->count + 1) * sizeof *list);
    if (!list)
        return error_set(error, "out of memory for users");
    users->list = list;
    size_t at = users->count++;
    for (; at > 0 && strcmp(list[at - 1].name, user->name) > 0; at--)
        list[at] = list[at - 1];
    list[at] = *user;
    return true;
}

bool users_remove(struct users *users, const char *name)
{
    const struct user *user = users_find(users, name);
    if (!user)
        return false;
    size_t at = (size_t)(user - users->list);
    memmove(users->list + at, users->list + at + 1, (users->count - at - 1) * sizeof *users->list);
    users->count--;
    return true;
}

void users_free(struct users *users)
{
    free(users->list);
    *users = (struct users){NULL, 0};
}

/* ---- lines ---- */

static bool read_line(char *line, struct user *user, struct error *error)
{
    char *rest;
    const char *name = strtok_r(line, " \t\r", &rest), *role = strtok_r(NULL, " \t\r", &rest);
    const char *hash = strtok_r(NULL, " \t\r", &rest);
    if (!role || !hash || strtok_r(NULL, " \t\r", &rest))
        return error_set(error, "a line is a name, a role and a hash");
    if (!user_name_check(name, error))
        return false;
    if (!role_read(role, &user->role))
        return error_set(error, "\"%.40s\" is no role: viewer, operator, engineer", role);
    if (!password_is_hash(hash) && !token_is_hash(hash))
        return error_set(error, "%s has no hash that msm passwd makes", name);
    strcpy(user->name, name);
    strcpy(user->hash, hash);
    return true;
}

static bool take_line(char *line, struct users *users, struct error *error)
{
    struct user user = {"", ROLE_NONE, ""};
    if (line[strspn(line, " \t\r")] == '\0' || *line == '#')
        return true;
    if (!read_line(line, &user, error))
        return false;
    return users_find(users, user.name) ? error_set(error, "%s is here twice", user.name)
                                        : users_put(users, &user, error);
}

bool users_parse(const char *text, struct users *users, struct error *error)
{
    unsigned number = 1;
    bool ok = true;
    *users = (struct users){NULL, 0};
    for (const char *at = text; ok && *at; number++) {
        size_t length = strcspn(at, "\n");
        char *line = strndup(at, length);
        ok = line ? take_line(line, users, error) : error_set(error, "out of memory for users");
        free(line);
        at += length + (at[length] == '\n');
        if (!ok)
            error_prefix(error, "line %u: ", number);
    }
    if (!ok)
        users_free(users);
    return ok;
}
