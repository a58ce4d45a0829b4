/* One loop over keys, signals and the program's lines; after each of them the screen is drawn anew,
 * in one write. Signals come through a descriptor, so that the terminal is always put back. */

#include "control/screen.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>
#include "base/clock.h"
#include "control/command.h"
#include "control/screen_inside.h"

enum { REDRAW_MS = 250, CTRL_C = 3, CTRL_D = 4, ESCAPE = 27 };

static void size_up(struct screen *screen)
{
    struct winsize size;
    screen->height = 24;
    screen->width = 80;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row && size.ws_col) {
        screen->height = size.ws_row;
        screen->width = size.ws_col;
    }
}

/* ---- keys ---- */

static void type_filter(struct screen *screen, char key)
{
    size_t length = strlen(screen->filter);
    if (key == '\r' || key == '\n')
        screen->typing = false;
    else if ((key == 127 || key == 8) && length)
        screen->filter[length - 1] = '\0';
    else if (key >= ' ' && key < 127 && length + 1 < sizeof screen->filter)
        screen->filter[length] = key;
    screen->top = 0;
}

static void drop_filter(struct screen *screen)
{
    screen->typing = false;
    screen->filter[0] = '\0';
}

static void scroll(struct screen *screen, long rows)
{
    long top = (long)screen->top + rows;
    screen->top = top < 0 ? 0 : (size_t)top;
}

/* What follows ESC [ of a cursor key. */
static void move(struct screen *screen, const char *sequence)
{
    long page = screen->height > SCREEN_MARGIN ? (long)screen->height - SCREEN_MARGIN : 1;
    if (strcmp(sequence, "A") == 0)
        scroll(screen, -1);
    else if (strcmp(sequence, "B") == 0)
        scroll(screen, 1);
    else if (strcmp(sequence, "5~") == 0)
        scroll(screen, -page);
    else if (strcmp(sequence, "6~") == 0)
        scroll(screen, page);
    else if (strcmp(sequence, "H") == 0)
        screen->top = 0;
}

/* False: the end is wished. */
static bool press(struct screen *screen, const char *keys, size_t length)
{
    if (length > 2 && keys[0] == ESCAPE && (keys[1] == '[' || keys[1] == 'O')) {
        char sequence[8] = "";
        memcpy(sequence, keys + 2, length - 2 < 7 ? length - 2 : 7);
        move(screen, sequence);
        return true;
    }
    for (size_t i = 0; i < length; i++) {
        if (keys[i] == CTRL_C || (!screen->typing && (keys[i] == 'q' || keys[i] == CTRL_D)))
            return false;
        if (keys[i] == ESCAPE)
            drop_filter(screen);
        else if (screen->typing)
            type_filter(screen, keys[i]);
        else if (keys[i] == '/')
            screen->typing = true;
        else if (keys[i] == 'j' || keys[i] == 'k')
            scroll(screen, keys[i] == 'j' ? 1 : -1);
    }
    return true;
}

/* ---- the loop ---- */

static bool read_keys(struct screen *screen)
{
    char keys[64];
    ssize_t length = read(STDIN_FILENO, keys, sizeof keys);
    return length > 0 && press(screen, keys, (size_t)length);
}

/* False: a signal that ends. */
static bool read_signal(struct screen *screen, int fd)
{
    struct signalfd_siginfo info;
    if (read(fd, &info, sizeof info) != sizeof info)
        return false;
    size_up(screen);
    return info.ssi_signo == SIGWINCH || info.ssi_signo == SIGCONT;
}

/* False, with what came instead of rows: a refusal, or NULL. */
static bool read_lines(struct screen *screen, struct talk *talk, json_t **last)
{
    do {
        json_t *line = talk_receive(talk);
        *last = line;
        if (!json_is_true(json_object_get(line, "ok")))
            return false;
        screen_take(screen, line);
        json_decref(line);
    } while (talk_has_line(talk));
    return true;
}

/* True: the person has ended it. */
static bool loop(struct screen *screen, struct talk *talk, int signals, json_t **last)
{
    struct pollfd sources[] = {
        {STDIN_FILENO, POLLIN, 0}, {signals, POLLIN, 0}, {talk_fd(talk), POLLIN, 0}};
    for (;;) {
        screen_draw(screen, clock_monotonic());
        poll(sources, 3, REDRAW_MS);
        if ((sources[0].revents && !read_keys(screen)) ||
            (sources[1].revents && !read_signal(screen, signals)))
            return true;
        if (sources[2].revents && !read_lines(screen, talk, last))
            return false;
    }
}

static int catch_signals(void)
{
    static const int NUMBERS[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP, SIGCONT};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof NUMBERS / sizeof *NUMBERS; i++)
        sigaddset(&set, NUMBERS[i]);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

int screen_run(struct talk *talk, json_t *first)
{
    struct screen screen = {.name = talk_name(talk)};
    struct termios before, raw;
    int signals = catch_signals();
    if (signals < 0 || tcgetattr(STDIN_FILENO, &before) != 0) {
        perror("msm watch");
        json_decref(first);
        return EXIT_FAILED;
    }
    raw = before;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
    screen_enter();
    size_up(&screen);
    screen_take(&screen, first);
    json_decref(first);
    json_t *last = NULL;
    int result = EXIT_OK;
    bool ended_here = loop(&screen, talk, signals, &last);
    screen_leave();
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    screen_free(&screen);
    close(signals);
    if (!ended_here) { /* said where it stays to be seen */
        talk_is_good(talk, last, &result);
        json_decref(last);
    }
    return result;
}
