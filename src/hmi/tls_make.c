/* A certificate that this computer gives itself: browsers warn of it once, and show its fingerprint
 * to whoever wants to compare. Only some of them accept more than ten years. */

#include "hmi/tls_inside.h"

#include <arpa/inet.h>
#include <gnutls/crypto.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { DAY = 24 * 60 * 60, DAYS = 3650, NAMES_MOST = 64 };

static int add_name(gnutls_x509_crt_t certificate, const char *name)
{
    return gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_DNSNAME, name,
                                                (unsigned)strlen(name), GNUTLS_FSAN_APPEND);
}

static int add_address(gnutls_x509_crt_t certificate, const struct sockaddr *address)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
    bool is_v4 = address->sa_family == AF_INET;
    const void *bytes = is_v4 ? (const void *)&v4->sin_addr : (const void *)&v6->sin6_addr;
    return gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_IPADDRESS, bytes,
                                                is_v4 ? 4 : 16, GNUTLS_FSAN_APPEND);
}

static int add_addresses(gnutls_x509_crt_t certificate)
{
    struct ifaddrs *all, *each;
    int code = 0, count = 0;
    if (getifaddrs(&all) != 0)
        return 0;
    for (each = all; each && code == 0 && count < NAMES_MOST; each = each->ifa_next) {
        const struct sockaddr *address = each->ifa_addr;
        if (!address || (address->sa_family != AF_INET && address->sa_family != AF_INET6))
            continue;
        code = add_address(certificate, address);
        count++;
    }
    freeifaddrs(all);
    return code;
}

/* All under which a browser may find it. */
static int add_names(gnutls_x509_crt_t certificate, const char *host, const char *further)
{
    char local[300];
    snprintf(local, sizeof local, "%.*s.local", (int)strcspn(host, "."), host);
    int code = add_name(certificate, "localhost");
    if (code == 0 && *host)
        code = add_name(certificate, host);
    if (code == 0 && *host)
        code = add_name(certificate, local);
    if (code == 0 && further)
        code = add_name(certificate, further);
    return code == 0 ? add_addresses(certificate) : code;
}

static int fill(gnutls_x509_crt_t certificate, const char *further)
{
    char host[256] = "";
    unsigned char serial[16];
    time_t now = time(NULL);
    int code = 0;
    if (gethostname(host, sizeof host - 1) != 0)
        *host = '\0';
    gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof serial);
    serial[0] &= 0x7F;
    const char *name = *host ? host : "msm";
    bool ok =
        (code = gnutls_x509_crt_set_version(certificate, 3)) == 0 &&
        (code = gnutls_x509_crt_set_serial(certificate, serial, sizeof serial)) == 0 &&
        (code = gnutls_x509_crt_set_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, name,
                                              (unsigned)strlen(name))) == 0 &&
        (code = gnutls_x509_crt_set_activation_time(certificate, now - DAY)) == 0 &&
        (code = gnutls_x509_crt_set_expiration_time(certificate, now + (time_t)DAYS * DAY)) == 0 &&
        (code = gnutls_x509_crt_set_basic_constraints(certificate, 0, -1)) == 0 &&
        (code = gnutls_x509_crt_set_key_usage(certificate, GNUTLS_KEY_DIGITAL_SIGNATURE)) == 0 &&
        (code = gnutls_x509_crt_set_key_purpose_oid(certificate, GNUTLS_KP_TLS_WWW_SERVER, 0)) ==
            0 &&
        (code = add_names(certificate, host, further)) == 0;
    return ok ? 0 : code;
}

static int make(gnutls_x509_crt_t certificate, gnutls_x509_privkey_t key, const char *further)
{
    int code = gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
                                            GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
    if (code == 0)
        code = gnutls_x509_crt_set_key(certificate, key);
    if (code == 0)
        code = fill(certificate, further);
    return code == 0 ? gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0)
                     : code;
}

bool tls_make(const char *name, gnutls_datum_t *certificate, gnutls_datum_t *key,
              struct error *error)
{
    gnutls_x509_crt_t crt = NULL;
    gnutls_x509_privkey_t private = NULL;
    int code = gnutls_x509_crt_init(&crt);
    if (code == 0)
        code = gnutls_x509_privkey_init(&private);
    if (code == 0)
        code = make(crt, private, name);
    if (code == 0)
        code = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, certificate);
    if (code == 0)
        code = gnutls_x509_privkey_export2(private, GNUTLS_X509_FMT_PEM, key);
    gnutls_x509_crt_deinit(crt);
    gnutls_x509_privkey_deinit(private);
    return code == 0 || error_set(error, "a certificate cannot be made: %s", gnutls_strerror(code));
}
