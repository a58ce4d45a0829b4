#pragma once
/* Starting a thread that is not the main one: signals stay with the main thread. */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"

/* `name` is what the system's tools show, at most 15 bytes. The error is the system's word alone:
 * who asked says which thread it was. Whoever starts one joins or detaches it. */
bool thread_start(pthread_t *thread, const char *name, size_t stack, void *(*function)(void *),
                  void *context, struct error *error);
