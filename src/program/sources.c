/* The texts that a program is made of, kept as they were read: who watches the files knows them by
 * their paths, and a program that has proven itself can be made again from what it was, whatever
 * has become of its files. */

#include "program/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST = 16 * 1024 * 1024 }; /* bytes of one file; no script is as long */

static const struct source *find(const struct source *rows, size_t count, const char *path)
{
    for (size_t i = 0; rows && i < count; i++)
        if (strcmp(rows[i].path, path) == 0)
            return &rows[i];
    return NULL;
}

static char *copy_bytes(const char *bytes, size_t length)
{
    char *copy = malloc(length + 1);
    if (copy) {
        memcpy(copy, bytes, length);
        copy[length] = '\0';
    }
    return copy;
}

/* Takes the text over. */
static const struct source *keep(struct sources *sources, const char *path, char *text,
                                 size_t length, const struct file_identity *identity)
{
    struct source *rows = realloc(sources->rows, (sources->count + 1) * sizeof *rows);
    sources->rows = rows ? rows : sources->rows;
    char *kept_path = rows && text ? strdup(path) : NULL;
    if (!kept_path) {
        free(text);
        errno = ENOMEM;
        return NULL;
    }
    rows[sources->count] = (struct source){kept_path, text, length, *identity};
    return &rows[sources->count++];
}

/* The whole of what is left to read; NULL with errno. */
static char *read_all(FILE *file, size_t *length)
{
    size_t room = 0;
    char *text = NULL;
    *length = 0;
    do {
        room = room ? 2 * room : 4096;
        char *larger = room <= MOST ? realloc(text, room + 1) : NULL;
        if (!larger) {
            free(text);
            errno = room <= MOST ? ENOMEM : EFBIG;
            return NULL;
        }
        text = larger;
        *length += fread(text + *length, 1, room - *length, file);
    } while (*length == room);
    if (ferror(file)) {
        free(text);
        return NULL;
    }
    text[*length] = '\0';
    return text;
}

/* A pipe would be waited for as long as nobody writes into it. NULL with errno, 0 for a pipe and
 * its like. */
static FILE *open_file(const char *path)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return NULL;
    bool is_file = fstat(fd, &status) == 0 && (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode));
    FILE *file = is_file ? fdopen(fd, "r") : NULL;
    if (!file)
        close(fd);
    if (!is_file)
        errno = 0;
    return file;
}

const char *sources_problem(void)
{
    return errno ? strerror(errno) : "it is a pipe or a device, not a file";
}

static const struct source *read_file(struct sources *sources, const char *path)
{
    size_t length;
    struct file_identity identity = {.number = 0};
    FILE *file = open_file(path);
    if (!file)
        return NULL;
    file_identify_open(fileno(file), &identity); /* before: what comes meanwhile is a change */
    char *text = read_all(file, &length);
    int code = errno;
    fclose(file);
    errno = code;
    return text ? keep(sources, path, text, length, &identity) : NULL;
}

static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

/* The script may have been started as ./tank.lua then and as /etc/msm/tank.lua now: it is the first
 * one, which is taken first, and others in its folder are found by their way from there. */
static const struct source *find_given(const struct program *program, const char *path)
{
    const struct source *given = program->sources.given;
    size_t count = program->sources.given_count, now = folder_length(program->path);
    size_t then = count ? folder_length(given->path) : 0;
    if (!count || program->sources.count == 0)
        return count ? given : NULL;
    for (size_t i = 1; strncmp(path, program->path, now) == 0 && i < count; i++)
        if (strncmp(given[i].path, given->path, then) == 0 &&
            strcmp(given[i].path + then, path + now) == 0)
            return &given[i];
    return find(given, count, path);
}

const struct source *sources_take(struct program *program, const char *path)
{
    struct sources *sources = &program->sources;
    const struct source *row = find(sources->rows, sources->count, path);
    if (row)
        return row;
    row = sources->patch ? find(sources->patch, 1, path) : NULL;
    if (!row)
        row = find_given(program, path);
    return row ? keep(sources, path, copy_bytes(row->text, row->length), row->length, &row->file)
               : read_file(sources, path);
}

/* Past a byte order mark and the text of a first line for Unix ("#!"), as Lua reads files. */
static size_t skipped(const struct source *source)
{
    static const char MARK[] = "\xEF\xBB\xBF";
    size_t mark = sizeof MARK - 1;
    size_t at = source->length >= mark && memcmp(source->text, MARK, mark) == 0 ? mark : 0;
    if (at < source->length && source->text[at] == '#')
        while (at < source->length && source->text[at] != '\n')
            at++;
    return at;
}

struct reading {
    const char *text, *end;
    int line;
};

/* One line after the other, so that it is known in which one Lua gives up. */
static const char *next_line(lua_State *L, void *data, size_t *size)
{
    struct reading *reading = data;
    const char *line = reading->text;
    const char *feed = memchr(line, '\n', (size_t)(reading->end - line));
    (void)L;
    reading->text = feed ? feed + 1 : reading->end;
    reading->line += line != reading->end;
    *size = (size_t)(reading->text - line);
    return line;
}

/* Lua's own messages about a text begin with its name and the line; the few that do not, of what is
 * too deep or no text at all, have no colon. */
static void add_line(lua_State *L, const struct source *source, const struct reading *reading)
{
    if (strchr(lua_tostring(L, -1), ':'))
        return;
    lua_pushfstring(L, "%s:%d: %s", source->path, reading->line, lua_tostring(L, -1));
    lua_remove(L, -2);
}

static void note_memory_line(struct program *program, const struct source *source, int line)
{
    if (!*program->out_of_memory_at)
        snprintf(program->out_of_memory_at, sizeof program->out_of_memory_at,
                 "%s:%d: ", source->path, line);
}

int sources_load(lua_State *L, const struct source *source)
{
    struct reading reading = {source->text + skipped(source), source->text + source->length, 0};
    const char *name = lua_pushfstring(L, "@%s", source->path);
    int result = lua_load(L, next_line, &reading, name, "t");
    lua_remove(L, -2);
    if (result == LUA_ERRMEM) {
        note_memory_line(program_of(L), source, reading.line);
    } else if (result != LUA_OK) {
        add_line(L, source, &reading);
        add_syntax_hint(L);
    }
    return result;
}

void sources_free(struct sources *sources)
{
    for (size_t i = 0; i < sources->count; i++) {
        free((void *)sources->rows[i].path);
        free((void *)sources->rows[i].text);
    }
    free(sources->rows);
}

size_t program_sources(const struct program *program, const struct source **sources)
{
    *sources = program->sources.rows;
    return program->sources.count;
}
