#pragma once
/* Requests of a script's own to a client's device (link:request), answered in a later scan: a fixed
 * number of slots under a short lock of their own. A ticket is good until it is dropped. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "image/image.h"

enum { MAILBOX_SLOTS = 64, MAILBOX_PDU = 253, MAILBOX_ERROR = 160 };

enum mail { MAIL_WAITS, MAIL_ANSWERED, MAIL_FAILED };

/* Script's side. A ticket, or -1 when all slots are taken; wakes the link. */
int mailbox_ask(struct image *image, uint32_t client, const uint8_t *pdu, size_t length);

/* ANSWERED: the answer's PDU, exceptions included. FAILED: why there is none. Both end the ticket.
 */
enum mail mailbox_look(struct image *image, int ticket, uint8_t answer[MAILBOX_PDU], size_t *length,
                       char error[MAILBOX_ERROR]);
void mailbox_drop(struct image *image, int ticket); /* nobody will look */

/* Link's side: takes the oldest question of this client; its ticket, or -1. Each that was taken is
 * answered or failed. */
int mailbox_take(struct image *image, uint32_t client, uint8_t pdu[MAILBOX_PDU], size_t *length);
void mailbox_answer(struct image *image, int ticket, const uint8_t *pdu, size_t length);
void mailbox_fail(struct image *image, int ticket, const char *error);

/* Another program takes over, and nobody carries letters here any more: all that wait or are under
 * way have failed. What a link still says to them is ignored. */
void mailbox_end(struct image *image, const char *error);
