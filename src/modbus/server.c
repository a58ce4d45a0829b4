/* A table look-up in front of the PDU: unit id to memory. The device's identity is made here once,
 * from the program's name and ours. */

#include "modbus/server.h"
#include <stdlib.h>
#include "image/audit.h"

struct server {
    struct image *image;
    const struct server_spec *spec;
    struct identity identity;
};

struct server *server_create(struct image *image, const struct server_spec *spec)
{
    struct server *server = calloc(1, sizeof *server);
    if (!server)
        return NULL;
    server->image = image;
    server->spec = spec;
    server->identity = (struct identity){
        .vendor = "MSM",
        .product = "msm",
        .revision = MSM_VERSION,
        .name = "Modbus Shared Memory",
        .model = "msm",
        .application = image_plan(image)->name,
    };
    return server;
}

void server_destroy(struct server *server)
{
    free(server);
}

const struct server_spec *server_spec(const struct server *server)
{
    return server->spec;
}

struct image *server_image(const struct server *server)
{
    return server->image;
}

int server_link(const struct server *server)
{
    const struct plan *plan = image_plan(server->image);
    for (size_t i = 0; i < plan->server_count; i++)
        if (server->spec == &plan->servers[i])
            return (int)(plan->client_count + i);
    return -1;
}

static void note_refused(const struct server *server, const struct origin *origin)
{
    audit_note(image_audit(server->image), AUDIT_REFUSED, origin, "write refused: %s is read_only",
               server->spec->name);
}

size_t server_answer(struct server *server, uint8_t unit, const uint8_t *request, size_t length,
                     uint8_t *answer, const struct origin *origin, int64_t now)
{
    struct origin full;
    bool writes = pdu_writes(request[0]);
    int memory = server->spec->memory_of[unit];
    if (memory == UNIT_NONE)
        return pdu_exception(request[0], EXCEPTION_GATEWAY_PATH, answer);
    if (origin && writes) {
        full = *origin;
        full.unit = unit;
        full.function = request[0];
    }
    struct pdu_target target = {
        .image = server->image,
        .memory = (uint32_t)memory,
        .read_only = server->spec->read_only,
        .identity = &server->identity,
        .serve_stale = server->spec->serve_stale,
        .origin = origin && writes ? &full : NULL,
    };
    if (writes && target.read_only)
        note_refused(server, target.origin);
    return pdu_answer(&target, request, length, answer, now);
}
