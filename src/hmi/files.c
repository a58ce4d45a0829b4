/* A path is taken apart into folder and name before anything is opened: only plain characters, and
 * no part that begins with a dot. */

#include "hmi/files.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/embedded.h"
#include "hmi/web_inside.h"

enum { FILE_MOST = 4 * 1024 * 1024 };

static const char LIBRARIES[] = "/usr/share/javascript/";

struct content {
    const char *text;
    size_t length;
    char *own; /* to be freed */
};

static const char *type_of(const char *path)
{
    static const struct {
        const char *end, *type;
    } types[] = {{".html", "text/html; charset=utf-8"},
                 {".js", "text/javascript; charset=utf-8"},
                 {".css", "text/css; charset=utf-8"},
                 {".svg", "image/svg+xml"},
                 {".png", "image/png"},
                 {".json", "application/json"},
                 {".webmanifest", "application/manifest+json"}};
    const char *end = strrchr(path, '.');
    for (size_t i = 0; end && i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].end, end) == 0)
            return types[i].type;
    return NULL;
}

static bool is_plain(const char *path)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "._-/";
    return path[strspn(path, letters)] == '\0' && *path != '.' && !strstr(path, "/.") &&
           !strstr(path, "//") && strlen(path) < NAME_MAX;
}

/* ---- where it comes from ---- */

static bool read_file(const char *folder, const char *name, struct content *content)
{
    char path[PATH_MAX];
    struct stat stat;
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return false;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    if (fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) && stat.st_size <= FILE_MOST &&
        (content->own = malloc((size_t)stat.st_size + 1))) {
        ssize_t length = read(fd, content->own, (size_t)stat.st_size);
        content->text = content->own;
        content->length = length > 0 ? (size_t)length : 0;
    }
    close(fd);
    return content->own;
}

static bool find_page(const char *root, const char *name, struct content *content)
{
    if (root)
        return read_file(root, name, content);
    for (const struct embedded *file = embedded_pages; file->path; file++) {
        if (strcmp(file->path, name) != 0)
            continue;
        *content = (struct content){file->text, file->length, NULL};
        return true;
    }
    return false;
}

static bool find(const char *root, const char *path, struct content *content)
{
    if (strcmp(path, "/") == 0)
        return find_page(root, "index.html", content);
    if (strncmp(path, "/page/", 6) == 0)
        return find_page(root, path + 6, content);
    if (strncmp(path, "/lib/dygraphs/", 14) == 0 || strncmp(path, "/lib/codemirror/", 16) == 0)
        return read_file(LIBRARIES, path + 5, content);
    return false;
}

/* ---- the answer ---- */

/* A text in quotes that is another one when the file is: FNV-1a. */
static void tag_of(const struct content *content, char tag[24])
{
    uint64_t sum = 14695981039346656037u;
    for (size_t i = 0; i < content->length; i++)
        sum = (sum ^ (unsigned char)content->text[i]) * 1099511628211u;
    snprintf(tag, 24, "\"%016" PRIx64 "\"", sum);
}

static enum MHD_Result send_out(struct MHD_Connection *connection, unsigned status,
                                struct MHD_Response *response, const char *type)
{
    if (!response)
        return MHD_NO;
    web_protect(response, type);
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned status, const char *text)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_PERSISTENT);
    if (response && status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, "Allow", "GET, HEAD");
    return send_out(connection, status, response, "text/plain; charset=utf-8");
}

static enum MHD_Result send_content(struct MHD_Connection *connection, struct content *content,
                                    const char *type)
{
    char tag[24];
    tag_of(content, tag);
    const char *known = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "If-None-Match");
    bool is_same = known && strcmp(known, tag) == 0;
    struct MHD_Response *response = MHD_create_response_from_buffer(
        is_same ? 0 : content->length, (void *)(is_same ? "" : content->text),
        content->own && !is_same ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
    if (is_same || !response)
        free(content->own);
    if (response) {
        MHD_add_response_header(response, "ETag", tag);
        MHD_add_response_header(response, "Cache-Control", "no-cache");
    }
    return send_out(connection, is_same ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK, response, type);
}

enum MHD_Result files_answer(struct MHD_Connection *connection, const char *root,
                             const char *method, const char *path)
{
    struct content content = {NULL, 0, NULL};
    const char *type = strcmp(path, "/") == 0 ? type_of(".html") : type_of(path);
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "pages are only read\n");
    if (*path != '/' || !is_plain(path + 1) || !type || !find(root, path, &content))
        return refuse(connection, MHD_HTTP_NOT_FOUND, "there is no such page\n");
    return send_content(connection, &content, type);
}
