#pragma once
/* Numbers as text for people: the fewest digits that read back as the same number. */

enum { NUMBER_TEXT = 32 }; /* room that always suffices */

/* "0.1", "1e+300", "nan", "-inf". Returns text. */
const char *number_text(double number, char text[NUMBER_TEXT]);

/* The same for a number that came from a binary32, of which only its own digits are shown:
 * 0.1 and not 0.10000000149011612. */
const char *number_text32(float number, char text[NUMBER_TEXT]);
