#pragma once
/* Who answers: finds the memory behind a unit id and has the PDU carried out on it. No sockets,
 * no framing; the same server stands behind a TCP port and a serial line. Immutable after
 * creation. */

#include <stddef.h>
#include <stdint.h>
#include "image/image.h"
#include "modbus/pdu.h"

struct server;

/* `spec` lies in the image's plan; the caller keeps image and plan alive. */
struct server *server_create(struct image *image, const struct server_spec *spec);
void server_destroy(struct server *server); /* NULL is accepted */
const struct server_spec *server_spec(const struct server *server);
struct image *server_image(const struct server *server);

/* Its number among the links (link.h); -1 for a spec that is none of the plan's. */
int server_link(const struct server *server);

/* The answer's length; 0A (GATEWAY_PATH) for a unit that nobody here answers. `origin` says who
 * asks, for the audit log, unit and function are filled in here; NULL: nobody is named. */
size_t server_answer(struct server *server, uint8_t unit, const uint8_t *request, size_t length,
                     uint8_t *answer, const struct origin *origin, int64_t now);
