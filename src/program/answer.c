/* Text that is gathered for somebody who asked, in room that is there from the start, so that a
 * line of code that prints for ever fills no memory. */

#include "program/inside.h"

#include <stdlib.h>
#include <string.h>

static const char CUT[] = "\n… (there is more than an answer holds)";

bool answer_begin(struct answer *answer)
{
    *answer = (struct answer){.text = malloc(ANSWER_MOST + sizeof CUT)};
    return answer->text != NULL;
}

/* The length that ends before a character which lies across it. */
static size_t whole_characters(const char *text, size_t length)
{
    while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
        length--;
    return length;
}

void answer_add(struct answer *answer, const char *text, size_t length)
{
    size_t room = ANSWER_MOST - answer->length;
    if (answer->cut)
        return;
    answer->cut = length > room;
    if (answer->cut)
        length = whole_characters(text, room);
    memcpy(answer->text + answer->length, text, length);
    answer->length += length;
}

void answer_line(struct answer *answer)
{
    if (answer->length)
        answer_add(answer, "\n", 1);
}

char *answer_end(struct answer *answer)
{
    size_t length = answer->length;
    strcpy(answer->text + length, answer->cut ? CUT : "");
    length += strlen(answer->text + length);
    char *fitting = realloc(answer->text, length + 1);
    return fitting ? fitting : answer->text;
}
