#pragma once
/* "Did you mean …?": offers known words one by one and keeps the one most like what was asked. */

struct nearest {
    const char *asked;
    const char *best; /* NULL as long as nothing came near */
    int distance;
};

void nearest_init(struct nearest *nearest, const char *asked);

/* Compares by edits (insert, delete, replace, swap of neighbours), letter case apart; a word
 * that goes on as the other one ends ("maximum", max) counts as one edit. The word
 * must outlive the struct. Ties go to the word offered first. */
void nearest_offer(struct nearest *nearest, const char *word);

/* The best word if it is near enough to be meant (about one edit in three letters), or NULL. */
const char *nearest_word(const struct nearest *nearest);
