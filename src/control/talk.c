/* One line out, lines in, over the socket that place.h finds. */

#include "control/talk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/memory.h"
#include "control/command.h"
#include "control/json_text.h"
#include "control/place.h"
#include "control/show.h"

struct talk {
    const char *command;
    char name[64];
    int fd, patience;
    bool is_silent; /* and was given up */
    char *in;       /* received, not yet taken as lines */
    size_t length, room;
};

struct talk *talk_open(const char *command, const char *name, int *exit_code)
{
    struct talk *talk = memory_zeroed(1, sizeof *talk);
    struct error error;
    talk->command = command;
    talk->fd = place_connect(name, talk->name, &error);
    if (talk->fd >= 0)
        return talk;
    command_say("msm %s: %s", command, error.text);
    *exit_code = talk->fd == PLACE_SILENT ? EXIT_FAILED : EXIT_NOT_RUNNING;
    free(talk);
    return NULL;
}

void talk_set_patience(struct talk *talk, int seconds)
{
    const struct timeval time = {.tv_sec = seconds};
    talk->patience = seconds;
    setsockopt(talk->fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
    setsockopt(talk->fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
}

void talk_close(struct talk *talk)
{
    if (!talk)
        return;
    close(talk->fd);
    free(talk->in);
    free(talk);
}

int talk_fd(const struct talk *talk)
{
    return talk->fd;
}

const char *talk_name(const struct talk *talk)
{
    return talk->name;
}

const char *talk_command(const struct talk *talk)
{
    return talk->command;
}

bool talk_send(struct talk *talk, json_t *request)
{
    char *text = json_text(request);
    json_decref(request);
    if (!text)
        return false;
    size_t length = strlen(text), sent = 0;
    text[length++] = '\n'; /* in place of the final zero */
    while (sent < length) {
        ssize_t count = send(talk->fd, text + sent, length - sent, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR)
            continue;
        talk->is_silent = count < 0 && errno == EAGAIN;
        if (count <= 0)
            break;
        sent += (size_t)count;
    }
    free(text);
    return sent == length;
}

static bool receive_more(struct talk *talk)
{
    if (talk->length == talk->room) {
        talk->room = talk->room ? 2 * talk->room : 65536;
        talk->in = realloc(talk->in, talk->room);
        if (!talk->in)
            memory_short(talk->room);
    }
    ssize_t count;
    do
        count = read(talk->fd, talk->in + talk->length, talk->room - talk->length);
    while (count < 0 && errno == EINTR);
    talk->is_silent = count < 0 && errno == EAGAIN;
    if (count <= 0)
        return false;
    talk->length += (size_t)count;
    return true;
}

bool talk_has_line(const struct talk *talk)
{
    return talk->length && memchr(talk->in, '\n', talk->length);
}

json_t *talk_receive(struct talk *talk)
{
    while (!talk_has_line(talk))
        if (!receive_more(talk))
            return NULL;
    char *end = memchr(talk->in, '\n', talk->length);
    size_t length = (size_t)(end - talk->in) + 1;
    json_t *line = json_loadb(talk->in, length - 1, JSON_ALLOW_NUL, NULL);
    talk->length -= length;
    memmove(talk->in, talk->in + length, talk->length);
    return line;
}

static int code_of(const char *kind)
{
    static const struct {
        const char *kind;
        int code;
    } CODES[] = {{"failed", EXIT_FAILED},
                 {"refused", EXIT_REFUSED},
                 {"unknown", EXIT_UNKNOWN},
                 {"usage", EXIT_USAGE}};
    for (size_t i = 0; i < sizeof CODES / sizeof *CODES; i++)
        if (kind && strcmp(kind, CODES[i].kind) == 0)
            return CODES[i].code;
    return EXIT_FAILED;
}

bool talk_is_good(const struct talk *talk, const json_t *line, int *exit_code)
{
    if (!line && talk->is_silent) {
        fprintf(stderr,
                "msm %s: %s has not answered for %d s; it runs, but is stopped (a debugger, "
                "kill -STOP), or gets no processor time\n",
                talk->command, talk->name, talk->patience);
        *exit_code = EXIT_FAILED;
        return false;
    }
    if (!line || json_is_true(json_object_get(line, "ended"))) {
        fprintf(stderr, "msm %s: %s has ended\n", talk->command, talk->name);
        *exit_code = EXIT_NOT_RUNNING;
        return false;
    }
    if (json_is_true(json_object_get(line, "ok")))
        return true;
    const char *text = json_string_value(json_object_get(line, "error"));
    show_lines(stderr, text ? text : "refused, without a reason");
    *exit_code = code_of(json_string_value(json_object_get(line, "kind")));
    return false;
}

json_t *talk_ask(struct talk *talk, json_t *request, int *exit_code)
{
    if (!request) { /* all that keeps one from being made */
        fprintf(stderr, "msm %s: a text is not UTF-8\n", talk->command);
        *exit_code = EXIT_USAGE;
        return NULL;
    }
    json_t *line = talk_send(talk, request) ? talk_receive(talk) : NULL;
    if (talk_is_good(talk, line, exit_code))
        return line;
    json_decref(line);
    return NULL;
}

json_t *talk_once(const char *command, const char *name, int patience, json_t *request,
                  int *exit_code)
{
    struct talk *talk = talk_open(command, name, exit_code);
    json_t *line = NULL;
    if (talk) {
        talk_set_patience(talk, patience);
        line = talk_ask(talk, request, exit_code);
    } else {
        json_decref(request);
    }
    talk_close(talk);
    return line;
}
