/* msm stop: ends a program in order, and returns when its process has ended: ports and state file
 * are free then, and it can be started again. */

#include "control/command.h"
#include "control/talk.h"

#include <poll.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* -1 where it cannot be had (another pid namespace): then the end of the connection has to do. */
static int open_process(const struct talk *talk)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(talk_fd(talk), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.pid <= 0)
        return -1;
    return pidfd_open(peer.pid, 0);
}

static void wait_for_end(struct talk *talk, int process)
{
    json_t *line;
    while ((line = talk_receive(talk)))
        json_decref(line);
    if (process >= 0)
        poll(&(struct pollfd){process, POLLIN, 0}, 1, -1);
}

int stop_run(const struct command *command, int argc, char **argv)
{
    const char *name;
    int result = command_read_name(command, argc, argv, &name);
    if (result >= 0)
        return result;
    struct talk *talk = talk_open(command->name, name, &result);
    if (!talk)
        return result;
    int process = open_process(talk);
    json_t *answer = talk_ask(talk, json_pack("{s:s}", "do", "stop"), &result);
    if (answer) {
        json_decref(answer);
        wait_for_end(talk, process);
        result = EXIT_OK;
    }
    if (process >= 0)
        close(process);
    talk_close(talk);
    return result;
}
