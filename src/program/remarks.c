/* What the body did that is no error and hardly meant, for msm check: declarations that became no
 * variable, and what the library says by core.remark. Those made at one line are one remark, so
 * that a loop does not fill the plan with them. */

#include "program/inside.h"

#include <stdio.h>
#include <string.h>

struct remark {
    struct remark *next;
    const char *where;
    const char *text; /* or what was called, "holding.word" */
    size_t unused;    /* declarations of that line that became no variable */
    bool declares;
};

static struct remark *add(struct program *program, const char *where, const char *text)
{
    struct remark *remark = plan_alloc(program->plan, sizeof *remark);
    *remark = (struct remark){.where = where, .text = plan_string(program->plan, text)};
    if (program->remarks_last)
        program->remarks_last->next = remark;
    else
        program->remarks = remark;
    program->remarks_last = remark;
    return remark;
}

/* A module of templates has some that this script does not use; that is no slip. */
static bool is_in_script(lua_State *L)
{
    lua_Debug ar;
    return find_user(L, &ar) && *ar.source == '@' &&
           strcmp(ar.source + 1, program_of(L)->path) == 0;
}

struct remark *remark_declaration(lua_State *L, const char *what, const char *where)
{
    struct program *program = program_of(L);
    struct remark *last = program->remarks_last;
    if (!is_in_script(L))
        return NULL;
    if (!last || !last->declares || last->where != where || strcmp(last->text, what) != 0)
        last = add(program, where, what);
    last->declares = true;
    last->unused++;
    return last;
}

void remark_declared(struct remark *remark)
{
    if (remark)
        remark->unused--;
}

void remark_text(lua_State *L, const char *text)
{
    check_room(L, strlen(text));
    add(program_of(L), user_line(L), text);
}

void program_remarks(const struct program *program,
                     void (*say)(void *context, const char *where, const char *text), void *context)
{
    for (const struct remark *remark = program->remarks; remark; remark = remark->next) {
        char text[500];
        snprintf(text, sizeof text,
                 remark->declares ? "warning: %s(…) is assigned to no name of a memory, so it "
                                    "declares nothing; mem.NAME = %s(…) does"
                                  : "note: %s",
                 remark->text, remark->text);
        if (!remark->declares || (remark->unused && !program->is_module))
            say(context, remark->where, text);
    }
}

void remark_nothing_declared(const struct program *program, struct error *error)
{
    const struct remark *remark = program->remarks;
    while (remark && !remark->unused)
        remark = remark->next;
    if (program->plan->variable_count || !remark)
        return;
    struct error before = *error;
    error_set(error, "%s; %s(…) at %s is assigned to no name of a memory, as in mem.NAME = %s(…)",
              before.text, remark->text, remark->where, remark->text);
}
