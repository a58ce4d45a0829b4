#pragma once
/* Files of lines that a program writes ("NAME.energy.csv"), beside its other state. Trouble with
 * the disk is said once, what is lost is counted, and it is tried again with the next lines.
 * Nothing is made before there is a line for it. Written by the store's thread. */

#include "base/error.h"
#include "base/text_queue.h"

struct text_logs;

struct text_logs *text_logs_open(const char *directory, const char *name, struct error *error);
void text_logs_close(struct text_logs *logs); /* NULL is accepted */

/* Writes all that lies in the queue. */
void text_logs_drain(struct text_logs *logs, struct text_queue *queue);
