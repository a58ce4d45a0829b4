/* Whether anybody reads is seen also while nothing is to be printed: "msm watch | head -1" ends at
 * once and not with the next change. */

#include "control/stream.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
#include "control/command.h"
#include "control/show.h"

/* False: the reader has gone. */
static bool wait_for_line(const struct talk *talk)
{
    struct pollfd both[] = {{talk_fd(talk), POLLIN, 0}, {STDOUT_FILENO, 0, 0}};
    while (!talk_has_line(talk)) {
        if (poll(both, 2, -1) >= 0)
            return !(both[1].revents & POLLERR);
    }
    return true;
}

/* False with the status: no more can be printed. */
static bool print_one(const struct talk *talk, const json_t *line,
                      void (*print)(const json_t *line, bool json), bool json, int *result)
{
    print(line, json);
    errno = 0;
    if (fflush(stdout) != 0 && errno == EPIPE)
        return false;
    *result = show_ended(talk_command(talk)) ? EXIT_OK : EXIT_FAILED;
    return *result == EXIT_OK;
}

int stream_run(struct talk *talk, json_t *answer, void (*print)(const json_t *line, bool json),
               bool json)
{
    int result = EXIT_OK;
    json_t *line = answer;
    signal(SIGPIPE, SIG_IGN);
    while (talk_is_good(talk, line, &result) && print_one(talk, line, print, json, &result) &&
           wait_for_line(talk)) {
        json_decref(line);
        line = talk_receive(talk);
    }
    json_decref(line);
    return result;
}
