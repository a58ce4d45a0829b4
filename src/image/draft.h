#pragma once
/* Where values live while a script's body still declares, before anyone knows how large the
 * memories will be: each table in use gets room for all its 65536 addresses, which costs address
 * space but no memory until touched. Sealing carries the values over. One thread. */

#include <stdbool.h>
#include <stdint.h>
#include "image/plan.h"

struct draft;
struct image;

struct draft *draft_create(struct error *error);
void draft_destroy(struct draft *draft); /* NULL is accepted */

/* Cell of an address, making room for its table where there is none yet. -1 with an error when
 * the system refuses. The cells may move at that moment: ask draft_cells again. */
int64_t draft_cell(struct draft *draft, uint32_t memory, enum table table, uint16_t address,
                   struct error *error);
uint16_t *draft_cells(struct draft *draft);

/* Remembers that the body assigned this address range under this mask. */
void draft_assign(struct draft *draft, uint32_t cell, uint16_t words, uint16_t mask);

/* The bits of a cell that the body has assigned so far. */
uint16_t draft_assigned(const struct draft *draft, uint32_t cell);

/* Puts what was assigned into an image made from the sealed plan: the state before the first
 * scan, no remote write and no conflict. */
void draft_apply(const struct draft *draft, struct image *image, int64_t now);
