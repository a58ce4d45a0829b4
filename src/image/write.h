#pragma once
/* A write by a master or by name, for the files of this room only: with the image's mutex held. */

#include "image/inside.h"

enum { WRITE_MAX = 1968 }; /* the widest: FC 15 */

/* A write as it would leave the cells. `touched` are the bits that it means to write. */
struct write {
    uint32_t cell;
    uint16_t count;
    uint16_t touched;
    bool by_name;                /* not by address: it reaches tables that masters only read */
    const struct origin *origin; /* NULL: nobody wants to know who it was */
    uint16_t words[WRITE_MAX];
};

enum exception write_judge(const struct image *image, const struct write *write);

/* After it was judged. */
void write_carry_out(struct image *image, const struct write *write, int64_t now);
