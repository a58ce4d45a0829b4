/* An IPv4 network is the same network 96 bits further on, inside ::ffff:0:0/96; so there is one
 * form, and matching is a comparison of bits. */

#include "base/cidr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

enum { MAPPED_BITS = 96, ALL_BITS = 128 };

static void map_ipv4(const void *ipv4, uint8_t address[16])
{
    memset(address, 0, 10);
    memset(address + 10, 0xFF, 2);
    memcpy(address + 12, ipv4, 4);
}

static bool parse_address(const char *text, uint8_t address[16], bool *ipv4)
{
    struct in_addr short_form;
    *ipv4 = inet_pton(AF_INET, text, &short_form) == 1;
    if (!*ipv4)
        return inet_pton(AF_INET6, text, address) == 1;
    map_ipv4(&short_form, address);
    return true;
}

/* Digits only and at most three of them: strtol would take signs, blanks and more. */
static bool parse_prefix(const char *text, int most, int *prefix)
{
    size_t length = strlen(text);
    if (length < 1 || length > 3 || strspn(text, "0123456789") != length)
        return false;
    int value = 0;
    for (; *text; text++)
        value = value * 10 + (*text - '0');
    *prefix = value;
    return value <= most;
}

static uint8_t byte_mask(int prefix, int byte)
{
    int bits = prefix - byte * 8;
    if (bits >= 8)
        return 0xFF;
    return bits <= 0 ? 0 : (uint8_t)(0xFF00 >> bits);
}

/* Clears the bits beyond the prefix; true if there were any. */
static bool clear_rest(uint8_t address[16], int prefix)
{
    bool cleared = false;
    for (int i = 0; i < 16; i++) {
        uint8_t kept = address[i] & byte_mask(prefix, i);
        cleared |= kept != address[i];
        address[i] = kept;
    }
    return cleared;
}

static bool refuse_rest(const char *text, const char *host, const uint8_t network[16], bool ipv4,
                        const char *prefix, struct error *error)
{
    char meant[INET6_ADDRSTRLEN] = "";
    inet_ntop(ipv4 ? AF_INET : AF_INET6, ipv4 ? network + 12 : network, meant, sizeof meant);
    return error_set(error,
                     "\"%s\" has bits set beyond its prefix: write \"%s/%s\" for the network or "
                     "\"%s\" for the one address",
                     text, meant, prefix, host);
}

static bool refuse(const char *text, struct error *error)
{
    return error_set(error,
                     "\"%.80s\" is not an address or network: write for instance \"10.0.0.7\", "
                     "\"10.0.0.0/24\", \"fd00::1\" or \"fd00::/8\"",
                     text);
}

bool cidr_parse(const char *text, struct cidr *cidr, struct error *error)
{
    char host[INET6_ADDRSTRLEN];
    const char *slash = strchr(text, '/');
    size_t length = slash ? (size_t)(slash - text) : strlen(text);
    if (length >= sizeof host)
        return refuse(text, error);
    memcpy(host, text, length);
    host[length] = '\0';

    uint8_t address[16];
    bool ipv4;
    if (!parse_address(host, address, &ipv4))
        return refuse(text, error);
    int most = ipv4 ? ALL_BITS - MAPPED_BITS : ALL_BITS, prefix = most;
    if (slash && !parse_prefix(slash + 1, most, &prefix))
        return error_set(error, "\"%.80s\": the prefix after \"/\" is a number from 0 to %d", text,
                         most);
    int bits = prefix + (ALL_BITS - most);
    if (clear_rest(address, bits))
        return refuse_rest(text, host, address, ipv4, slash + 1, error);
    memcpy(cidr->address, address, sizeof address);
    cidr->prefix = (uint8_t)bits;
    return true;
}

static bool holds(const struct cidr *cidr, const uint8_t address[16])
{
    for (int i = 0; i < 16; i++)
        if ((cidr->address[i] ^ address[i]) & byte_mask(cidr->prefix, i))
            return false;
    return true;
}

bool cidr_match(const struct cidr *list, size_t count, const uint8_t address[16])
{
    for (size_t i = 0; i < count; i++)
        if (holds(&list[i], address))
            return true;
    return count == 0;
}

bool cidr_address(const struct sockaddr *peer, uint8_t address[16])
{
    if (peer->sa_family == AF_INET) {
        map_ipv4(&((const struct sockaddr_in *)peer)->sin_addr, address);
        return true;
    }
    if (peer->sa_family != AF_INET6)
        return false;
    memcpy(address, &((const struct sockaddr_in6 *)peer)->sin6_addr, 16);
    return true;
}
