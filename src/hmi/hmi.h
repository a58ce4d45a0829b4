#pragma once
/* The pages: what msm run --http serves to browsers. Another user of the control commands (asks.h)
 * on the main thread's loop, and one consumer of the image however many browsers look; the HTTP
 * library has a thread of its own. API.md is what it answers. */

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/error.h"
#include "base/loop.h"
#include "control/host.h"
#include "image/audit.h"

struct hmi_settings {
    char address[64];
    uint16_t port;
    const char *root;     /* --web-root, or NULL */
    const char *name;     /* --http-name, a further one by which browsers may call us, or NULL */
    char users[PATH_MAX]; /* the users file, with its folder */
    bool tls;             /* with a certificate of our own, … */
    const char *certificate, *key; /* … or with these files; NULL */
    struct audit *audit;
};

struct hmi;

/* "8080", "0.0.0.0:8080", "[::1]:8080" as --http takes it. */
bool hmi_read_address(const char *text, struct hmi_settings *settings, struct error *error);

/* `host` is copied; NULL with an error. */
struct hmi *hmi_open(struct loop *loop, const struct hmi_settings *settings,
                     const struct control_host *host, struct error *error);
void hmi_changed(struct hmi *hmi); /* the program was replaced; NULL is accepted */
void hmi_close(struct hmi *hmi);   /* likewise */

/* "http://127.0.0.1:8080/", for people. Returns text. */
const char *hmi_address(const struct hmi *hmi, char text[96]);

/* Lines about it for the log: the certificate, and what is unsafe. */
void hmi_say(const struct hmi *hmi, void (*say)(const char *line));
