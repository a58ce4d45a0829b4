/* Opening is the work: libmodbus sets the port up, and then the driver is asked what it has made of
 * that, because neither of them refuses what it cannot do. A pseudo terminal (another program at
 * the other end) has no wire: parity means nothing there, and asking for it fails as soon as
 * nothing else is left to be changed, so it is not asked for. Two programs on one port would take
 * each other's bytes: the lock keeps out those who ask for one, and TIOCEXCL everybody but root. */

#include "modbus/serial.h"
#include <errno.h>
#include <fcntl.h>
#include <modbus.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>
#include "base/clock.h"
#include "image/line_rates.h"
#include "modbus/mbap.h"

enum { DATA_BITS = 8, PTY_FIRST = 136, PTY_LAST = 143, CRC = 2 };

struct serial {
    modbus_t *context;
    int fd;
};

static const struct rate {
    uint32_t baud;
    speed_t speed;
} rates[] = {
#define RATE(n) {n, B##n},
    LINE_RATES(RATE)
#undef RATE
};

enum { RATES = sizeof rates / sizeof rates[0] };

static const struct rate *find_rate(uint32_t baud)
{
    for (size_t i = 0; i < RATES; i++)
        if (rates[i].baud == baud)
            return &rates[i];
    return NULL;
}

static uint32_t baud_of(speed_t speed)
{
    for (size_t i = 0; i < RATES; i++)
        if (rates[i].speed == speed)
            return rates[i].baud;
    return 0;
}

static bool known_rate(const struct line_spec *line, struct error *error)
{
    if (find_rate(line->baud))
        return true;
    size_t above = 0;
    while (above < RATES - 1 && rates[above].baud < line->baud)
        above++;
    return error_set(error, "%s: there is no baud rate %u; the nearest ones are %u and %u",
                     line->device, line->baud, rates[above ? above - 1 : 0].baud,
                     rates[above ? above : 1].baud);
}

/* Every text begins with the device and a colon: those who name it themselves leave that away. */
static bool cannot_open(const struct line_spec *line, int code, struct error *error)
{
    switch (code) {
    case ENOENT:
    case ENXIO:
    case ENODEV:
        return error_set(error, "%s: no such device (is it plugged in?)", line->device);
    case EACCES:
    case EPERM:
        return error_set(error,
                         "%s: permission denied; the group dialout may use it "
                         "(usermod -a -G dialout USER, then log in again)",
                         line->device);
    case EBUSY:
    case EWOULDBLOCK:
        return error_set(error, "%s: is used by another program", line->device);
    case ENOTTY:
    case EISDIR:
        return error_set(error, "%s: is not a serial port", line->device);
    case EIO:
        return error_set(error, "%s: there is no working port behind this device", line->device);
    case EINVAL:
        return error_set(error, "%s: the driver refuses %u baud with parity %c and %u stop bits",
                         line->device, line->baud, line->parity, line->stop_bits);
    default:
        return error_set(error, "%s: cannot be opened: %s", line->device, strerror(code));
    }
}

static bool is_pty(int fd)
{
    struct stat at;
    return fstat(fd, &at) == 0 && major(at.st_rdev) >= PTY_FIRST && major(at.st_rdev) <= PTY_LAST;
}

/* Setting up the port of another program would spoil what it sends and receives, so the lock is
 * asked for before. Returns a descriptor that holds it while libmodbus opens the port itself;
 * closed earlier, it would hang up. */
static int look(const struct line_spec *line, struct error *error)
{
    int fd = open(line->device, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    int taken = 0, code = fd < 0 ? errno : 0;
    if (!code && flock(fd, LOCK_EX | LOCK_NB) != 0)
        code = errno;
    if (!code && ioctl(fd, TIOCGEXCL, &taken) == 0 && taken)
        code = EBUSY;
    if (!code)
        return fd;
    if (fd >= 0)
        close(fd);
    cannot_open(line, code, error);
    return -1;
}

/* The lock ends with this program, however it ends. TIOCEXCL would not on a pseudo terminal, which
 * lives as long as its other end. */
static bool claim(const struct serial *serial, const struct line_spec *line, struct error *error)
{
    if (flock(serial->fd, LOCK_EX | LOCK_NB) != 0)
        return cannot_open(line, errno, error);
    if (!is_pty(serial->fd) && ioctl(serial->fd, TIOCEXCL) != 0)
        return cannot_open(line, errno, error);
    return true;
}

/* With VMIN 1 a read of nothing is EAGAIN, and 0 only comes from a port that was pulled out;
 * libmodbus' VMIN 0 makes both look alike. */
static bool settle(const struct serial *serial, struct termios *now)
{
    if (tcgetattr(serial->fd, now) != 0)
        return false;
    now->c_cc[VMIN] = 1;
    now->c_cc[VTIME] = 0;
    return tcsetattr(serial->fd, TCSANOW, now) == 0 && tcgetattr(serial->fd, now) == 0;
}

static char parity_of(const struct termios *now)
{
    return !(now->c_cflag & PARENB) ? 'N' : now->c_cflag & PARODD ? 'O' : 'E';
}

static bool verify(const struct serial *serial, const struct line_spec *line, struct error *error)
{
    struct termios now;
    if (!settle(serial, &now))
        return cannot_open(line, errno, error);
    uint32_t baud = baud_of(cfgetospeed(&now));
    if (baud != line->baud)
        return error_set(error, "%s: does not do %u baud; it stays at %u", line->device, line->baud,
                         baud);
    unsigned stop_bits = now.c_cflag & CSTOPB ? 2 : 1;
    if (stop_bits != line->stop_bits)
        return error_set(error, "%s: does not do %u stop bits; it stays at %u", line->device,
                         line->stop_bits, stop_bits);
    if ((now.c_cflag & CSIZE) != CS8)
        return error_set(error, "%s: does not do 8 data bits", line->device);
    if (parity_of(&now) != line->parity && !is_pty(serial->fd))
        return error_set(error, "%s: does not do parity %c; it stays at %c", line->device,
                         line->parity, parity_of(&now));
    return true;
}

/* libmodbus takes microseconds, and does not look whether there is an RTS at all. */
static bool switch_rts(const struct serial *serial, const struct line_spec *line,
                       struct error *error)
{
    int lines;
    if (ioctl(serial->fd, TIOCMGET, &lines) != 0 ||
        modbus_rtu_set_rts(serial->context,
                           line->rts == 'U' ? MODBUS_RTU_RTS_UP : MODBUS_RTU_RTS_DOWN) != 0)
        return error_set(error, "%s: has no RTS that could be switched: %s", line->device,
                         strerror(errno));
    if (line->rts_delay &&
        modbus_rtu_set_rts_delay(serial->context, (int)(line->rts_delay / NS_PER_US)) != 0)
        return error_set(error, "%s: the delay of RTS is refused: %s", line->device,
                         modbus_strerror(errno));
    return true;
}

static bool set_direction(const struct serial *serial, const struct line_spec *line,
                          struct error *error)
{
    if (line->rs485 && modbus_rtu_set_serial_mode(serial->context, MODBUS_RTU_RS485) != 0)
        return error_set(error,
                         "%s: the driver does not switch the direction of RS-485 (%s); leave "
                         "`rs485` out where the adapter does it by itself, or use `rts`",
                         line->device, strerror(errno));
    return !line->rts || switch_rts(serial, line, error);
}

static bool connect_port(struct serial *serial, const struct line_spec *line, char parity,
                         struct error *error)
{
    serial->context =
        modbus_new_rtu(line->device, (int)line->baud, parity, DATA_BITS, line->stop_bits);
    if (!serial->context)
        return error_set(error, "%s: cannot be set up: %s", line->device, modbus_strerror(errno));
    if (modbus_connect(serial->context) != 0)
        return cannot_open(line, errno, error);
    serial->fd = modbus_get_socket(serial->context);
    return true;
}

static bool set_up(struct serial *serial, const struct line_spec *line, struct error *error)
{
    int seen = look(line, error);
    if (seen < 0)
        return false;
    bool connected = connect_port(serial, line, is_pty(seen) ? 'N' : line->parity, error);
    close(seen);
    return connected && claim(serial, line, error);
}

struct serial *serial_open(const struct line_spec *line, struct error *error)
{
    if (!known_rate(line, error))
        return NULL;
    struct serial *serial = calloc(1, sizeof *serial);
    if (!serial) {
        error_set(error, "not enough memory for %s", line->device);
        return NULL;
    }
    serial->fd = -1;
    if (!set_up(serial, line, error) || !verify(serial, line, error) ||
        !set_direction(serial, line, error)) {
        serial_close(serial);
        return NULL;
    }
    tcflush(serial->fd, TCIFLUSH); /* what came before we listened answers nothing */
    return serial;
}

/* What is left to be sent is thrown away: a driver that cannot get rid of it would hold up close
 * for half a minute. */
void serial_close(struct serial *serial)
{
    if (!serial)
        return;
    if (serial->fd >= 0) {
        tcflush(serial->fd, TCOFLUSH);
        modbus_close(serial->context);
    }
    modbus_free(serial->context);
    free(serial);
}

int serial_fd(const struct serial *serial)
{
    return serial->fd;
}

bool serial_send(struct serial *serial, uint8_t unit, const uint8_t *pdu, size_t length)
{
    uint8_t frame[1 + PDU_MAX] = {unit};
    if (length < 1 || length > PDU_MAX)
        return false;
    memcpy(frame + 1, pdu, length);
    return modbus_send_raw_request(serial->context, frame, 1 + (int)length) ==
           1 + (int)length + CRC;
}

long serial_receive(struct serial *serial, uint8_t *bytes, size_t room)
{
    ssize_t got = read(serial->fd, bytes, room);
    if (got > 0)
        return got;
    return got < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

unsigned serial_bits(const struct line_spec *line)
{
    return 1 + DATA_BITS + (line->parity != 'N') + line->stop_bits;
}

int64_t serial_time(const struct line_spec *line, size_t length)
{
    return (int64_t)length * serial_bits(line) * NS_PER_S / line->baud;
}
