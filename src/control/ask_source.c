/* The text of one of the program's files, as it is on the disk, for whoever edits it.
 *
 *   {"do": "source"}                              the script
 *   {"do": "source", "path": "plant/driver.lua"}  one of "files"
 *   {"ok": true, "files": [{"path": "plant.lua", "name": "plant.lua", "main": true}],
 *    "path": "plant.lua", "text": "…", "version": "…", "running": true, "changed": false} */

#include "control/asks_inside.h"

#include <stdlib.h>
#include <string.h>
#include "control/value_json.h"
#include "store/script_file.h"

static json_t *text_json(const char *text)
{
    return value_json_text(text, strlen(text));
}

static json_t *files_json(const struct source *sources, size_t count)
{
    json_t *files = json_array();
    for (size_t i = 0; i < count; i++) {
        const char *slash = strrchr(sources[i].path, '/');
        const char *name = slash ? slash + 1 : sources[i].path;
        json_array_append_new(files, json_pack("{s:o,s:o,s:b}", "path", text_json(sources[i].path),
                                               "name", text_json(name), "main", i == 0));
    }
    return files;
}

/* What is on the disk, or, where that is gone, what runs. */
static bool read_text(const struct source *source, struct script_text *script, struct error *error)
{
    struct file_identity there;
    if (file_identify(source->path, &there))
        return script_read(source->path, script, error);
    *script = (struct script_text){.text = malloc(source->length + 1), .length = source->length};
    if (!script->text)
        return error_set(error, "out of memory");
    memcpy(script->text, source->text, source->length);
    return true;
}

static void answer(struct ask *ask, const struct source *source, const struct script_text *script,
                   json_t *files)
{
    char version[SCRIPT_VERSION];
    bool runs =
        script->length == source->length && memcmp(script->text, source->text, source->length) == 0;
    script_version(script->text, script->length, version);
    asks_answer(ask, json_pack("{s:o,s:o,s:o,s:s,s:b,s:b}", "files", files, "path",
                               text_json(source->path), "text",
                               value_json_text(script->text, script->length), "version", version,
                               "running", runs, "changed", !runs));
}

/* NULL, and the ask is refused. */
const struct source *asks_source(struct ask *ask, const char *path)
{
    const struct source *sources;
    size_t count = ask->host->sources(ask->host->context, &sources);
    for (size_t i = 0; i < count; i++)
        if (!path || strcmp(sources[i].path, path) == 0)
            return &sources[i];
    asks_refuse(ask, ASKS_UNKNOWN, "%.200s is no file of the program", path ? path : "");
    return NULL;
}

void ask_source(struct ask *ask, const json_t *request)
{
    const json_t *path;
    const struct field fields[] = {{"path", FIELD_TEXT, false, &path}, {NULL, 0, false, NULL}};
    struct script_text script;
    struct error error;
    if (!asks_fields(ask, request, fields))
        return;
    const struct source *all, *source = asks_source(ask, json_string_value(path));
    if (!source)
        return;
    size_t count = ask->host->sources(ask->host->context, &all);
    if (!read_text(source, &script, &error)) {
        asks_refuse(ask, ASKS_REFUSED, "%s", error.text);
        return;
    }
    answer(ask, source, &script, files_json(all, count));
    free(script.text);
}
