/* msm passwd: changes the users file, which a running program then reads by itself. Which file that
 * is a running program says; before it runs, its folder and name are stated. */

#include "hmi/passwd.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "control/command.h"
#include "control/place.h"
#include "control/talk.h"
#include "hmi/secret.h"
#include "hmi/token.h"
#include "hmi/users.h"
#include "store/folder.h"

struct wish {
    const char *command, *user, *role, *program, *state;
    bool deletes, lists, tokens;
    char path[PATH_MAX];
};

/* ---- which file ---- */

static int ask_program(struct wish *wish)
{
    int code;
    json_t *answer = talk_once(wish->command, wish->program, TALK_PATIENCE,
                               json_pack("{s:s}", "do", "status"), &code);
    const char *path = json_string_value(json_object_get(answer, "users"));
    if (path)
        snprintf(wish->path, sizeof wish->path, "%s", path);
    else if (code == EXIT_NOT_RUNNING)
        command_say("msm %s: for one that does not run, --state DIR --name PROGRAM say where its "
                    "users are",
                    wish->command);
    json_decref(answer);
    return path ? EXIT_OK : code ? code : EXIT_FAILED;
}

static int find_file(struct wish *wish)
{
    struct error error;
    if (!wish->state)
        return ask_program(wish);
    if (!wish->program)
        command_say("msm %s: --state goes with --name PROGRAM, as its file is called so",
                    wish->command);
    else if (!place_name_check(wish->program, &error))
        command_say("msm %s: --name: %s", wish->command, error.text);
    else if (snprintf(wish->path, sizeof wish->path, "%s/%s.users", wish->state, wish->program) >=
             PATH_MAX - 8)
        command_say("msm %s: --state: the folder's name is too long", wish->command);
    else
        return EXIT_OK;
    return EXIT_USAGE;
}

/* A service's folder may not be there before its first start. */
static bool make_folder(const struct wish *wish, struct error *error)
{
    return !wish->state || wish->deletes || folder_make(wish->state, error);
}

/* ---- the change ---- */

static bool change(const struct wish *wish, struct users *users, struct user *user,
                   struct error *error)
{
    const struct user *before = users_find(users, wish->user);
    if (wish->deletes)
        return users_remove(users, wish->user) ||
               error_set(error, "%s has no user %s", wish->path, wish->user);
    if (!wish->role && !before)
        return error_set(error, "%s is new: --role viewer, operator or engineer says what for",
                         wish->user);
    if (!wish->role)
        user->role = before->role;
    return users_put(users, user, error);
}

static bool change_file(const struct wish *wish, struct user *user, struct error *error)
{
    struct users users = {NULL, 0};
    int lock = make_folder(wish, error) ? users_lock(wish->path, error) : -1;
    if (lock < 0)
        return false;
    bool ok = users_load(wish->path, &users, error) && change(wish, &users, user, error) &&
              users_save(wish->path, &users, error);
    users_free(&users);
    close(lock);
    return ok;
}

/* Whether it can be changed is said before anybody types a password. */
static bool is_worth_asking(const struct wish *wish, struct error *error)
{
    struct users users;
    bool ok = users_load(wish->path, &users, error);
    struct user nobody = {"", ROLE_NONE, ""};
    struct wish dry = *wish;
    if (!ok)
        return false;
    snprintf(nobody.name, sizeof nobody.name, "%s", wish->user);
    ok = change(&dry, &users, &nobody, error);
    users_free(&users);
    return ok;
}

static bool set_password(struct user *user, struct error *error)
{
    char password[PASSWORD_MOST + 1] = "";
    bool ok = secret_read(user->name, password, sizeof password, error) &&
              password_check(password, error) && password_hash(password, user->hash, error);
    password_wipe(password, sizeof password);
    return ok;
}

/* A program's, which is shown once: only its hash is kept. */
static bool set_token(struct user *user, char token[TOKEN], struct error *error)
{
    if (!token_begin())
        return error_set(error, "this system gives no random numbers");
    token_make(token);
    token_hash(token, user->hash);
    return true;
}

static bool set_secret(const struct wish *wish, struct user *user, char token[TOKEN],
                       struct error *error)
{
    return wish->deletes ||
           (wish->tokens ? set_token(user, token, error) : set_password(user, error));
}

static int carry_out(const struct wish *wish)
{
    struct user user = {"", ROLE_NONE, ""};
    struct error error;
    char token[TOKEN] = "";
    snprintf(user.name, sizeof user.name, "%s", wish->user);
    if (wish->role && !role_read(wish->role, &user.role)) {
        command_say("msm %s: --role is viewer, operator or engineer, not \"%s\"", wish->command,
                    wish->role);
        return EXIT_USAGE;
    }
    if (user_name_check(wish->user, &error) && is_worth_asking(wish, &error) &&
        set_secret(wish, &user, token, &error) && change_file(wish, &user, &error)) {
        if (wish->tokens)
            puts(token);
        command_say("%s: %s %s%s", wish->path, wish->user, wish->deletes ? "is gone" : "is ",
                    wish->deletes ? "" : role_name(user.role));
        return EXIT_OK;
    }
    command_say("msm %s: %s", wish->command, error.text);
    return EXIT_FAILED;
}

static int print_list(const struct wish *wish)
{
    struct users users;
    struct error error;
    if (!users_load(wish->path, &users, &error)) {
        command_say("msm %s: %s", wish->command, error.text);
        return EXIT_FAILED;
    }
    if (!users.count)
        command_say("%s: there are no users", wish->path);
    for (size_t i = 0; i < users.count; i++)
        printf("%s %s%s\n", users.list[i].name, role_name(users.list[i].role),
               user_has_password(&users.list[i]) ? "" : " (token)");
    users_free(&users);
    return EXIT_OK;
}

int passwd_run(const struct command *command, int argc, char **argv)
{
    struct wish wish = {.command = command->name};
    struct command_operands operands = {.words = &wish.user, .least = 0, .most = 1};
    const struct command_option options[] = {{"delete", &wish.deletes, NULL},
                                             {"list", &wish.lists, NULL},
                                             {"name", NULL, &wish.program},
                                             {"role", NULL, &wish.role},
                                             {"state", NULL, &wish.state},
                                             {"token", &wish.tokens, NULL},
                                             {NULL, NULL, NULL}};
    int result = command_read(command, argc, argv, options, &operands);
    if (result >= 0)
        return result;
    if (wish.lists ? wish.user || wish.deletes || wish.role || wish.tokens
                   : !wish.user || (wish.deletes && (wish.role || wish.tokens))) {
        command_say("msm %s: it takes a USER, with --role, --token or --delete; or --list alone",
                    command->name);
        return EXIT_USAGE;
    }
    result = find_file(&wish);
    if (result != EXIT_OK)
        return result;
    return wish.lists ? print_list(&wish) : carry_out(&wish);
}
