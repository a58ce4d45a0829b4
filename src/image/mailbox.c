/* Letters between scripts and links: a fixed number of slots, each asked, taken, answered and read
 * in turn. A ticket is the slot and how often the slot was used before, so that an old ticket does
 * not open a new letter. The lock is the mailbox's own: letters are long and values shall not wait
 * for them. */

#include "image/mailbox.h"

#include "base/mutex.h"
#include "image/inside.h"

#include <stdlib.h>
#include <string.h>

enum state { STATE_FREE, STATE_ASKED, STATE_TAKEN, STATE_ANSWERED, STATE_FAILED };
enum { USES_MOST = 1 << 24 };

struct letter {
    enum state state;
    bool dropped; /* nobody looks any more: free once the link is done with it */
    uint32_t client, uses;
    uint64_t sequence;
    size_t length;
    uint8_t pdu[MAILBOX_PDU]; /* the question, then the answer */
    char error[MAILBOX_ERROR];
};

struct mailbox {
    pthread_mutex_t mutex;
    uint64_t sequence;
    struct letter letters[MAILBOX_SLOTS];
    atomic_uint asked[]; /* by client: its questions that wait; changed with the mutex */
};

struct mailbox *mailbox_create(size_t clients)
{
    struct mailbox *mailbox = calloc(1, sizeof *mailbox + clients * sizeof mailbox->asked[0]);
    if (mailbox)
        mutex_init(&mailbox->mutex);
    return mailbox;
}

void mailbox_destroy(struct mailbox *mailbox)
{
    if (!mailbox)
        return;
    pthread_mutex_destroy(&mailbox->mutex);
    free(mailbox);
}

static int ticket_of(const struct mailbox *mailbox, const struct letter *letter)
{
    return (int)(letter->uses * MAILBOX_SLOTS + (uint32_t)(letter - mailbox->letters));
}

/* The letter of a ticket that is still good, or NULL. */
static struct letter *find(struct mailbox *mailbox, int ticket)
{
    if (ticket < 0)
        return NULL;
    struct letter *letter = &mailbox->letters[ticket % MAILBOX_SLOTS];
    bool good = letter->state != STATE_FREE && ticket_of(mailbox, letter) == ticket;
    return good ? letter : NULL;
}

static void set_state(struct mailbox *mailbox, struct letter *letter, enum state state)
{
    atomic_uint *asked = &mailbox->asked[letter->client];
    if (letter->state == STATE_ASKED)
        atomic_fetch_sub_explicit(asked, 1, memory_order_relaxed);
    if (state == STATE_ASKED)
        atomic_fetch_add_explicit(asked, 1, memory_order_relaxed);
    letter->state = state;
}

static void release(struct mailbox *mailbox, struct letter *letter)
{
    set_state(mailbox, letter, STATE_FREE);
    letter->uses = (letter->uses + 1) % USES_MOST;
}

/* ---- the script's side ---- */

static int ask(struct mailbox *mailbox, uint32_t client, const uint8_t *pdu, size_t length)
{
    for (size_t i = 0; i < MAILBOX_SLOTS; i++) {
        struct letter *letter = &mailbox->letters[i];
        if (letter->state != STATE_FREE)
            continue;
        letter->dropped = false;
        letter->client = client;
        set_state(mailbox, letter, STATE_ASKED);
        letter->sequence = mailbox->sequence++;
        letter->length = length;
        memcpy(letter->pdu, pdu, length);
        return ticket_of(mailbox, letter);
    }
    return -1;
}

int mailbox_ask(struct image *image, uint32_t client, const uint8_t *pdu, size_t length)
{
    struct mailbox *mailbox = image->mailbox;
    if (length > MAILBOX_PDU)
        return -1;
    pthread_mutex_lock(&mailbox->mutex);
    int ticket = ask(mailbox, client, pdu, length);
    pthread_mutex_unlock(&mailbox->mutex);
    if (ticket >= 0)
        link_wake(image, client);
    return ticket;
}

/* What a ticket that was ended before says is for whoever kept it too long. */
static enum mail look(struct mailbox *mailbox, struct letter *letter, uint8_t *answer,
                      size_t *length, char *error)
{
    if (!letter) {
        strcpy(error, "this request has ended, its answer was given before");
        return MAIL_FAILED;
    }
    if (letter->state == STATE_ASKED || letter->state == STATE_TAKEN)
        return MAIL_WAITS;
    enum mail mail = letter->state == STATE_ANSWERED ? MAIL_ANSWERED : MAIL_FAILED;
    if (mail == MAIL_ANSWERED) {
        memcpy(answer, letter->pdu, letter->length);
        *length = letter->length;
    } else {
        memcpy(error, letter->error, MAILBOX_ERROR);
    }
    release(mailbox, letter);
    return mail;
}

enum mail mailbox_look(struct image *image, int ticket, uint8_t answer[MAILBOX_PDU], size_t *length,
                       char error[MAILBOX_ERROR])
{
    struct mailbox *mailbox = image->mailbox;
    pthread_mutex_lock(&mailbox->mutex);
    enum mail mail = look(mailbox, find(mailbox, ticket), answer, length, error);
    pthread_mutex_unlock(&mailbox->mutex);
    return mail;
}

void mailbox_drop(struct image *image, int ticket)
{
    struct mailbox *mailbox = image->mailbox;
    pthread_mutex_lock(&mailbox->mutex);
    struct letter *letter = find(mailbox, ticket);
    if (letter && letter->state == STATE_TAKEN)
        letter->dropped = true;
    else if (letter)
        release(mailbox, letter);
    pthread_mutex_unlock(&mailbox->mutex);
}

/* ---- the link's side ---- */

static struct letter *oldest(struct mailbox *mailbox, uint32_t client)
{
    struct letter *found = NULL;
    for (size_t i = 0; i < MAILBOX_SLOTS; i++) {
        struct letter *letter = &mailbox->letters[i];
        if (letter->state == STATE_ASKED && letter->client == client &&
            (!found || letter->sequence < found->sequence))
            found = letter;
    }
    return found;
}

int mailbox_take(struct image *image, uint32_t client, uint8_t pdu[MAILBOX_PDU], size_t *length)
{
    struct mailbox *mailbox = image->mailbox;
    int ticket = -1;
    if (!atomic_load_explicit(&mailbox->asked[client], memory_order_relaxed))
        return -1; /* who asks wakes the link afterwards, and it looks again */
    pthread_mutex_lock(&mailbox->mutex);
    struct letter *letter = oldest(mailbox, client);
    if (letter) {
        set_state(mailbox, letter, STATE_TAKEN);
        memcpy(pdu, letter->pdu, letter->length);
        *length = letter->length;
        ticket = ticket_of(mailbox, letter);
    }
    pthread_mutex_unlock(&mailbox->mutex);
    return ticket;
}

/* The letter that the link has, on its way back; NULL when nobody waits for it. */
static struct letter *give_back(struct mailbox *mailbox, int ticket, enum state state)
{
    struct letter *letter = find(mailbox, ticket);
    if (!letter || letter->state != STATE_TAKEN)
        return NULL;
    set_state(mailbox, letter, state);
    if (!letter->dropped)
        return letter;
    release(mailbox, letter);
    return NULL;
}

void mailbox_answer(struct image *image, int ticket, const uint8_t *pdu, size_t length)
{
    struct mailbox *mailbox = image->mailbox;
    if (length > MAILBOX_PDU) {
        mailbox_fail(image, ticket, "the answer is longer than a request of one's own can take");
        return;
    }
    pthread_mutex_lock(&mailbox->mutex);
    struct letter *letter = give_back(mailbox, ticket, STATE_ANSWERED);
    if (letter) {
        memcpy(letter->pdu, pdu, length);
        letter->length = length;
    }
    pthread_mutex_unlock(&mailbox->mutex);
}

/* The mutex is held. */
static void write_error(struct letter *letter, const char *error)
{
    size_t length = strnlen(error, MAILBOX_ERROR - 1);
    memcpy(letter->error, error, length);
    letter->error[length] = '\0';
}

void mailbox_fail(struct image *image, int ticket, const char *error)
{
    struct mailbox *mailbox = image->mailbox;
    pthread_mutex_lock(&mailbox->mutex);
    struct letter *letter = give_back(mailbox, ticket, STATE_FAILED);
    if (letter)
        write_error(letter, error);
    pthread_mutex_unlock(&mailbox->mutex);
}

void mailbox_end(struct image *image, const char *error)
{
    struct mailbox *mailbox = image->mailbox;
    pthread_mutex_lock(&mailbox->mutex);
    for (size_t i = 0; i < MAILBOX_SLOTS; i++) {
        struct letter *letter = &mailbox->letters[i];
        if (letter->state != STATE_ASKED && letter->state != STATE_TAKEN)
            continue;
        set_state(mailbox, letter, STATE_FAILED);
        write_error(letter, error);
        if (letter->dropped)
            release(mailbox, letter);
    }
    pthread_mutex_unlock(&mailbox->mutex);
}
