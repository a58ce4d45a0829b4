/* "  0: 0100007F:1F90 0100007F:A3D2 01 00000000:00000000 00:00000000 00000000  1000  0 12345 …":
 * addresses are words of the network's order, printed as numbers; user and inode follow. */

#include "hmi/local_user.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/cidr.h"

/* Of 8 or 32 digits. */
static bool read_address(const char *digits, uint8_t address[16])
{
    static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    size_t length = strlen(digits);
    if (length != 8 && length != 32)
        return false;
    memcpy(address, mapped, sizeof mapped);
    for (size_t i = 0; i < length / 8; i++) {
        char word[9];
        snprintf(word, sizeof word, "%.8s", digits + 8 * i);
        uint32_t number = (uint32_t)strtoul(word, NULL, 16);
        memcpy(address + (length == 8 ? 12 : 4 * i), &number, sizeof number);
    }
    return true;
}

bool local_user_line(const char *line, const uint8_t address[16], uint16_t port, uint16_t own,
                     uid_t *uid)
{
    char local[33], remote[33];
    unsigned local_port, remote_port, user;
    unsigned long inode;
    uint8_t found[16];
    if (sscanf(line, " %*u: %32[0-9A-Fa-f]:%x %32[0-9A-Fa-f]:%x %*x %*x:%*x %*x:%*x %*x %u %*u %lu",
               local, &local_port, remote, &remote_port, &user, &inode) != 6)
        return false;
    if (!inode || local_port != port || remote_port != own || !read_address(local, found) ||
        memcmp(found, address, sizeof found) != 0)
        return false;
    *uid = (uid_t)user;
    return true;
}

static bool look_into(const char *path, const uint8_t address[16], uint16_t port, uint16_t own,
                      uid_t *uid)
{
    char *line = NULL;
    size_t room = 0;
    bool found = false;
    FILE *file = fopen(path, "re");
    while (file && !found && getline(&line, &room, file) > 0)
        found = local_user_line(line, address, port, own, uid);
    free(line);
    if (file)
        fclose(file);
    return found;
}

/* A socket for IPv6 may speak to us over IPv4, too. */
bool local_user_find(const struct sockaddr *peer, uint16_t own, uid_t *uid)
{
    uint8_t address[16];
    if (!cidr_address(peer, address))
        return false;
    uint16_t port =
        ntohs(peer->sa_family == AF_INET6 ? ((const struct sockaddr_in6 *)peer)->sin6_port
                                          : ((const struct sockaddr_in *)peer)->sin_port);
    return look_into("/proc/net/tcp", address, port, own, uid) ||
           look_into("/proc/net/tcp6", address, port, own, uid);
}
