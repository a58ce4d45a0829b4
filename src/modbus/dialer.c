/* The dials of a plan, and how they are woken: whoever changes something pushes the client's bell
 * on a list without a lock, and wakes the loop only if the list was empty. The loop takes
 * the whole list at once, so that a scan which writes to one of 200 devices costs one of them. */

#include "modbus/dialer.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <strings.h>
#include "base/memory.h"
#include "base/waker.h"
#include "image/link.h"
#include "modbus/client.h"
#include "modbus/dial.h"

/* One for each client. */
struct bell {
    struct dialer *dialer;
    struct client *client;
    uint32_t number; /* in the plan */
    struct dial *dial;
    size_t seat; /* among the dial's clients */
    atomic_bool rung;
    struct bell *next; /* on the list, while it is rung */
};

struct dialer {
    struct waker waker;
    struct loop *loop;
    struct image *image;
    struct resolver *resolver;
    struct bell *bells;
    size_t bell_count;
    struct dial *dials;
    size_t dial_count;
    struct bell *_Atomic rung;
};

/* From any thread. */
static void ring(void *context)
{
    struct bell *bell = context;
    struct dialer *dialer = bell->dialer;
    if (atomic_exchange(&bell->rung, true))
        return;
    struct bell *first = atomic_load(&dialer->rung);
    do
        bell->next = first;
    while (!atomic_compare_exchange_weak(&dialer->rung, &first, bell));
    if (!first)
        waker_wake(&dialer->waker);
}

/* The bell may ring again from the moment it is marked free, so its place on the list is read
 * before, and its client is looked at after. */
static void answer(void *context)
{
    struct dialer *dialer = context;
    struct bell *bell = atomic_exchange(&dialer->rung, NULL);
    while (bell) {
        struct bell *next = bell->next;
        atomic_store(&bell->rung, false);
        caller_wake(bell->dial->caller, bell->seat);
        dial_run(bell->dial);
        bell = next;
    }
}

static struct dial *find_dial(struct dialer *dialer, const struct client_spec *spec)
{
    for (size_t i = 0; i < dialer->dial_count; i++) {
        const struct resolver_question *question = &dialer->dials[i].question;
        if (question->port == spec->port && strcasecmp(question->host, spec->host) == 0)
            return &dialer->dials[i];
    }
    return NULL;
}

static struct dial *dial_for(struct dialer *dialer, const struct client_spec *spec,
                             struct error *error)
{
    struct dial *dial = find_dial(dialer, spec);
    if (dial)
        return dial;
    dial = &dialer->dials[dialer->dial_count];
    if (!dial_open(dial, dialer->loop, dialer->resolver, spec->host, spec->port, error))
        return NULL;
    dialer->dial_count++;
    return dial;
}

static size_t seats_taken(const struct dialer *dialer, const struct dial *dial)
{
    size_t count = 0;
    for (size_t i = 0; i < dialer->bell_count; i++)
        count += dialer->bells[i].dial == dial;
    return count;
}

static bool add_client(struct dialer *dialer, uint32_t number, struct error *error)
{
    const struct client_spec *spec = &image_plan(dialer->image)->clients[number];
    struct bell *bell = &dialer->bells[dialer->bell_count];
    struct dial *dial = dial_for(dialer, spec, error);
    if (!dial)
        return false;
    bell->dialer = dialer;
    bell->number = number;
    bell->client = client_create(dialer->image, number, loop_now(dialer->loop), error);
    if (!bell->client)
        return false;
    if (!dial_add(dial, bell->client, error)) {
        client_destroy(bell->client);
        return false;
    }
    bell->seat = seats_taken(dialer, dial);
    bell->dial = dial;
    dialer->bell_count++;
    link_attach(dialer->image, number, ring, bell);
    return true;
}

static bool add_clients(struct dialer *dialer, struct error *error)
{
    const struct plan *plan = image_plan(dialer->image);
    for (uint32_t i = 0; i < plan->client_count; i++)
        if (!plan->clients[i].line && !add_client(dialer, i, error))
            return false;
    return true;
}

static bool listen_for_bells(struct dialer *dialer, struct error *error)
{
    return waker_open(&dialer->waker, dialer->loop, answer, dialer, error) ||
           error_prefix(error, "the TCP clients cannot be woken: ");
}

static size_t tcp_clients(const struct plan *plan)
{
    size_t count = 0;
    for (size_t i = 0; i < plan->client_count; i++)
        count += !plan->clients[i].line;
    return count;
}

struct dialer *dialer_create(struct loop *loop, struct image *image, struct error *error)
{
    struct dialer *dialer = memory_zeroed(1, sizeof *dialer);
    size_t most = tcp_clients(image_plan(image));
    dialer->loop = loop;
    dialer->image = image;
    if (most == 0)
        return dialer;
    dialer->bells = memory_zeroed(most, sizeof *dialer->bells);
    dialer->dials = memory_zeroed(most, sizeof *dialer->dials);
    dialer->resolver = resolver_create(loop, error);
    if (dialer->resolver && listen_for_bells(dialer, error) && add_clients(dialer, error))
        return dialer;
    dialer_destroy(dialer);
    return NULL;
}

/* The bells first: whoever rings must find them, and what they ring. */
void dialer_destroy(struct dialer *dialer)
{
    if (!dialer)
        return;
    for (size_t i = 0; i < dialer->bell_count; i++)
        link_attach(dialer->image, dialer->bells[i].number, NULL, NULL);
    for (size_t i = 0; i < dialer->dial_count; i++)
        dial_close(&dialer->dials[i]);
    for (size_t i = 0; i < dialer->bell_count; i++)
        client_destroy(dialer->bells[i].client);
    waker_close(&dialer->waker);
    resolver_destroy(dialer->resolver);
    free(dialer->dials);
    free(dialer->bells);
    free(dialer);
}
