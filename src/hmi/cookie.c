/* Pairs are separated by semicolons; spaces around them do not count, quotes are not used. */

#include "hmi/cookie.h"

#include <string.h>

bool cookie_find(const char *header, const char *name, char *value, size_t size)
{
    size_t length = strlen(name), found = 0;
    for (const char *at = header; at && *at;) {
        at += strspn(at, " \t;");
        size_t pair = strcspn(at, ";");
        if (pair > length && at[length] == '=' && strncmp(at, name, length) == 0) {
            size_t end = pair;
            while (end > length + 1 && (at[end - 1] == ' ' || at[end - 1] == '\t'))
                end--;
            if (found++ || end - length - 1 >= size)
                return false;
            memcpy(value, at + length + 1, end - length - 1);
            value[end - length - 1] = '\0';
        }
        at += pair;
    }
    return found == 1;
}
