#pragma once
/* Options of link:request to bytes, and answers to values (MODBUS Application Protocol V1.1b3, 6).
 */

#include "program/inside.h"

/* Writes the request that the table at a stack index asks for; returns its length. Raises where
 * an option is missing, does not belong to the function code, or is out of the protocol's range.
 * `pdu` has room for MAILBOX_PDU bytes. */
size_t request_pdu(lua_State *L, int index, uint8_t *pdu);

/* Whether it asks for values. */
bool request_reads(const uint8_t *pdu);

/* Pushes a table of what a good answer brought; pushes nil and returns false where there is none.
 */
bool request_values(lua_State *L, const uint8_t *pdu, const uint8_t *answer, size_t length);
