#pragma once
/* Where running programs are found: one Unix socket each, NAME.sock, in a folder of their user's:
 * $MSM_RUN if set, else $XDG_RUNTIME_DIR/msm, else /run/msm for root, else /tmp/msm-UID (made with
 * mode 0700; one that belongs to somebody else is refused). */

#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"

enum { PLACE_PATH = 108 }; /* sun_path */

/* Whether a program can be called so: its socket and its files are. False with an error. */
bool place_name_check(const char *name, struct error *error);

/* The folder, made where missing if `make`; false with an error. */
bool place_folder(char folder[PLACE_PATH], bool make, struct error *error);
bool place_socket(char path[PLACE_PATH], const char *name, bool make, struct error *error);

/* Whether somebody answers at a socket. */
bool place_answers(const char *path);

/* Names of programs whose socket answers: newline-separated, sorted (malloc). */
char *place_running(void);

/* Connects to the program of that name; NULL: the only one that runs. Else -1 with an error, which
 * names those that run, or PLACE_SILENT: it runs, but does not take what comes. `name` gets who it
 * is (64 bytes). */
enum { PLACE_SILENT = -2 };
int place_connect(const char *wanted, char *name, struct error *error);
