#pragma once
/* The simulated devices of a program that runs in real time (plan->settings.simulated): all clients
 * of its image before devices that are made from the declarations (wire.h), on one thread. Nothing
 * goes to a network or to a serial port. */

#include <stdbool.h>
#include <stdint.h>
#include "base/error.h"
#include "image/image.h"

struct plan_match;
struct sim;

/* The devices begin with the declared defaults. The image must outlive it, or be followed by
 * another one. NULL with an error. */
struct sim *sim_create(struct image *image, struct error *error);
bool sim_start(struct sim *sim, struct error *error);
void sim_destroy(struct sim *sim); /* ends the thread; NULL is accepted */

/* ---- another program takes over: as in modbus/tcp.h ----
 *
 * Devices whose clients match keep their values, by address. A NULL sim has nothing to hold. */

struct sim_change;

struct sim_change *sim_prepare(struct sim *sim, struct image *to, const struct plan_match *match,
                               struct error *error);
void sim_discard(struct sim_change *change); /* NULL is accepted */
void sim_hold(struct sim *sim);
void sim_release(struct sim *sim);
void sim_commit(struct sim_change *change, int64_t now); /* NULL is accepted */

/* Puts values into the device that feeds these points of the image's plan (an array's elements, or
 * one alone), in one step; they come with its next poll. The words of one point, as image_set takes
 * them, stand `each` behind those of another. Any thread but its own; not while held, nor during a
 * change. */
void sim_set(struct sim *sim, uint32_t first, uint32_t count, const uint16_t *words, uint16_t each);
