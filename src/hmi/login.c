/* Logging in and out. A login waits for its password's trial, and its browser may leave meanwhile:
 * then it comes to nothing, but counts as an attempt all the same. */

#include "hmi/door_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/cidr.h"
#include "base/clock.h"
#include "hmi/hmi_inside.h"

struct login {
    struct verify_job job; /* first, so that a job is its login */
    struct door *door;
    struct web_request *request; /* NULL: the browser has left */
    struct user user;            /* as it was when it began */
    struct origin origin;
    uint8_t address[16];
    struct login *next, *previous;
};

bool door_has(const struct door *door, const void *own)
{
    const struct login *login = door->logins;
    while (login && login != own)
        login = login->next;
    return login;
}

void door_gone(struct door *door, void *own)
{
    (void)door;
    ((struct login *)own)->request = NULL;
}

static void put_on(struct login *login)
{
    login->next = login->door->logins;
    if (login->next)
        login->next->previous = login;
    login->door->logins = login;
}

static void destroy(struct login *login)
{
    *(login->previous ? &login->previous->next : &login->door->logins) = login->next;
    if (login->next)
        login->next->previous = login->previous;
    if (login->request)
        web_set_own(login->request, NULL);
    password_wipe(login, sizeof *login);
    free(login);
}

/* ---- what came of it ---- */

static void set_cookie(const struct door *door, struct web_request *request, const char *token,
                       long seconds)
{
    char text[256];
    snprintf(text, sizeof text, "%s=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%ld%s",
             door->cookie, token, seconds, door->tls ? "; Secure" : "");
    web_add_header(request, "Set-Cookie", text);
}

static void let_in(struct login *login)
{
    struct door *door = login->door;
    char token[TOKEN];
    struct who who = {.role = login->user.role, .origin = login->origin};
    int64_t now = loop_now(door->loop);
    strcpy(who.user, login->user.name);
    attempts_succeeded(door->attempts, login->address, login->user.name, now);
    if (!login->request)
        return;
    who.session = sessions_begin(door->sessions, &login->user, now, token);
    audit_note(door->audit, AUDIT_LOGIN, &login->origin, "logged in as %s",
               role_name(login->user.role));
    set_cookie(door, login->request, token, (long)(SESSIONS_AGE / NS_PER_S));
    password_wipe(token, sizeof token);
    api_answer(login->request, 200, door_session(door, &who));
}

static void turn_away(struct login *login)
{
    audit_note(login->door->audit, AUDIT_LOGIN, &login->origin, "wrong name or password");
    if (login->request)
        api_refuse(login->request, 401, "refused", "name or password is wrong");
}

/* Whether the user is still the one whose password was tried. */
static bool is_valid(const struct login *login)
{
    const struct user *now = users_find(&login->door->users, login->user.name);
    return now && now->role == login->user.role && strcmp(now->hash, login->user.hash) == 0;
}

static void tried(struct verify_job *job, bool is_right)
{
    struct login *login = (struct login *)job;
    if (is_right && is_valid(login))
        let_in(login);
    else if (job->is_tried)
        turn_away(login);
    else if (login->request)
        api_refuse(login->request, 503, "refused", "the program ends");
    destroy(login);
}

/* ---- the attempt ---- */

static bool may_try(struct door *door, struct web_request *request, const char *user,
                    const uint8_t address[16])
{
    int64_t wait = attempts_begin(door->attempts, address, user, loop_now(door->loop));
    if (!wait)
        return true;
    char seconds[24];
    snprintf(seconds, sizeof seconds, "%lld", (long long)((wait + NS_PER_S - 1) / NS_PER_S));
    web_add_header(request, "Retry-After", seconds);
    api_refuse(request, 429, "refused", "too many attempts failed; wait for %s s", seconds);
    return false;
}

static void begin(struct door *door, struct web_request *request, const char *user,
                  const char *password, const uint8_t address[16])
{
    struct login *login = calloc(1, sizeof *login);
    door_look(door); /* a password may have been made a moment ago */
    const struct user *found = users_find(&door->users, user);
    if (!login) {
        api_answer(request, 500, NULL);
        return;
    }
    *login = (struct login){.door = door, .request = request, .job = {.done = tried}};
    memcpy(login->address, address, sizeof login->address);
    door_origin(request, user, &login->origin);
    if (found && user_has_password(found))
        login->user = *found;
    strcpy(login->job.hash, login->user.hash);
    strcpy(login->job.password, password);
    put_on(login);
    web_set_own(request, login);
    if (verify_ask(door->verify, &login->job))
        return;
    attempts_take_back(door->attempts, address, user);
    api_refuse(request, 503, "refused", "too many log in at once; try again");
    destroy(login);
}

void door_login(struct door *door, struct web_request *request, const json_t *wish)
{
    const char *user = json_string_value(json_object_get(wish, "user"));
    const char *password = json_string_value(json_object_get(wish, "password"));
    uint8_t address[16];
    struct error error;
    if (!user || !password || json_object_size(wish) != 2)
        api_refuse(request, 400, "usage", "a login has \"user\" and \"password\"");
    else if (!door->users.count)
        api_refuse(request, 409, "refused", "there are no users; msm passwd makes them");
    else if (!user_name_check(user, &error) || strlen(password) > PASSWORD_MOST)
        api_refuse(request, 401, "refused", "name or password is wrong");
    else if (!cidr_address(web_peer(request), address))
        api_refuse(request, 403, "refused", "there is no telling where this comes from");
    else if (may_try(door, request, user, address))
        begin(door, request, user, password, address);
}

void door_logout(struct door *door, struct web_request *request, const struct who *who)
{
    if (who->session) {
        audit_note(door->audit, AUDIT_LOGIN, &who->origin, "logged out");
        sessions_end(door->sessions, who->session);
    }
    set_cookie(door, request, "", 0);
    api_answer(request, 200, json_pack("{s:b}", "ok", 1));
}
