/* The edit distance in which a swap of neighbours is one edit (optimal string alignment), over
 * three rows of the usual table. Only what is near enough to be meant is ever kept, so that the
 * answer is ready at any time. */

#include "base/nearest.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum {
    LONGEST = 128, /* longer words are never near: nobody mistypes those */
    SHORTEST_FORM = 3
};

void nearest_init(struct nearest *nearest, const char *asked)
{
    *nearest = (struct nearest){.asked = asked};
}

/* ASCII only and independent of the locale. */
static char fold(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

static bool same(char a, char b)
{
    return fold(a) == fold(b);
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* One row: the distances of a[0..row] from every beginning of b, out of the two rows before. */
static void next_row(const char *a, int row, const char *b, int length, int rows[3][LONGEST + 1])
{
    const int *two_up = rows[(row + 1) % 3], *up = rows[(row + 2) % 3];
    int *now = rows[row % 3];
    now[0] = row;
    for (int i = 1; i <= length; i++) {
        int replaced = up[i - 1] + (same(a[row - 1], b[i - 1]) ? 0 : 1);
        now[i] = least(replaced, least(up[i], now[i - 1]) + 1);
        if (row > 1 && i > 1 && same(a[row - 1], b[i - 2]) && same(a[row - 2], b[i - 1]))
            now[i] = least(now[i], two_up[i - 2] + 1);
    }
}

static int edit_distance(const char *a, int a_length, const char *b, int b_length)
{
    int rows[3][LONGEST + 1];
    for (int i = 0; i <= b_length; i++)
        rows[0][i] = i;
    for (int row = 1; row <= a_length; row++)
        next_row(a, row, b, b_length, rows);
    return rows[a_length % 3][b_length];
}

/* "maximum" for max, "desc" for description: cut short or written out, counted as one edit. */
static bool is_short_form(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t shorter = a_length < b_length ? a_length : b_length;
    if (shorter < SHORTEST_FORM)
        return false;
    for (size_t i = 0; i < shorter; i++) {
        if (!same(a[i], b[i]))
            return false;
    }
    return true;
}

static void keep(struct nearest *nearest, const char *word, int distance)
{
    if (nearest->best && nearest->distance <= distance)
        return; /* a tie keeps the earlier word */
    nearest->best = word;
    nearest->distance = distance;
}

void nearest_offer(struct nearest *nearest, const char *word)
{
    size_t asked = strlen(nearest->asked), offered = strlen(word);
    if (asked > LONGEST || offered > LONGEST)
        return;
    if (asked != offered && is_short_form(nearest->asked, asked, word, offered)) {
        keep(nearest, word, 1);
        return;
    }
    int longer = (int)(asked > offered ? asked : offered);
    int allowed = (longer + 1) / 3;
    int difference = longer - (int)(asked > offered ? offered : asked);
    if (difference > allowed)
        return; /* each missing letter is an edit already */
    int distance = edit_distance(nearest->asked, (int)asked, word, (int)offered);
    if (distance <= allowed)
        keep(nearest, word, distance);
}

const char *nearest_word(const struct nearest *nearest)
{
    return nearest->best;
}
