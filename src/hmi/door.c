/* Who comes in, from what there is: users, sessions, attempts, the kernel's word on a neighbour. */

#include "hmi/door_inside.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/cidr.h"
#include "base/clock.h"
#include "base/log.h"
#include "hmi/cookie.h"
#include "hmi/local_user.h"

/* ---- where ---- */

static bool is_loopback(const char *text)
{
    struct cidr of[2];
    uint8_t address[16];
    struct in6_addr v6;
    struct error error;
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    if (!cidr_parse("127.0.0.0/8", &of[0], &error) || !cidr_parse("::1", &of[1], &error))
        return false;
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        cidr_address((const struct sockaddr *)&v4, address);
    else if (inet_pton(AF_INET6, text, &v6) == 1)
        memcpy(address, &v6, sizeof address);
    else
        return false;
    return cidr_match(of, 2, address);
}

static void print_address(const struct sockaddr *peer, char text[INET6_ADDRSTRLEN])
{
    strcpy(text, "?");
    if (peer->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)peer)->sin_addr, text, INET6_ADDRSTRLEN);
    else if (peer->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)peer)->sin6_addr, text,
                  INET6_ADDRSTRLEN);
}

void door_origin(const struct web_request *request, const char *user, struct origin *origin)
{
    char address[INET6_ADDRSTRLEN];
    print_address(web_peer(request), address);
    *origin = (struct origin){.peer = ""};
    snprintf(origin->peer, sizeof origin->peer, "%.*s%s%.*s", USER_NAME - 1, user,
             *user ? "@" : "web ", (int)(sizeof origin->peer - USER_NAME - 4), address);
}

/* ---- the users file ---- */

/* Whoever got a new password may use it at once. */
static void forgive(struct door *door, const struct users *before)
{
    for (size_t i = 0; i < door->users.count; i++) {
        const struct user *now = &door->users.list[i], *old = users_find(before, now->name);
        if (!old || strcmp(old->hash, now->hash) != 0)
            attempts_forgive(door->attempts, now->name);
    }
}

static void read_again(struct door *door)
{
    struct users before = door->users;
    struct error error;
    if (!users_load(door->path, &door->users, &error)) {
        door->users = before;
        log_line("pages: %s; the users stay as they were", error.text);
        return;
    }
    forgive(door, &before);
    users_free(&before);
    log_line("pages: %zu user%s may log in", door->users.count, door->users.count == 1 ? "" : "s");
}

bool door_look(struct door *door)
{
    struct file_identity now = {0};
    file_identify(door->path, &now);
    bool is_news = !file_is_unchanged(&now, &door->identity);
    if (is_news) {
        door->identity = now;
        read_again(door);
    }
    return is_news;
}

/* ---- who ---- */

static void refuse(struct who *who, unsigned status, const char *why)
{
    who->role = ROLE_NONE;
    who->status = status;
    who->why = why;
}

/* A program is let in by each of its requests; all of them are one session. */
static const struct session *let_in(struct door *door, const struct web_request *request,
                                    const char *token)
{
    int64_t now = loop_now(door->loop);
    const struct session *session = sessions_find(door->sessions, token, now);
    const struct user *user = session ? NULL : users_find_token(&door->users, token);
    if (!session && !user && door_look(door)) /* it may have been made a moment ago */
        user = users_find_token(&door->users, token);
    if (!user)
        return session;
    struct origin origin;
    door_origin(request, user->name, &origin);
    audit_note(door->audit, AUDIT_LOGIN, &origin, "came in by its token as %s",
               role_name(user->role));
    sessions_admit(door->sessions, user, now, token);
    return sessions_find(door->sessions, token, now);
}

static const struct session *find_session(struct door *door, const struct web_request *request)
{
    char cookie[TOKEN];
    const char *token = guard_token(web_header(request, "Authorization"));
    if (token)
        return let_in(door, request, token);
    if (cookie_find(web_header(request, "Cookie"), door->cookie, cookie, sizeof cookie))
        return sessions_find(door->sessions, cookie, loop_now(door->loop));
    return NULL;
}

static void look_at_session(struct door *door, const struct web_request *request, struct who *who)
{
    const struct session *session = find_session(door, request);
    if (!session) {
        bool has_token = guard_token(web_header(request, "Authorization"));
        refuse(who, 401, has_token ? "this token is nobody's" : "log in first");
        return;
    }
    who->role = session->user.role;
    who->session = session->id;
    strcpy(who->user, session->user.name);
    door_origin(request, who->user, &who->origin);
}

static void look_at_neighbour(const struct door *door, const struct web_request *request,
                              struct who *who)
{
    uid_t uid;
    char name[32];
    if (!local_user_find(web_peer(request), door->port, &uid)) {
        refuse(who, 403,
               "this computer does not say which of its users asks; msm passwd makes users who log "
               "in");
        return;
    }
    snprintf(name, sizeof name, "user %u", (unsigned)uid);
    door_origin(request, name, &who->origin);
    if (uid == 0 || uid == geteuid())
        who->role = ROLE_ENGINEER;
    else
        refuse(who, 403,
               "without a password only the user who runs msm comes in, and root; msm passwd makes "
               "users who log in");
}

void door_who(struct door *door, const struct web_request *request, struct who *who)
{
    *who = (struct who){.role = ROLE_NONE};
    door_origin(request, "", &who->origin);
    if (door->users.count || !door->is_loopback)
        look_at_session(door, request, who);
    else
        look_at_neighbour(door, request, who);
}

unsigned door_refuses(const struct door *door, const struct web_request *request,
                      struct error *error)
{
    const struct guard_request judged = {.method = web_method(request),
                                         .host = web_header(request, "Host"),
                                         .origin = web_header(request, "Origin"),
                                         .type = web_header(request, "Content-Type"),
                                         .authorization = web_header(request, "Authorization"),
                                         .site = web_header(request, "Sec-Fetch-Site"),
                                         .tls = door->tls,
                                         .names = door->names};
    return guard_judge(&judged, error);
}

json_t *door_session(const struct door *door, const struct who *who)
{
    json_t *answer =
        json_pack("{s:b,s:s,s:s,s:b,s:b}", "ok", 1, "user", who->user, "role", role_name(who->role),
                  "needs_login", who->role == ROLE_NONE && who->status == 401, "tls", door->tls);
    if (who->why)
        json_object_set_new(answer, "why", json_string(who->why));
    return answer;
}

void door_use(struct door *door, uint64_t session)
{
    sessions_use(door->sessions, session, loop_now(door->loop));
}

static void look(struct loop_timer *timer)
{
    struct door *door = (struct door *)((char *)timer - offsetof(struct door, timer));
    door_look(door);
    sessions_sweep(door->sessions, &door->users, loop_now(door->loop));
    loop_set_timer(door->loop, timer, loop_now(door->loop) + NS_PER_S);
}

/* ---- begin and end ---- */

static bool read_users(struct door *door, struct error *error)
{
    file_identify(door->path, &door->identity);
    if (!users_load(door->path, &door->users, error))
        return false;
    if (door->users.count || door->is_loopback)
        return true;
    const char *slash = strrchr(door->path, '/');
    size_t name = strlen(slash + 1) - strlen(".users");
    return error_set(
        error,
        "--http: who is on another computer has to log in, and there are no users yet; "
        "make the first one with\n  msm passwd NAME --role engineer --name %.*s "
        "--state %.*s",
        (int)name, slash + 1, (int)(slash - door->path), door->path);
}

static void take_names(struct door *door, const char *further)
{
    char host[HOST_ROOM - 8] = "";
    size_t count = 0;
    if (gethostname(host, sizeof host - 1) == 0 && *host) {
        snprintf(door->name_texts[0], HOST_ROOM, "%s", host);
        snprintf(door->name_texts[1], HOST_ROOM, "%.*s", (int)strcspn(host, "."), host);
        snprintf(door->name_texts[2], HOST_ROOM, "%.*s.local", HOST_ROOM - 8, door->name_texts[1]);
        for (; count < 3; count++)
            door->names[count] = door->name_texts[count];
    }
    if (further) {
        snprintf(door->name_texts[3], HOST_ROOM, "%s", further);
        door->names[count] = door->name_texts[3];
    }
}

struct door *door_open(struct loop *loop, const struct door_settings *settings,
                       void (*ended)(void *context, uint64_t session), void *context,
                       struct error *error)
{
    struct door *door = calloc(1, sizeof *door);
    if (!door) {
        error_set(error, "out of memory");
        return NULL;
    }
    door->loop = loop;
    door->tls = settings->tls;
    door->audit = settings->audit;
    door->is_loopback = is_loopback(settings->address);
    door->timer.fire = look;
    snprintf(door->path, sizeof door->path, "%s", settings->users);
    take_names(door, settings->name);
    door->sessions = sessions_create(ended, context);
    door->attempts = attempts_create();
    if (!door->sessions || !door->attempts)
        error_set(error, "out of memory");
    else if (read_users(door, error) && (door->verify = verify_open(loop, error))) {
        loop_set_timer(loop, &door->timer, clock_monotonic() + NS_PER_S);
        return door;
    }
    door_close(door);
    return NULL;
}

bool door_is_local(const struct door *door)
{
    return door->is_loopback;
}

/* Cookies of one computer are shared by all its ports. */
void door_listens(struct door *door, uint16_t port)
{
    door->port = port;
    snprintf(door->cookie, sizeof door->cookie, "%smsm-%u", door->tls ? "__Host-" : "", port);
}

void door_close(struct door *door)
{
    if (!door)
        return;
    loop_unset_timer(door->loop, &door->timer);
    verify_close(door->verify);
    sessions_destroy(door->sessions);
    attempts_destroy(door->attempts);
    users_free(&door->users);
    free(door);
}
