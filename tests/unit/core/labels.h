/* SPDX-License-Identifier: ISC */
/* Labels of other projects' tests, files of JSON lines in the development data, and the share of
 * them that is read as labelled. */
#ifndef HOPQ_TESTS_LABELS_H
#define HOPQ_TESTS_LABELS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../dev_data.h"
#include <jansson.h>
#include <stdbool.h>

struct score {
    unsigned right, asked;
};

/* Calls EACH with every object of the file NAME of the development data. */
static inline void each_label(const char *name, void (*each)(json_t *row, void *data), void *data)
{
    g_autofree char *text = NULL;

    assert_true(g_file_get_contents(dev_data(name), &text, NULL, NULL));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        json_t *row = json_loads(*line, JSON_ALLOW_NUL, NULL);

        if (row)
            each(row, data);
        json_decref(row);
    }
}

/* The share of WHAT must not fall below BAR. */
static inline void score_must(const char *what, const struct score *score, double bar)
{
    print_message("%s: %u/%u\n", what, score->right, score->asked);
    assert_true(score->asked > 0);
    assert_true(score->right >= bar * score->asked);
}

#endif
