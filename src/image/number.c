/* Shortest digits by trial: print with few, read back, print with more where that differs. Text
 * is made for people and not in a cycle, so clarity goes before speed. */

#include "image/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* The C library prints a NaN with a sign, which means nothing to anyone. */
static const char *nan_text(char *text)
{
    snprintf(text, NUMBER_TEXT, "nan");
    return text;
}

const char *number_text(double number, char text[NUMBER_TEXT])
{
    if (isnan(number))
        return nan_text(text);
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, NUMBER_TEXT, "%.*g", digits, number);
        if (strtod(text, NULL) == number)
            break;
    }
    return text;
}

const char *number_text32(float number, char text[NUMBER_TEXT])
{
    if (isnan(number))
        return nan_text(text);
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(text, NUMBER_TEXT, "%.*g", digits, (double)number);
        if (strtof(text, NULL) == number)
            break;
    }
    return text;
}
