#pragma once
/* A simulated device: the unit that a client talks to, made from what the client's memory declares.
 * It has every table from the lowest to the highest declared address and begins with the declared
 * defaults. Requests come to it as PDUs and are answered by the very code of a server; whoever
 * stands beside it (a test, a person) reads and writes its values through a view, and gives it
 * manners. No clock, no thread: one caller at a time. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "image/image.h"
#include "image/view.h"

struct device;

struct device_manners {
    bool offline;  /* nobody is there */
    bool silent;   /* takes requests, carries them out, answers none */
    bool wrong;    /* what it answers is none to what was asked */
    int64_t delay; /* ns from a request to its answer */
};

#define DEVICE_DELAY INT64_C(1000000) /* unless told otherwise */

/* The device of this client. NULL with an error. */
struct device *device_create(const struct plan *plan, uint32_t client, int64_t now,
                             struct error *error);
void device_destroy(struct device *device); /* NULL is accepted */

/* Goes on as the device that it follows: its words by their addresses, whatever they are called
 * now, its manners, and what it refuses and rounds: after a reload, in which the declarations may
 * have changed, but not the device. */
void device_inherit(struct device *device, struct device *before, int64_t now);

/* One memory of the client's name, with all variables for everyone to write. */
const struct plan *device_plan(const struct device *device);

/* Its own hand on its values: latch, assign, publish. */
struct view *device_view(struct device *device);

/* What `from`, the plan that declares the device, calls this point gets these words. */
void device_put(struct device *device, const struct plan *from, uint32_t point,
                const uint16_t *words, int64_t now);

/* To be changed in place. */
struct device_manners *device_manners(struct device *device);

/* Writes that touch this point are refused with this exception; 0 ends that. False with an error:
 * the protocol has 1..255. */
bool device_refuse(struct device *device, uint32_t point, int exception, struct error *error);

/* What is written to this point becomes the nearest multiple of `step` in the variable's unit; 0
 * ends that. False with an error: only variables that are numbers have one, and it is a number of 0
 * or above itself. */
bool device_round(struct device *device, uint32_t point, double step, struct error *error);

/* Carries a request out; returns the answer's length. */
size_t device_answer(struct device *device, const uint8_t *request, size_t length, uint8_t *answer,
                     int64_t now);
