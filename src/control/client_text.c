/* The name that a link gets by itself contains its address; one that was chosen hides it. */

#include "control/client_text.h"

#include <stdio.h>
#include <string.h>

const char *client_text(const struct client_spec *client, char text[CLIENT_TEXT])
{
    char address[CLIENT_TEXT / 2];
    bool v6 = client->host && strchr(client->host, ':');
    if (client->line)
        snprintf(address, sizeof address, "%s unit %u", client->line->name, client->unit);
    else
        snprintf(address, sizeof address, "%s%s%s:%u unit %u", v6 ? "[" : "", client->host,
                 v6 ? "]" : "", client->port, client->unit);
    if (strstr(client->name, address))
        snprintf(text, CLIENT_TEXT, "%s", client->name);
    else
        snprintf(text, CLIENT_TEXT, "%s (%s)", client->name, address);
    return text;
}
