#pragma once
/* A name in the folder of sockets, claimed for as long as the process lives: a locked file beside
 * the socket, so that of two that start at once one is refused, and that a dead program's socket
 * can be replaced without asking who else is about to. */

#include "base/error.h"
#include "control/place.h"

struct claim {
    int fd; /* -1: none */
    char path[PLACE_PATH + 8];
};

/* `path` is the socket's, `name` the program's. False with an error: another process has it, whose
 * number is told. */
bool claim_take(struct claim *claim, const char *path, const char *name, struct error *error);
void claim_give_up(struct claim *claim); /* nothing for none */
