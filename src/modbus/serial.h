#pragma once
/* A serial port through libmodbus, which opens and configures it, switches RTS or RS-485 and sends.
 * Receiving is ours (rtu.h): libmodbus loses requests after other units' traffic. The only file
 * that includes <modbus.h>. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "image/link_spec.h"

struct serial;

/* Opens the device; what the driver then says of baud rate, parity and stop bits must be what was
 * asked, or that is the error (libmodbus takes 9600 for a rate it does not know). Errors name the
 * device and what to do ("permission denied; the group dialout may use it"). */
struct serial *serial_open(const struct line_spec *line, struct error *error);
void serial_close(struct serial *serial);   /* NULL is accepted */
int serial_fd(const struct serial *serial); /* non-blocking: to poll and read */

/* Sends one frame: unit, PDU and the CRC that libmodbus adds. False: the device is gone. Blocks no
 * longer than the bytes take on the line. */
bool serial_send(struct serial *serial, uint8_t unit, const uint8_t *pdu, size_t length);

/* What has come. 0: nothing; negative: the device is gone. */
long serial_receive(struct serial *serial, uint8_t *bytes, size_t room);

/* Time that `length` bytes take on the line, in nanoseconds, and bits of one character. */
int64_t serial_time(const struct line_spec *line, size_t length);
unsigned serial_bits(const struct line_spec *line);
