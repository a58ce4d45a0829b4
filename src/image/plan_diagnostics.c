/* One table says what there is; the registers follow one another in its order, as masters expect of
 * a block that is read in one request. */

#include "image/plan_diagnostics.h"

#include "image/link.h"

#include <stdio.h>

struct row {
    const char *name;
    enum type type;
    const char *unit, *desc;
};

static const struct row ROWS[] = {
    {"MSM_STATE", TYPE_UINT16, NULL, "1 running, 2 in probation, 3 in fault, 4 stopping"},
    {"MSM_HEARTBEAT", TYPE_UINT16, NULL, "scans, from 0 again after 65535"},
    {"MSM_SCANS", TYPE_UINT32, NULL, "scans since the start"},
    {"MSM_SCAN_LAST", TYPE_UINT32, "us", "duration of the last scan"},
    {"MSM_SCAN_MAX", TYPE_UINT32, "us", "duration of the longest scan"},
    {"MSM_OVERRUNS", TYPE_UINT32, NULL, "due times that were skipped"},
    {"MSM_FAULTS", TYPE_UINT16, NULL, "faults since the start, at most 65535"},
    {"MSM_RESTARTS", TYPE_UINT16, NULL, "restarts after a fault, at most 65535"},
    {"MSM_RELOADS", TYPE_UINT16, NULL, "reloads since the start, at most 65535"},
    {"MSM_REFUSED", TYPE_UINT16, NULL, "reloads refused or rolled back, at most 65535"},
    {"MSM_LINKS", TYPE_UINT16, NULL, "links: clients and servers"},
    {"MSM_ONLINE", TYPE_UINT16, NULL, "links that are online"},
};

static const char LINK[] = "0 offline, 1 online, 2 online and some value stale; clients first, in "
                           "the order of their declaration";

static bool declare(struct plan *plan, const struct row *row, uint16_t count, uint32_t *address,
                    struct error *error)
{
    uint32_t words = (row->type == TYPE_UINT32 ? 2u : 1u) * (count ? count : 1u);
    char path[64];
    if (*address + words > 65536)
        return error_set(error,
                         "%s: program: diagnostics do not fit below input register 65536; they "
                         "begin at %d",
                         plan->settings.diagnostics_where, (int)plan->settings.diagnostics);
    snprintf(path, sizeof path, "%s.%s", plan->memories[0].name, row->name);
    const struct variable variable = {.name = row->name,
                                      .path = plan_string(plan, path),
                                      .where = plan->settings.diagnostics_where,
                                      .table = TABLE_INPUT,
                                      .type = row->type,
                                      .address = (uint16_t)*address,
                                      .count = count,
                                      .order = plan->memories[0].order,
                                      .unit = row->unit,
                                      .desc = row->desc,
                                      .direction = DIRECTION_OUT,
                                      .decimals = -1,
                                      .expire = EXPIRE_DEFAULT};
    *address += words;
    return plan_variable(plan, &variable, error) >= 0 || error_prefix(error, "diagnostics: ");
}

bool plan_diagnostics(struct plan *plan, struct error *error)
{
    const struct row link = {"MSM_LINK", TYPE_UINT16, NULL, LINK};
    uint32_t address = (uint32_t)plan->settings.diagnostics;
    size_t links = link_count(plan);
    if (plan->settings.diagnostics < 0)
        return true;
    for (size_t i = 0; i < plan->client_count; i++)
        if (plan->clients[i].memory == 0)
            return error_set(error,
                             "%s: program: diagnostics are input registers of %s, which belong to "
                             "the device of its client (%s)",
                             plan->settings.diagnostics_where, plan->memories[0].name,
                             plan->clients[i].where);
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
        if (!declare(plan, &ROWS[i], 0, &address, error))
            return false;
    return !links || declare(plan, &link, (uint16_t)links, &address, error);
}
