/* What the program's files were before they were edited.
 *
 *   {"do": "versions", "path": "plant.lua"}
 *   {"ok": true, "versions": [{"id": 3, "time": 1795434585.2, "who": "kim@10.0.0.5", "size": 812,
 *                              "state": "running"}]}
 *   {"do": "version", "version": 3}
 *   {"ok": true, "version": 3, "path": "plant.lua", "text": "…"} */

#include "control/asks_inside.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "control/value_json.h"
#include "store/versions.h"

static json_t *text_json(const char *text)
{
    return value_json_text(text, strlen(text));
}

static bool is_running(const char *folder, uint32_t id, const struct source *source)
{
    struct version version;
    struct error error;
    char *text = versions_read(folder, id, &version, &error);
    bool runs =
        text && version.size == source->length && memcmp(text, source->text, source->length) == 0;
    free(text);
    return runs;
}

void ask_versions(struct ask *ask, const json_t *request)
{
    const json_t *path;
    const struct field fields[] = {{"path", FIELD_TEXT, false, &path}, {NULL, 0, false, NULL}};
    struct version list[VERSIONS_MOST];
    char folder[PATH_MAX];
    if (!asks_fields(ask, request, fields))
        return;
    const struct source *source = asks_source(ask, json_string_value(path));
    if (!source)
        return;
    ask->host->versions(ask->host->context, folder, sizeof folder);
    size_t count = versions_list(folder, source->path, list);
    json_t *versions = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(
            versions, json_pack("{s:I,s:f,s:o,s:I,s:s}", "id", (json_int_t)list[i].id, "time",
                                (double)(list[i].time / NS_PER_MS) / 1000, "who",
                                text_json(list[i].who), "size", (json_int_t)list[i].size, "state",
                                is_running(folder, list[i].id, source) ? "running" : "before"));
    asks_answer(ask, json_pack("{s:o}", "versions", versions));
}

void ask_version(struct ask *ask, const json_t *request)
{
    const json_t *id;
    const struct field fields[] = {{"version", FIELD_INTEGER, true, &id}, {NULL, 0, false, NULL}};
    struct version version;
    struct error error;
    char folder[PATH_MAX];
    if (!asks_fields(ask, request, fields))
        return;
    json_int_t number = json_integer_value(id);
    ask->host->versions(ask->host->context, folder, sizeof folder);
    char *text = versions_read(folder, number > 0 && number <= UINT32_MAX ? (uint32_t)number : 0,
                               &version, &error);
    if (!text) {
        asks_refuse(ask, ASKS_UNKNOWN, "%s", error.text);
        return;
    }
    asks_answer(ask, json_pack("{s:I,s:o,s:o}", "version", number, "path", text_json(version.path),
                               "text", value_json_text(text, version.size)));
    free(text);
}
