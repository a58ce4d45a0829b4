#pragma once
/* A line editor on the terminal, with a history that is kept and completion by the running program.
 */

#include <stdbool.h>
#include "base/error.h"
#include "control/talk.h"

struct prompt;

struct prompt *prompt_open(struct talk *talk, struct error *error);
void prompt_close(struct prompt *prompt); /* NULL is accepted; keeps the history */

/* The next line, without its newline, valid until the next call; NULL at the end. `more`: it goes
 * on with the last one, and may be empty; others are not. */
const char *prompt_line(struct prompt *prompt, bool more);
