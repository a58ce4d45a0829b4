#pragma once
/* What the parts of the test host share. host.c runs one test file as a program in virtual time;
 * host_script.c runs scripts of a few lines beside it, in the sandbox; host_play.c does so through
 * reloads and restarts; host_link.c is the devices at the other end of its clients. */

#include <stddef.h>
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

/* In the folder for scripts; what cannot be written ends the test. */
void host_write_file(const char *path, const char *text, size_t length);

/* Puts host.play into the table on top of the stack. */
void host_add_play(lua_State *L);

/* host_eval.c: runs a line of code between two scans of a script beside the test; pushes its values
 * and returns how many there are. Raises its error. */
struct generation;
int host_eval(lua_State *L, const char *code, struct generation *generation, struct instant now);

/* Puts host.link, host.device, host.pending, host.deliver, host.asked, host.answer and host.fail
 * into the table on top of the stack. */
void host_add_links(lua_State *L, struct image *image);

/* host.c: the moment of the virtual clock; what the test assigned is published. */
int64_t host_now(lua_State *L);
