#pragma once
/* The clients of an image, each before its simulated device: the real clients with their polls,
 * writes, merging and backoff, and between client and device nothing but a delay. Requests are
 * carried as PDUs: framing and sockets are not part of it, and units of one serial line do not wait
 * for each other. Time comes in as an argument. One thread at a time. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "image/image.h"
#include "virtual/device.h"

struct plan_match;
struct wire;

/* The image must outlive it. NULL with an error. */
struct wire *wire_create(struct image *image, int64_t now, struct error *error);
void wire_destroy(struct wire *wire); /* NULL is accepted */

/* From here on `ring` is called, from any thread, when a client that had nothing to do is given
 * something, and at once for what it was given before. */
void wire_attach(struct wire *wire, void (*ring)(void *context), void *context);

/* Before it is run, and after image_adopt: clients that match go on as those before them left off,
 * with their devices as they are. `before` is only to be destroyed then. */
void wire_inherit(struct wire *wire, struct wire *before, const struct plan_match *match,
                  int64_t now);

/* The same for the devices alone: the clients begin anew. */
void wire_keep_devices(struct wire *wire, struct wire *before, const struct plan_match *match,
                       int64_t now);

/* The device of this client of the image's plan. */
struct device *wire_device(struct wire *wire, uint32_t client);

/* Does all that is due at `now`. */
void wire_run(struct wire *wire, int64_t now);

/* When it wants to be run next; a client that the script or a master gave something to do wants it
 * at once. INT64_MAX: nothing will happen by itself. */
int64_t wire_due(const struct wire *wire);
