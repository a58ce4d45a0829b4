#pragma once
/* Accepting, for listener.c. */

#include "modbus/listener.h"

/* The listening socket has newcomers. */
void listener_accept(struct loop_source *source, uint32_t events);

/* After a pause. */
void listener_accept_again(struct listener *listener);

int listener_open_spare(void);

/* As the spec says, or as it is without a word. */
size_t listener_most(const struct server_spec *spec);
size_t listener_most_per_address(const struct server_spec *spec);
