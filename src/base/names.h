#pragma once
/* A map from (scope, name) to an index, for finding a few thousand declared names quickly. */

#include <stdint.h>

struct names;

struct names *names_create(void);
void names_destroy(struct names *names); /* NULL is accepted */

/* The index, or -1. */
int names_find(const struct names *names, uint32_t scope, const char *name);

/* Adds a name that is not there yet; the text must outlive the map. */
void names_put(struct names *names, uint32_t scope, const char *name, int index);

/* Another index for a name that is there. */
void names_change(struct names *names, uint32_t scope, const char *name, int index);
