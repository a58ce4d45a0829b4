/* Options of variables that can be judged only when it is known whether a client mirrors their
 * memory, and who writes them: an option that would do nothing is refused, with the reason. Then
 * whether each group fits into one request, as a client must move it. */

#include "image/plan_inside.h"

struct option {
    const char *name;
    bool (*stated)(const struct variable *v);
    bool on_in, on_out; /* has a meaning there */
    const char *instead;
};

static bool has_period(const struct variable *v)
{
    return v->period != 0;
}

static bool has_poll(const struct variable *v)
{
    return v->unpolled;
}

static bool has_write(const struct variable *v)
{
    return v->refreshed;
}

static bool has_tolerance(const struct variable *v)
{
    return v->tolerance != 0;
}

static bool has_interval(const struct variable *v)
{
    return v->min_write_interval != 0;
}

static bool has_expire(const struct variable *v)
{
    return v->has_expire;
}

static bool has_on_loss(const struct variable *v)
{
    return v->has_on_loss;
}

static bool has_invalid(const struct variable *v)
{
    return v->has_invalid;
}

static const struct option OPTIONS[] = {
    {"expire", has_expire, false, false, "only writes of \"inout\" are given up"},
    {"invalid", has_invalid, true, true, ""},
    {"min_write_interval", has_interval, false, true, "nothing is ever written"},
    {"on_loss", has_on_loss, true, false, "the program's own value does not go with the link"},
    {"period", has_period, true, true, ""},
    {"poll = false", has_poll, false, true, "nothing else would ever give it a value"},
    {"tolerance", has_tolerance, false, true, "nothing is ever written that a device could round"},
    {"write = \"always\"", has_write, false, true, "nothing is ever written"},
};

enum { OPTION_COUNT = sizeof OPTIONS / sizeof *OPTIONS };

static bool refuse(const struct variable *v, const char *option, const char *why,
                   struct error *error)
{
    return error_set(error, "%s: %s: option %s: %s", v->where, v->path, option, why);
}

static bool refuse_for(const struct variable *v, const char *option, const char *why,
                       struct error *error)
{
    return error_set(error, "%s: %s: option %s has no effect on dir = \"%s\": %s", v->where,
                     v->path, option, v->direction == DIRECTION_OUT ? "out" : "in", why);
}

/* Without a client nothing of this has a meaning. */
static bool check_unmirrored(const struct plan *plan, const struct variable *v, struct error *error)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (!OPTIONS[i].stated(v))
            continue;
        if (v->table == TABLE_VAR)
            return refuse(v, OPTIONS[i].name,
                          "a client exchanges what has an address, and var has none", error);
        return error_set(error,
                         "%s: %s: option %s is for memories that a client mirrors; %s has no "
                         "client",
                         v->where, v->path, OPTIONS[i].name, plan->memories[v->memory].name);
    }
    if (v->pulse && v->direction == DIRECTION_OUT)
        return refuse(v, "pulse", "it is sent by masters, so it cannot be dir = \"out\"", error);
    return true;
}

static bool check_device_side(const struct variable *v, struct error *error)
{
    if (v->from && !table_takes_writes(v->table))
        return refuse(v, "from", "the device gives this value, it cannot follow another one",
                      error);
    if (v->direction != DIRECTION_IN && !table_takes_writes(v->table))
        return error_set(error,
                         "%s: %s: option dir = \"%s\": nobody can write a device's %s; it is "
                         "\"in\"",
                         v->where, v->path, v->direction == DIRECTION_OUT ? "out" : "inout",
                         v->table == TABLE_INPUT ? "input registers" : "discrete inputs");
    if (v->direction == DIRECTION_IN && v->has_safe)
        return refuse_for(v, "safe", "the device gives this value", error);
    if (v->direction == DIRECTION_IN && v->retain)
        return refuse_for(v, "retain",
                          "the device gives this value, after a restart too; leave it out, or "
                          "retain what the program makes of it",
                          error);
    if (v->direction == DIRECTION_IN && v->pulse)
        return refuse_for(v, "pulse", "a pulse is sent to the device", error);
    return true;
}

static bool check_poll(const struct variable *v, struct error *error)
{
    if (v->unpolled && v->period && !v->refreshed)
        return refuse(v, "period", "with poll = false nothing is done each period", error);
    if (v->unpolled && v->has_invalid)
        return refuse(v, "invalid", "with poll = false nothing is read", error);
    return true;
}

static bool check_mirrored(const struct variable *v, struct error *error)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option *option = &OPTIONS[i];
        if (!option->stated(v))
            continue;
        if ((v->direction == DIRECTION_IN && !option->on_in) ||
            (v->direction == DIRECTION_OUT && !option->on_out))
            return refuse_for(v, option->name, option->instead, error);
    }
    return check_device_side(v, error) && check_poll(v, error);
}

/* Nobody answers a broadcast, so nothing can come in. */
static bool check_broadcast(const struct client_spec *client, struct variable *v,
                            struct error *error)
{
    if (v->direction == DIRECTION_IN)
        return error_set(error,
                         "%s: %s: is \"in\", but client.rtu at %s has unit 0, a broadcast: devices "
                         "take it and never answer, so only writes are possible",
                         v->where, v->path, client->where);
    v->unpolled = true;
    return true;
}

static bool check_declared(struct building *b, struct variable *v, struct error *error)
{
    const struct client_spec *client = client_of(&b->plan, v);
    if (v->wins != WINNER_DEFAULT && v->direction != DIRECTION_INOUT)
        return refuse_for(v, "wins", "it is for what both sides write", error);
    if (!client)
        return check_unmirrored(&b->plan, v, error);
    return check_mirrored(v, error) && (!is_broadcast(client) || check_broadcast(client, v, error));
}

static bool check_raw_range(const struct plan *plan, const struct raw *raw, struct error *error)
{
    int client = plan->memories[raw->memory].client;
    if (client < 0 || table_takes_writes(raw->table) || !is_broadcast(&plan->clients[client]))
        return true;
    return error_set(error,
                     "%s: raw %s: client.rtu at %s has unit 0, a broadcast: devices take it and "
                     "never answer, so only writes are possible",
                     raw->where, table_name(raw->table), plan->clients[client].where);
}

bool plan_check_options(struct building *b, struct error *error)
{
    for (size_t i = 0; i < b->plan.variable_count; i++) {
        if (!check_declared(b, b->variables[i], error))
            return false;
    }
    for (size_t i = 0; i < b->plan.raw_count; i++) {
        if (!check_raw_range(&b->plan, &b->plan.raws[i], error))
            return false;
    }
    return true;
}

static bool refuse_size(const struct plan *plan, const struct group *group,
                        const struct client_spec *client, bool reading, struct error *error)
{
    const struct variable *v = plan->variables[group->variable];
    const char *others = group->words > v->words ? "with what overlaps it " : "";
    return error_set(error,
                     "%s: %s: %stakes %u registers and does not fit into one request; the client "
                     "at %s %s at most %u (max_%s)",
                     v->where, v->path, others, group->words, client->where,
                     reading ? "reads" : "writes", reading ? client->max_read : client->max_write,
                     reading ? "read" : "write");
}

/* Bits and raw words take one word each, so only variables can be too large. */
static bool check_group(const struct plan *plan, const struct client_spec *client,
                        const struct group *group, struct error *error)
{
    if (group->variable < 0 || group->words <= 1)
        return true;
    if (!plan->variables[group->variable]->unpolled && group->words > client->max_read)
        return refuse_size(plan, group, client, true, error);
    if (group->direction != DIRECTION_IN && group->words > client->max_write)
        return refuse_size(plan, group, client, false, error);
    return true;
}

bool plan_check_groups(const struct building *b, struct error *error)
{
    const struct plan *plan = &b->plan;
    for (uint32_t c = 0; c < plan->client_count; c++) {
        struct run run = plan_client_groups(plan, c);
        for (uint32_t i = 0; i < run.count; i++) {
            if (!check_group(plan, &plan->clients[c], &plan->groups[run.first + i], error))
                return false;
        }
    }
    return true;
}
