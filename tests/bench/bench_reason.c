/* SPDX-License-Identifier: ISC */
/* How many distinct replies a second one core classifies. Lines of standard input are replies; each
 * comes again with other letters behind it, so that no two are the same and none was seen before.
 *
 * bench_reason < REPLIES */
#include "hopq/arena.h"
#include "hopq/reason.h"
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { TEXTS = 100000, LINE_LONGEST = 16384, TEXTS_AN_ARENA = 1000 };

static double cpu_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static GPtrArray *read_lines(void)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    char line[LINE_LONGEST];

    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        if (*line)
            g_ptr_array_add(lines, g_strdup(line));
    }
    return lines;
}

int main(void)
{
    g_autoptr(GPtrArray) lines = read_lines();
    struct hq_reasons *reasons = hq_reasons_new();
    struct hq_arena *arena = hq_arena_new();
    g_autoptr(GString) text = g_string_new(NULL);
    gsize bytes = 0;

    if (lines->len == 0) {
        fprintf(stderr, "bench_reason: no replies on standard input\n");
        return 1;
    }
    double start = cpu_seconds();
    for (guint i = 0; i < TEXTS; i++) {
        g_string_printf(text, "%s %c%c%c", (const char *)lines->pdata[i % lines->len], 'a' + i % 26,
                        'a' + i / 26 % 26, 'a' + i / 676 % 26);
        bytes += text->len;
        hq_reason_parse(reasons, text->str, NULL, arena);
        if (i % TEXTS_AN_ARENA == 0)
            hq_arena_reset(arena);
    }
    double took = cpu_seconds() - start;
    printf("%d replies of %zu bytes each: %.2f s, %.0f a second\n", TEXTS, bytes / TEXTS, took,
           TEXTS / took);
    hq_arena_free(arena);
    hq_reasons_free(reasons);
    return 0;
}
