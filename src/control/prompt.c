/* libedit's own interface. The history lies in $XDG_STATE_HOME/msm_history, else in ~. */

#include "control/prompt.h"

#include <histedit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include "base/memory.h"

enum { HISTORY = 1000 };

struct prompt {
    struct talk *talk;
    EditLine *edit;
    History *history;
    char file[4096];
    char *line;
    bool more; /* it goes on with the last one */
};

static struct prompt *prompt_of(EditLine *edit)
{
    void *prompt = NULL;
    el_get(edit, EL_CLIENTDATA, &prompt);
    return prompt;
}

static char *text(EditLine *edit)
{
    static char FIRST[] = "> ", MORE[] = ">> ";
    return prompt_of(edit)->more ? MORE : FIRST;
}

/* ---- completion ---- */

/* Where the word that can be completed begins: a name, with its dots and colons. */
static size_t word_begin(const char *line, size_t end)
{
    while (end && (strchr("_.:", line[end - 1]) || (line[end - 1] >= '0' && line[end - 1] <= '9') ||
                   ((line[end - 1] | 32) >= 'a' && (line[end - 1] | 32) <= 'z')))
        end--;
    return end;
}

static size_t common_length(const json_t *words)
{
    const char *first = json_string_value(json_array_get(words, 0));
    size_t length = strlen(first), i;
    json_t *word;
    json_array_foreach(words, i, word)
    {
        size_t same = 0;
        while (same < length && json_string_value(word)[same] == first[same])
            same++;
        length = same;
    }
    return length;
}

static void list(const json_t *words)
{
    size_t i;
    json_t *word;
    putchar('\n');
    json_array_foreach(words, i, word) printf("%s  ", json_string_value(word));
    putchar('\n');
}

static unsigned char complete(EditLine *edit, wint_t key)
{
    struct prompt *prompt = prompt_of(edit);
    const LineInfo *info = el_line(edit);
    char code[4096];
    int failed = 0;
    (void)key;
    snprintf(code, sizeof code, "%.*s", (int)(info->cursor - info->buffer), info->buffer);
    json_t *answer =
        talk_ask(prompt->talk, json_pack("{s:s, s:s}", "do", "complete", "code", code), &failed);
    const json_t *words = json_object_get(answer, "words");
    unsigned char result = CC_ERROR;
    if (json_array_size(words)) {
        size_t end = strlen(code), typed = end - word_begin(code, end);
        size_t common = common_length(words);
        char more[256];
        snprintf(more, sizeof more, "%.*s", common > typed ? (int)(common - typed) : 0,
                 json_string_value(json_array_get(words, 0)) + (common > typed ? typed : 0));
        result = CC_REFRESH;
        if (*more)
            el_insertstr(edit, more);
        else if (json_array_size(words) > 1) {
            list(words);
            result = CC_REDISPLAY;
        }
    }
    json_decref(answer);
    return result;
}

/* Ctrl-C: the line is given up, not the prompt. */
static unsigned char drop(EditLine *edit, wint_t key)
{
    const LineInfo *info = el_line(edit);
    int behind = (int)(info->lastchar - info->cursor);
    (void)key;
    fputs("^C\n", stdout);
    el_cursor(edit, behind);
    info = el_line(edit);
    el_deletestr(edit, (int)(info->lastchar - info->buffer));
    el_insertstr(edit, "\n"); /* an empty line; nothing at all would be the end */
    return CC_NEWLINE;
}

/* ---- life ---- */

static void find_file(struct prompt *prompt)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    if (state && *state)
        snprintf(prompt->file, sizeof prompt->file, "%s/msm_history", state);
    else if (home && *home)
        snprintf(prompt->file, sizeof prompt->file, "%s/.msm_history", home);
}

struct prompt *prompt_open(struct talk *talk, struct error *error)
{
    struct prompt *prompt = memory_zeroed(1, sizeof *prompt);
    HistEvent event;
    prompt->talk = talk;
    prompt->history = history_init();
    prompt->edit = el_init("msm", stdin, stdout, stderr);
    if (!prompt->history || !prompt->edit) {
        prompt_close(prompt);
        error_set(error, "the terminal cannot be edited on");
        return NULL;
    }
    find_file(prompt);
    history(prompt->history, &event, H_SETSIZE, HISTORY);
    history(prompt->history, &event, H_SETUNIQUE, 1);
    history(prompt->history, &event, H_LOAD, prompt->file);
    el_set(prompt->edit, EL_CLIENTDATA, prompt);
    el_set(prompt->edit, EL_PROMPT, text);
    el_set(prompt->edit, EL_EDITOR, "emacs");
    el_set(prompt->edit, EL_SIGNAL, 1);
    el_set(prompt->edit, EL_HIST, history, prompt->history);
    /* The narrow form of this leaks its texts. */
    el_wset(prompt->edit, EL_ADDFN, L"msm-complete", L"Complete a name", complete);
    el_set(prompt->edit, EL_BIND, "^I", "msm-complete", NULL);
    el_set(prompt->edit, EL_BIND, "^R", "em-inc-search-prev", NULL);
    el_wset(prompt->edit, EL_ADDFN, L"msm-drop", L"Give the line up", drop);
    el_set(prompt->edit, EL_SETTY, "-d", "-isig", NULL); /* Ctrl-C is a key while a line is typed */
    el_set(prompt->edit, EL_BIND, "^C", "msm-drop", NULL);
    return prompt;
}

void prompt_close(struct prompt *prompt)
{
    HistEvent event;
    if (!prompt)
        return;
    if (prompt->history && *prompt->file)
        history(prompt->history, &event, H_SAVE, prompt->file);
    if (prompt->history)
        history_end(prompt->history);
    if (prompt->edit)
        el_end(prompt->edit);
    free(prompt->line);
    free(prompt);
}

const char *prompt_line(struct prompt *prompt, bool more)
{
    prompt->more = more;
    for (;;) {
        int count = 0;
        HistEvent event;
        const char *line = el_gets(prompt->edit, &count);
        if (!line || count <= 0) {
            putchar('\n');
            return NULL;
        }
        free(prompt->line);
        prompt->line = strndup(line, strcspn(line, "\n"));
        if (!prompt->line)
            memory_short((size_t)count);
        if (*prompt->line)
            history(prompt->history, &event, H_ENTER, prompt->line);
        if (*prompt->line || more)
            return prompt->line;
    }
}
