/* The exception says what a master would be told; a person learns also whose value it is, and what
 * can be done. */

#include "control/set_refusal.h"

#include <stdio.h>
#include "control/client_text.h"
#include "control/target.h"
#include "image/link.h"

static const struct variable *variable_of(const struct plan *plan, uint32_t point)
{
    int32_t index = plan->points[point].variable;
    return index < 0 ? NULL : plan->variables[index];
}

/* In a fault with all that have a safe value, else with those that a reload takes away. */
static void say_held(struct image *image, const char *name, char text[SET_REFUSAL])
{
    snprintf(text, SET_REFUSAL, "%s is held at its safe value, because %s", name,
             image_in_fault(image)
                 ? "the program is in FAULT; reload it first"
                 : "a reload that is under way removes it, or what shares its bits; should that be "
                   "refused, set it then");
}

static const char *device_of(const struct plan *plan, uint32_t point, char text[CLIENT_TEXT])
{
    return client_text(&plan->clients[plan_point_client(plan, point)], text);
}

static void say_owner(const struct plan *plan, uint32_t point, const char *name,
                      char text[SET_REFUSAL])
{
    char device[CLIENT_TEXT];
    const struct variable *v = variable_of(plan, point);
    if (plan_point_is_fed(plan, point))
        snprintf(
            text, SET_REFUSAL,
            "%s comes from %s and cannot be set; msm force %s VALUE shows another value to the "
            "program",
            name, device_of(plan, point, device), name);
    else if (v && v->from)
        snprintf(text, SET_REFUSAL,
                 "%s follows %s and cannot be set; msm force %s VALUE holds another value", name,
                 v->from, name);
    else if (!plan_point_is_settable(plan, point))
        snprintf(
            text, SET_REFUSAL,
            "%s is the program's to write (dir = \"out\"), which would overwrite it; msm force "
            "%s VALUE holds a value against the program",
            name, name);
    else
        snprintf(text, SET_REFUSAL,
                 "%s shares bits with what only the program or a device writes; msm force %s VALUE "
                 "holds a value all the same",
                 name, name);
}

static void say_offline(struct image *image, uint32_t point, const char *name,
                        char text[SET_REFUSAL])
{
    const struct plan *plan = image_plan(image);
    int client = plan_point_client(plan, point);
    char device[CLIENT_TEXT], why[LINK_ERROR_MAX] = "";
    bool wanted = link_wanted(image, (size_t)client);
    bool failed = link_last_error(image, (size_t)client, why);
    snprintf(text, SET_REFUSAL, "%s belongs to %s, which %s%s%s; set it when the link is back",
             name, device_of(plan, point, device),
             wanted ? "is offline" : "the program has stopped", wanted && failed ? ": " : "",
             wanted && failed ? why : "");
}

const char *set_refusal(struct image *image, uint32_t point, enum exception exception,
                        char text[SET_REFUSAL])
{
    const struct plan *plan = image_plan(image);
    struct target target = target_of_point(plan, point);
    char name[TARGET_NAME];
    target_name(&target, name);
    if (exception == EXCEPTION_ADDRESS)
        say_owner(plan, point, name, text);
    else if (exception == EXCEPTION_GATEWAY_TARGET && plan_point_client(plan, point) >= 0)
        say_offline(image, point, name, text);
    else if (exception == EXCEPTION_DEVICE_FAILURE)
        say_held(image, name, text);
    else
        snprintf(text, SET_REFUSAL,
                 "%s = this value would put what shares its bits out of its range", name);
    return text;
}
