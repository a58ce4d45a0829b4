/* Which clients the dials have. All is made ready beside what runs: clients, bells, for each dial
 * that is needed its seats, and dials for hosts that are new. The commit puts them in the places of
 * the old ones; a dial nobody needs any more is closed. */

#include "modbus/dialer_inside.h"

#include <stdlib.h>
#include <strings.h>
#include "base/clock.h"
#include "base/memory.h"

/* A dial, and who is going to use it. */
struct crew {
    struct dial *dial;
    struct caller_change *seats;
    bool made; /* the dial is the change's own, until the commit */
};

struct dialer_change {
    struct dialer *dialer;
    struct bells bells;
    struct crew *crews;
    size_t crew_count;
    struct dial **dials; /* room for those after the commit */
};

/* ---- made ready ---- */

static bool leads_to(const struct dial *dial, const struct client_spec *spec)
{
    return dial->question.port == spec->port && strcasecmp(dial->question.host, spec->host) == 0;
}

static struct crew *find_crew(const struct dialer_change *change, const struct client_spec *spec)
{
    for (size_t i = 0; i < change->crew_count; i++)
        if (leads_to(change->crews[i].dial, spec))
            return &change->crews[i];
    return NULL;
}

static struct dial *find_dial(const struct dialer *dialer, const struct client_spec *spec)
{
    for (size_t i = 0; i < dialer->dial_count; i++)
        if (leads_to(dialer->dials[i], spec))
            return dialer->dials[i];
    return NULL;
}

static struct crew *crew_for(struct dialer_change *change, const struct client_spec *spec,
                             struct error *error)
{
    const struct dialer *dialer = change->dialer;
    struct crew *crew = find_crew(change, spec);
    if (crew)
        return crew;
    struct dial *dial = find_dial(dialer, spec);
    bool made = !dial;
    if (made)
        dial = dial_create(dialer->loop, dialer->resolver, spec->host, spec->port, error);
    if (!dial)
        return NULL;
    crew = &change->crews[change->crew_count++];
    *crew = (struct crew){dial, caller_prepare(dial->caller), made};
    return crew;
}

static bool add_client(struct dialer_change *change, uint32_t number, struct error *error)
{
    struct image *image = change->bells.image;
    struct crew *crew = crew_for(change, &image_plan(image)->clients[number], error);
    if (!crew)
        return false;
    struct client *client = client_create(image, number, clock_monotonic(), error);
    if (!client)
        return false;
    struct bell *bell = &change->bells.rows[change->bells.count++];
    bell->dialer = change->dialer;
    bell->client = client;
    bell->number = number;
    bell->dial = crew->dial;
    bell->seat = caller_change_add(crew->seats, client);
    return true;
}

static bool add_clients(struct dialer_change *change, struct error *error)
{
    const struct plan *plan = image_plan(change->bells.image);
    for (uint32_t i = 0; i < plan->client_count; i++)
        if (plan_client_dials(plan, i) && !add_client(change, i, error))
            return false;
    for (size_t i = 0; i < change->crew_count; i++)
        caller_change_seal(change->crews[i].seats);
    return true;
}

struct dialer_change *dialer_prepare(struct dialer *dialer, struct image *image,
                                     struct error *error)
{
    struct dialer_change *change = memory_zeroed(1, sizeof *change);
    size_t most = image_plan(image)->client_count;
    change->dialer = dialer;
    change->bells.image = image;
    change->bells.rows = memory_zeroed(most, sizeof *change->bells.rows);
    change->crews = memory_zeroed(most, sizeof *change->crews);
    change->dials = memory_zeroed(most, sizeof(struct dial *));
    if (add_clients(change, error))
        return change;
    dialer_discard(change);
    return NULL;
}

static void finish(struct dialer_change *change)
{
    free(change->crews);
    free(change->dials);
    free(change);
}

void dialer_discard(struct dialer_change *change)
{
    if (!change)
        return;
    for (size_t i = 0; i < change->crew_count; i++) {
        caller_discard(change->crews[i].seats);
        if (change->crews[i].made)
            dial_destroy(change->crews[i].dial);
    }
    dialer_finish(&change->bells);
    finish(change);
}

/* ---- the commit ---- */

static bool has_crew(const struct dialer_change *change, const struct dial *dial)
{
    for (size_t i = 0; i < change->crew_count; i++)
        if (change->crews[i].dial == dial)
            return true;
    return false;
}

static void close_others(const struct dialer_change *change)
{
    const struct dialer *dialer = change->dialer;
    for (size_t i = 0; i < dialer->dial_count; i++)
        if (!has_crew(change, dialer->dials[i]))
            dial_destroy(dialer->dials[i]);
}

/* Old clients are looked at until the last new one has inherited. */
static void seat_all(struct dialer_change *change, const struct plan_match *match, int64_t now)
{
    struct dialer *dialer = change->dialer;
    for (size_t i = 0; i < change->crew_count; i++) {
        struct crew *crew = &change->crews[i];
        caller_commit(crew->seats, match, now);
        dial_changed(crew->dial);
        change->dials[i] = crew->dial;
    }
    close_others(change);
    free(dialer->dials);
    dialer->dials = change->dials;
    dialer->dial_count = change->crew_count;
    change->dials = NULL;
}

void dialer_commit(struct dialer_change *change, const struct plan_match *match, int64_t now)
{
    struct dialer *dialer = change->dialer;
    dialer_detach(dialer);
    seat_all(change, match, now);
    dialer_finish(&dialer->bells);
    dialer->bells = change->bells;
    dialer_attach(&dialer->bells);
    finish(change);
}
