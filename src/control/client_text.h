#pragma once
/* A client for a person: its name, and with a name of its own also where its device is. */

#include <stddef.h>
#include "image/link_spec.h"

enum { CLIENT_TEXT = 512 };

/* "10.0.0.7:502 unit 1", or "boiler (10.0.0.7:502 unit 1)". Returns text. */
const char *client_text(const struct client_spec *client, char text[CLIENT_TEXT]);
