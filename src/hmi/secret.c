/* The terminal is set back whatever happens: a signal that would end us waits until that is done.
 */

#include "hmi/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include "hmi/password.h"

static const int SIGNALS[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
enum { SIGNAL_COUNT = sizeof SIGNALS / sizeof *SIGNALS };

static volatile sig_atomic_t came;

static void note(int number)
{
    came = number;
}

/* A line without its end; false at the end of the file, on a signal, or where it is too long. */
static bool read_line(int fd, char *text, size_t size, struct error *error)
{
    size_t length = 0;
    char byte;
    for (;;) {
        ssize_t got = read(fd, &byte, 1);
        if (got < 0)
            return error_set(error, "the password was not read: %s", strerror(errno));
        if (got == 0 && length == 0)
            return error_set(error, "there was no password to read");
        if (got == 0 || byte == '\n')
            break;
        if (length + 1 >= size)
            return error_set(error, "a password has at most %d bytes", PASSWORD_MOST);
        text[length++] = byte;
    }
    text[length] = '\0';
    return strlen(text) == length || error_set(error, "a password is text");
}

static bool ask(int fd, const char *question, const char *whose, char *text, size_t size,
                struct error *error)
{
    dprintf(fd, question, whose);
    bool ok = read_line(fd, text, size, error);
    dprintf(fd, "\n");
    return ok;
}

static bool ask_twice(int fd, const char *whose, char *secret, size_t size, struct error *error)
{
    char again[PASSWORD_MOST + 1] = "";
    bool ok = ask(fd, "Password for %s: ", whose, secret, size, error) &&
              password_check(secret, error) &&
              ask(fd, "Once more%.0s: ", whose, again, sizeof again, error);
    if (ok && strcmp(secret, again) != 0)
        ok = error_set(error, "these were two different ones");
    password_wipe(again, sizeof again);
    return ok;
}

static bool ask_unseen(int fd, const char *whose, char *secret, size_t size, struct error *error)
{
    struct sigaction before[SIGNAL_COUNT], heed = {.sa_handler = note};
    struct termios shown, unseen;
    if (tcgetattr(fd, &shown) != 0)
        return error_set(error, "the terminal cannot be asked: %s", strerror(errno));
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        sigaction(SIGNALS[i], &heed, &before[i]);
    unseen = shown;
    unseen.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(fd, TCSAFLUSH, &unseen);
    bool ok = ask_twice(fd, whose, secret, size, error);
    tcsetattr(fd, TCSAFLUSH, &shown);
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        sigaction(SIGNALS[i], &before[i], NULL);
    if (came)
        raise(came);
    return ok;
}

bool secret_read(const char *whose, char *secret, size_t size, struct error *error)
{
    if (!isatty(STDIN_FILENO))
        return read_line(STDIN_FILENO, secret, size, error);
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return error_set(error, "the terminal cannot be asked: %s", strerror(errno));
    bool ok = ask_unseen(fd, whose, secret, size, error);
    close(fd);
    return ok;
}
