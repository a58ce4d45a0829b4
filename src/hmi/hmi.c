/* Begin and end, and where. */

#include "hmi/hmi_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/clock.h"

enum { SOON = 30 * 24 * 60 * 60 };

/* ---- where ---- */

bool hmi_read_address(const char *text, struct hmi_settings *settings, struct error *error)
{
    const char *colon = strrchr(text, ':'), *digits = colon ? colon + 1 : text;
    char *end;
    unsigned long port = strtoul(digits, &end, 10);
    size_t length = colon ? (size_t)(colon - text) : 0;
    bool brackets = length > 2 && text[0] == '[' && text[length - 1] == ']';
    if (*digits < '0' || *digits > '9' || *end || port > 65535 || (colon && !length) ||
        length >= sizeof settings->address)
        return error_set(error,
                         "--http takes a port, or an address of this computer and a port: 8080, "
                         "0.0.0.0:8080, [::1]:8080; not \"%s\"",
                         text);
    settings->port = (uint16_t)port;
    if (!colon)
        strcpy(settings->address, "127.0.0.1");
    else
        snprintf(settings->address, sizeof settings->address, "%.*s",
                 (int)(brackets ? length - 2 : length), text + brackets);
    return true;
}

const char *hmi_address(const struct hmi *hmi, char text[96])
{
    bool v6 = strchr(hmi->settings.address, ':');
    snprintf(text, 96, "http%s://%s%s%s:%u/", hmi->tls.key ? "s" : "", v6 ? "[" : "",
             hmi->settings.address, v6 ? "]" : "", web_port(hmi->web));
    return text;
}

void hmi_say(const struct hmi *hmi, void (*say)(const char *line))
{
    char line[256];
    time_t left = hmi->tls.expires - time(NULL);
    if (hmi->tls.key) {
        snprintf(line, sizeof line, "pages: the certificate has the fingerprint (SHA-256) %s",
                 hmi->tls.fingerprint);
        say(line);
    }
    if (hmi->tls.key && left < SOON) {
        snprintf(line, sizeof line, "pages: the certificate %s",
                 left < 0 ? "has expired" : "expires within 30 days");
        say(line);
    }
    if (!hmi->tls.key && !door_is_local(hmi->door))
        say("pages: nothing is encrypted, passwords neither; --tls does that");
}

/* ---- begin and end ---- */

/* "tank" beside "tank.users". */
static bool get_certificate(struct hmi *hmi, struct error *error)
{
    const struct hmi_settings *settings = &hmi->settings;
    char stem[PATH_MAX];
    int length = (int)(strlen(settings->users) - strlen(".users"));
    snprintf(stem, sizeof stem, "%.*s", length > 0 ? length : 0, settings->users);
    if (settings->certificate)
        return tls_load(settings->certificate, settings->key, &hmi->tls, error) ||
               error_prefix(error, "--tls-cert, --tls-key: ");
    return !settings->tls || tls_own(stem, settings->name, &hmi->tls, error) ||
           error_prefix(error, "--tls: ");
}

static void session_ended(void *context, uint64_t session)
{
    feed_end_session(context, session);
}

struct hmi *hmi_open(struct loop *loop, const struct hmi_settings *settings,
                     const struct control_host *host, struct error *error)
{
    struct hmi *hmi = calloc(1, sizeof *hmi);
    if (!hmi) {
        error_set(error, "out of memory");
        return NULL;
    }
    hmi->loop = loop;
    hmi->host = *host;
    hmi->settings = *settings;
    hmi->board = board_create(&hmi->host);
    bool has_tls = get_certificate(hmi, error);
    const struct door_settings door = {.address = hmi->settings.address,
                                       .users = settings->users,
                                       .name = settings->name,
                                       .tls = settings->tls || settings->certificate,
                                       .audit = settings->audit};
    const struct web_settings web = {.address = hmi->settings.address,
                                     .port = settings->port,
                                     .root = settings->root,
                                     .certificate = hmi->tls.certificate,
                                     .key = hmi->tls.key};
    const struct web_handler handler = {hmi, api_asked, api_gone};
    if (!hmi->board)
        error_set(error, "out of memory");
    else if (has_tls && (hmi->door = door_open(loop, &door, session_ended, hmi, error)))
        hmi->web = web_open(&web, loop, &handler, error);
    if (hmi->web) {
        door_listens(hmi->door, web_port(hmi->web));
        beat_start(hmi);
        return hmi;
    }
    hmi_close(hmi);
    return NULL;
}

void hmi_changed(struct hmi *hmi)
{
    if (!hmi)
        return;
    board_forget(hmi->board);
    feed_look(hmi);
}

void hmi_close(struct hmi *hmi)
{
    if (!hmi)
        return;
    beat_stop(hmi);
    api_end(hmi);
    web_close(hmi->web);
    door_close(hmi->door);
    tls_free(&hmi->tls);
    board_destroy(hmi->board);
    frame_rows_free(&hmi->rows);
    free(hmi);
}
