/* A table; all entries are looked at for each token, in the same time whatever it is. */

#include "hmi/sessions.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

struct place {
    struct session session; /* id 0: free */
    unsigned char key[TOKEN_KEY];
};

struct sessions {
    struct place places[SESSIONS_MOST];
    uint64_t last;
    void (*ended)(void *context, uint64_t id);
    void *context;
};

struct sessions *sessions_create(void (*ended)(void *context, uint64_t id), void *context)
{
    struct sessions *sessions = token_begin() ? calloc(1, sizeof *sessions) : NULL;
    if (!sessions)
        return NULL;
    sessions->ended = ended;
    sessions->context = context;
    return sessions;
}

void sessions_destroy(struct sessions *sessions)
{
    if (sessions)
        sodium_memzero(sessions, sizeof *sessions);
    free(sessions);
}

static void end(struct sessions *sessions, struct place *place)
{
    uint64_t id = place->session.id;
    sodium_memzero(place, sizeof *place);
    sessions->ended(sessions->context, id);
}

/* ---- begin ---- */

static struct place *oldest_of(struct sessions *sessions, const char *user, size_t *count)
{
    struct place *oldest = NULL;
    *count = 0;
    for (size_t i = 0; i < SESSIONS_MOST; i++) {
        struct place *place = &sessions->places[i];
        if (!place->session.id || (user && strcmp(place->session.user.name, user) != 0))
            continue;
        ++*count;
        if (!oldest || place->session.used < oldest->session.used)
            oldest = place;
    }
    return oldest;
}

static struct place *make_room(struct sessions *sessions, const char *user)
{
    size_t count;
    struct place *oldest = oldest_of(sessions, user, &count);
    if (count >= SESSIONS_OF_ONE)
        end(sessions, oldest);
    oldest = oldest_of(sessions, NULL, &count);
    if (count == SESSIONS_MOST)
        end(sessions, oldest);
    struct place *place = sessions->places;
    while (place->session.id)
        place++;
    return place;
}

void sessions_admit(struct sessions *sessions, const struct user *user, int64_t now,
                    const char *token)
{
    struct place *place = make_room(sessions, user->name);
    token_key(token, place->key);
    place->session =
        (struct session){.id = ++sessions->last, .user = *user, .made = now, .used = now};
}

uint64_t sessions_begin(struct sessions *sessions, const struct user *user, int64_t now,
                        char token[TOKEN])
{
    token_make(token);
    sessions_admit(sessions, user, now, token);
    return sessions->last;
}

/* ---- use and end ---- */

static bool is_over(const struct session *session, int64_t now)
{
    return now - session->used >= SESSIONS_IDLE || now - session->made >= SESSIONS_AGE;
}

const struct session *sessions_find(struct sessions *sessions, const char *token, int64_t now)
{
    unsigned char key[TOKEN_KEY];
    struct place *found = NULL;
    token_key(token, key);
    for (size_t i = 0; i < SESSIONS_MOST; i++) {
        struct place *place = &sessions->places[i];
        if (sodium_memcmp(place->key, key, TOKEN_KEY) == 0 && place->session.id)
            found = place;
    }
    if (!found)
        return NULL;
    if (is_over(&found->session, now)) {
        end(sessions, found);
        return NULL;
    }
    found->session.used = now;
    return &found->session;
}

static struct place *place_of(struct sessions *sessions, uint64_t id)
{
    for (size_t i = 0; id && i < SESSIONS_MOST; i++)
        if (sessions->places[i].session.id == id)
            return &sessions->places[i];
    return NULL;
}

void sessions_use(struct sessions *sessions, uint64_t id, int64_t now)
{
    struct place *place = place_of(sessions, id);
    if (place)
        place->session.used = now;
}

void sessions_end(struct sessions *sessions, uint64_t id)
{
    struct place *place = place_of(sessions, id);
    if (place)
        end(sessions, place);
}

static bool is_as_it_was(const struct user *user, const struct users *users)
{
    const struct user *now = users_find(users, user->name);
    return now && now->role == user->role && strcmp(now->hash, user->hash) == 0;
}

void sessions_sweep(struct sessions *sessions, const struct users *users, int64_t now)
{
    for (size_t i = 0; i < SESSIONS_MOST; i++) {
        struct place *place = &sessions->places[i];
        if (place->session.id &&
            (is_over(&place->session, now) || !is_as_it_was(&place->session.user, users)))
            end(sessions, place);
    }
}
