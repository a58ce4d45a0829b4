#pragma once
/* A line editor on the terminal, with a history that is kept and completion by the running program.
 */

#include "base/error.h"
#include "control/talk.h"

struct prompt;

struct prompt *prompt_open(struct talk *talk, struct error *error);
void prompt_close(struct prompt *prompt); /* NULL is accepted; keeps the history */

/* The next line that is not empty, without its newline, valid until the next call; NULL at the end.
 */
const char *prompt_line(struct prompt *prompt);
