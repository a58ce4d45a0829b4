#pragma once
/* What the parts of the test host share. host.c runs one test file as a program in virtual time;
 * host_script.c runs scripts of a few lines beside it, in the sandbox; host_link.c is the devices
 * at the other end of its clients. */

#include <stdint.h>
#include <lua.h>
#include "base/clock.h"
#include "image/image.h"

/* The virtual clock of every program that the host runs begins here. */
#define HOST_BEGIN                                                                                 \
    ((struct instant){.monotonic = 1000 * (int64_t)NS_PER_S,                                       \
                      .utc = 1767323045 * (int64_t)NS_PER_S}) /* 2026-01-02 03:04:05 UTC */

/* Makes the folder for scripts and goes there; leaves and removes it. */
void host_enter_folder(void);
void host_remove_folder(void);

/* Puts host.file, host.check and host.run into the table on top of the stack. */
void host_add_scripts(lua_State *L);

/* Puts host.link, host.device, host.pending, host.deliver, host.asked, host.answer and host.fail
 * into the table on top of the stack. */
void host_add_links(lua_State *L, struct image *image);

/* host.c: the moment of the virtual clock; what the test assigned is published. */
int64_t host_now(lua_State *L);
