#pragma once
/* The other end of the control socket: a command that asks a running program (PROTOCOL.md).
 * Blocking. */

#include <jansson.h>
#include <stdbool.h>
#include "base/error.h"

struct talk;

/* `name` NULL: the only program that runs. NULL, with the reason said on stderr as "msm COMMAND: …"
 * and *exit_code set, where there is none. */
struct talk *talk_open(const char *command, const char *name, int *exit_code);
void talk_close(struct talk *talk); /* NULL is accepted */
int talk_fd(const struct talk *talk);
const char *talk_name(const struct talk *talk);
const char *talk_command(const struct talk *talk);

/* From here on a program that takes or says nothing for so many seconds is given up: what waits for
 * it fails, and talk_is_good says why. 0, as at the beginning: never. */
void talk_set_patience(struct talk *talk, int seconds);

enum { TALK_PATIENCE = 10, TALK_HASTE = 2 }; /* for a person; for one who types on meanwhile */

bool talk_send(struct talk *talk, json_t *request); /* takes the reference */
json_t *talk_receive(struct talk *talk);            /* a new one; NULL: the program has gone */
bool talk_has_line(const struct talk *talk);        /* talk_receive would not wait */

/* Whether a line that was received (or NULL) says "ok". If not, that is said on stderr in the
 * program's words, and *exit_code set. */
bool talk_is_good(const struct talk *talk, const json_t *line, int *exit_code);

/* Asks and waits for the answer. NULL: refused, as above; the request may be NULL, because a text
 * in it is not UTF-8, which is said. */
json_t *talk_ask(struct talk *talk, json_t *request, int *exit_code);

/* The same with a connection for this one question. */
json_t *talk_once(const char *command, const char *name, int patience, json_t *request,
                  int *exit_code);
