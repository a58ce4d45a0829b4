/* Both files are read and tried before the first browser comes. */

#include "hmi/tls_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "hmi/password.h"

enum { FILE_MOST = 256 * 1024, DIGEST = 32 };

/* ---- files ---- */

static char *read_file(const char *path, struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat status;
    char *text = NULL;
    if (fd < 0 || fstat(fd, &status) != 0)
        error_set(error, "%s: %s", path, strerror(errno));
    else if (!S_ISREG(status.st_mode) || status.st_size == 0 || status.st_size > FILE_MOST)
        error_set(error, "%s is no certificate or key", path);
    else if ((text = calloc(1, (size_t)status.st_size + 1)) &&
             read(fd, text, (size_t)status.st_size) != status.st_size) {
        error_set(error, "%s cannot be read", path);
        free(text);
        text = NULL;
    } else if (!text)
        error_set(error, "out of memory for %s", path);
    if (fd >= 0)
        close(fd);
    return text;
}

static bool write_file(const char *path, const gnutls_datum_t *text, mode_t mode,
                       struct error *error)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    bool ok = fd >= 0 && write(fd, text->data, text->size) == (ssize_t)text->size && fsync(fd) == 0;
    if (!ok)
        error_set(error, "%s: %s", path, strerror(errno ? errno : ENOSPC));
    if (fd >= 0)
        close(fd);
    if (fd >= 0 && !ok)
        unlink(path);
    return ok;
}

/* ---- what is in them ---- */

static bool check_pair(const struct tls *tls, struct error *error)
{
    gnutls_certificate_credentials_t both;
    const gnutls_datum_t certificate = {(unsigned char *)tls->certificate,
                                        (unsigned)strlen(tls->certificate)};
    const gnutls_datum_t key = {(unsigned char *)tls->key, (unsigned)strlen(tls->key)};
    int code = gnutls_certificate_allocate_credentials(&both);
    if (code == 0) {
        code = gnutls_certificate_set_x509_key_mem(both, &certificate, &key, GNUTLS_X509_FMT_PEM);
        gnutls_certificate_free_credentials(both);
    }
    return code >= 0 || error_set(error, "%s", gnutls_strerror(code));
}

static bool describe(struct tls *tls, struct error *error)
{
    const gnutls_datum_t text = {(unsigned char *)tls->certificate,
                                 (unsigned)strlen(tls->certificate)};
    unsigned char digest[DIGEST];
    size_t size = sizeof digest;
    gnutls_x509_crt_t list[16];
    unsigned count = 16;
    int code = gnutls_x509_crt_list_import(list, &count, &text, GNUTLS_X509_FMT_PEM, 0);
    if (code < 1)
        return error_set(error, "%s", gnutls_strerror(code));
    code = gnutls_x509_crt_get_fingerprint(list[0], GNUTLS_DIG_SHA256, digest, &size);
    tls->expires = gnutls_x509_crt_get_expiration_time(list[0]);
    for (unsigned i = 0; i < count; i++)
        gnutls_x509_crt_deinit(list[i]);
    for (size_t i = 0; i < size; i++)
        snprintf(tls->fingerprint + 3 * i, 4, "%02X%s", digest[i], i + 1 < size ? ":" : "");
    return code == 0 || error_set(error, "%s", gnutls_strerror(code));
}

bool tls_load(const char *certificate, const char *key, struct tls *tls, struct error *error)
{
    *tls = (struct tls){.certificate = read_file(certificate, error)};
    tls->key = tls->certificate ? read_file(key, error) : NULL;
    if (tls->key && ((check_pair(tls, error) && describe(tls, error)) ||
                     error_prefix(error, "%s and %s: ", certificate, key)))
        return true;
    tls_free(tls);
    return false;
}

/* ---- our own ---- */

/* The key first: a certificate that is there has its key. */
static bool make_files(const char *certificate, const char *key, const char *name,
                       struct error *error)
{
    gnutls_datum_t text[2] = {{NULL, 0}, {NULL, 0}};
    bool ok = tls_make(name, &text[0], &text[1], error);
    if (ok)
        unlink(key); /* of one that was killed between the two */
    ok = ok && write_file(key, &text[1], 0600, error) &&
         write_file(certificate, &text[0], 0644, error);
    if (text[1].data)
        password_wipe(text[1].data, text[1].size);
    gnutls_free(text[0].data);
    gnutls_free(text[1].data);
    return ok;
}

bool tls_own(const char *stem, const char *name, struct tls *tls, struct error *error)
{
    char certificate[PATH_MAX + 8], key[PATH_MAX + 8];
    struct stat status;
    snprintf(certificate, sizeof certificate, "%.*s.crt", PATH_MAX - 1, stem);
    snprintf(key, sizeof key, "%.*s.key", PATH_MAX - 1, stem);
    bool is_there = lstat(certificate, &status) == 0;
    *tls = (struct tls){.certificate = NULL};
    if ((!is_there && !make_files(certificate, key, name, error)) ||
        !tls_load(certificate, key, tls, error))
        return false;
    tls->is_new = !is_there;
    return true;
}

void tls_free(struct tls *tls)
{
    if (tls->key)
        password_wipe(tls->key, strlen(tls->key));
    free(tls->key);
    free(tls->certificate);
    *tls = (struct tls){.certificate = NULL};
}
