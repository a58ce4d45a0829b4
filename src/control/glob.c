/* A "*" that turns out to have taken too little takes one more; only the last one needs to be tried
 * again, so that no pattern takes more than the product of both lengths. */

#include "control/glob.h"

#include <stddef.h>

bool glob_match(const char *pattern, const char *name)
{
    const char *star = NULL, *taken = NULL;
    while (*name) {
        if (*pattern == '*') {
            star = pattern++;
            taken = name;
        } else if (*pattern && (*pattern == '?' || *pattern == *name)) {
            pattern++;
            name++;
        } else if (star) {
            pattern = star + 1;
            name = ++taken;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}
