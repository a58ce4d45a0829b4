/* How the dials are woken: whoever changes something pushes the client's bell on a list without a
 * lock, and wakes the loop only if the list was empty. The loop takes the whole list at once, so
 * that a scan which writes to one of 200 devices costs one of them. */

#include "modbus/dialer_inside.h"

#include <stdlib.h>
#include "base/memory.h"
#include "image/link.h"

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

void dialer_attach(const struct bells *bells)
{
    for (size_t i = 0; i < bells->count; i++)
        link_attach(bells->image, bells->rows[i].number, ring, &bells->rows[i]);
}

void dialer_detach(struct dialer *dialer)
{
    const struct bells *bells = &dialer->bells;
    for (size_t i = 0; i < bells->count; i++)
        link_attach(bells->image, bells->rows[i].number, NULL, NULL);
    atomic_store(&dialer->rung, NULL);
}

void dialer_finish(struct bells *bells)
{
    for (size_t i = 0; i < bells->count; i++)
        client_destroy(bells->rows[i].client);
    free(bells->rows);
    *bells = (struct bells){0};
}

struct dialer *dialer_create(struct loop *loop)
{
    struct dialer *dialer = memory_zeroed(1, sizeof *dialer);
    dialer->loop = loop;
    return dialer;
}

static bool has_tcp_clients(const struct plan *plan)
{
    for (uint32_t i = 0; i < plan->client_count; i++)
        if (plan_client_dials(plan, i))
            return true;
    return false;
}

static bool listen_for_bells(struct dialer *dialer, struct error *error)
{
    return waker_open(&dialer->waker, dialer->loop, answer, dialer, error) ||
           error_prefix(error, "the TCP clients cannot be woken: ");
}

bool dialer_open(struct dialer *dialer, const struct plan *plan, struct error *error)
{
    if (dialer->resolver || !has_tcp_clients(plan))
        return true;
    struct resolver *resolver = resolver_create(dialer->loop, error);
    if (!resolver || !listen_for_bells(dialer, error)) {
        resolver_destroy(resolver);
        return false;
    }
    dialer->resolver = resolver;
    return true;
}

/* The bells first: whoever rings must find them, and what they ring. */
void dialer_destroy(struct dialer *dialer)
{
    if (!dialer)
        return;
    dialer_detach(dialer);
    for (size_t i = 0; i < dialer->dial_count; i++)
        dial_destroy(dialer->dials[i]);
    dialer_finish(&dialer->bells);
    waker_close(&dialer->waker);
    resolver_destroy(dialer->resolver);
    free(dialer->dials);
    free(dialer);
}
