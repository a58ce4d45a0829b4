/* One group of a client: where its words are, and what holds for it. */

#include "modbus/client_inside.h"

uint32_t client_group_cell(const struct client *client, uint32_t group)
{
    return client->plan->groups[client->groups.first + group].cell - client->cells.first;
}

struct merge_group client_group(struct client *client, uint32_t group)
{
    const struct group *row = &client->plan->groups[client->groups.first + group];
    uint32_t cell = client_group_cell(client, group);
    return (struct merge_group){
        .group = row,
        .variable = row->variable < 0 ? NULL : client->plan->variables[row->variable],
        .local = client->local + cell,
        .agreed = client->agreed + cell,
        .state = &client->items[group].merge};
}

bool client_group_partial(const struct client *client, uint32_t group)
{
    const struct group *row = &client->plan->groups[client->groups.first + group];
    return row->mask != 0xFFFF && !table_is_bits((enum table)client->items[group].table);
}

int64_t client_group_period(const struct client *client, uint32_t group)
{
    int32_t variable = client->plan->groups[client->groups.first + group].variable;
    int64_t own = variable < 0 ? 0 : client->plan->variables[variable]->period;
    return own > 0 ? own : client->spec->period;
}
