/* One table for three kinds of entries; it is short enough to be searched from its beginning,
 * beside a hash that takes ten thousand times as long. */

#include "hmi/attempts.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "hmi/users.h"

enum kind { FREE, OF_ADDRESS, OF_USER, KNOWN };

struct key {
    uint8_t kind, address[16];
    char user[USER_NAME];
};

struct entry {
    struct key key;
    unsigned failures;
    int64_t last; /* of them; of KNOWN the last success */
};

struct attempts {
    struct entry entries[ATTEMPTS_MOST];
};

struct attempts *attempts_create(void)
{
    return calloc(1, sizeof(struct attempts));
}

void attempts_destroy(struct attempts *attempts)
{
    free(attempts);
}

static struct key key_of(enum kind kind, const uint8_t address[16], const char *user)
{
    static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    struct key key;
    memset(&key, 0, sizeof key); /* it is compared as bytes */
    key.kind = (uint8_t)kind;
    if (address)
        memcpy(key.address, address, memcmp(address, mapped, sizeof mapped) == 0 ? 16 : 8);
    if (user)
        memcpy(key.user, user, strnlen(user, sizeof key.user - 1));
    return key;
}

static struct entry *find(struct attempts *attempts, const struct key *key)
{
    for (size_t i = 0; i < ATTEMPTS_MOST; i++)
        if (memcmp(&attempts->entries[i].key, key, sizeof *key) == 0)
            return &attempts->entries[i];
    return NULL;
}

/* A free one, or the one that nothing was heard of for longest. Who floods the table with addresses
 * does not drive out those who have logged in, as long as there are others. */
static struct entry *make_room(struct attempts *attempts)
{
    struct entry *oldest = NULL;
    for (size_t i = 0; i < ATTEMPTS_MOST; i++) {
        struct entry *entry = &attempts->entries[i];
        if (entry->key.kind == FREE)
            return entry;
        bool known = entry->key.kind == KNOWN, than = oldest && oldest->key.kind == KNOWN;
        if (!oldest || (known == than ? entry->last < oldest->last : than))
            oldest = entry;
    }
    return oldest;
}

static struct entry *find_or_make(struct attempts *attempts, const struct key *key)
{
    struct entry *entry = find(attempts, key);
    if (!entry) {
        entry = make_room(attempts);
        *entry = (struct entry){.key = *key};
    }
    return entry;
}

static void drop(struct attempts *attempts, const struct key *key)
{
    struct entry *entry = find(attempts, key);
    if (entry)
        memset(entry, 0, sizeof *entry);
}

/* ---- waiting ---- */

static int64_t wait_of(struct attempts *attempts, const struct key *key, unsigned free_ones,
                       int64_t most, int64_t now)
{
    const struct entry *entry = find(attempts, key);
    if (!entry || entry->failures < free_ones || now - entry->last >= ATTEMPTS_FORGET)
        return 0;
    unsigned more = entry->failures - free_ones;
    int64_t wait = more < 16 ? (int64_t)NS_PER_S << more : most;
    int64_t left = entry->last + (wait < most ? wait : most) - now;
    return left > 0 ? left : 0;
}

static void count(struct attempts *attempts, const struct key *key, int64_t now)
{
    struct entry *entry = find_or_make(attempts, key);
    if (now - entry->last >= ATTEMPTS_FORGET)
        entry->failures = 0;
    entry->failures += entry->failures < 1000;
    entry->last = now;
}

int64_t attempts_begin(struct attempts *attempts, const uint8_t address[16], const char *user,
                       int64_t now)
{
    struct key from = key_of(OF_ADDRESS, address, NULL), at = key_of(OF_USER, NULL, user);
    struct key known = key_of(KNOWN, address, user);
    int64_t wait = wait_of(attempts, &from, ATTEMPTS_FREE_ADDRESS, ATTEMPTS_WAIT_ADDRESS, now);
    bool is_known = find(attempts, &known);
    int64_t other =
        is_known ? 0 : wait_of(attempts, &at, ATTEMPTS_FREE_USER, ATTEMPTS_WAIT_USER, now);
    if (wait || other)
        return wait > other ? wait : other;
    count(attempts, &from, now);
    if (!is_known)
        count(attempts, &at, now);
    return 0;
}

/* ---- what came of it ---- */

/* Of an address only this one: who has a user of his own could else begin anew with another's. */
static void take_back_one(struct attempts *attempts, const struct key *key)
{
    struct entry *entry = find(attempts, key);
    if (entry && entry->failures > 0)
        entry->failures--;
}

void attempts_succeeded(struct attempts *attempts, const uint8_t address[16], const char *user,
                        int64_t now)
{
    struct key from = key_of(OF_ADDRESS, address, NULL), known = key_of(KNOWN, address, user);
    take_back_one(attempts, &from);
    attempts_forgive(attempts, user);
    find_or_make(attempts, &known)->last = now;
}

void attempts_take_back(struct attempts *attempts, const uint8_t address[16], const char *user)
{
    struct key from = key_of(OF_ADDRESS, address, NULL), at = key_of(OF_USER, NULL, user);
    struct key known = key_of(KNOWN, address, user);
    take_back_one(attempts, &from);
    if (!find(attempts, &known)) /* whose attempt was not counted as one on the name */
        take_back_one(attempts, &at);
}

void attempts_forgive(struct attempts *attempts, const char *user)
{
    struct key at = key_of(OF_USER, NULL, user);
    drop(attempts, &at);
}
