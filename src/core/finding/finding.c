/* SPDX-License-Identifier: ISC */
/* The one place that appends findings, with severity and confidence from the table. */
#include "hopq/arena.h"
#include "hopq/trail.h"
#include <glib.h>
#include <string.h>

static const struct row {
    const char *id;
    uint8_t severity;
    uint8_t confidence;
    const char *words;
} rows[] = {
#define FINDING(id, severity, confidence, words) \
    {id, HQ_LEVEL_##severity, HQ_LEVEL_##confidence, words},
#include "findings.def"
#undef FINDING
};

static const struct row *find_row(const char *id)
{
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (strcmp(rows[i].id, id) == 0)
            return &rows[i];
    }
    return NULL;
}

const char *hq_finding_words(const char *id)
{
    const struct row *row = find_row(id);

    return row ? row->words : NULL;
}

/* Room for one more; the array doubles at each power of two. */
static struct hq_finding *append(struct hq_detail *detail, struct hq_arena *arena)
{
    uint32_t count = detail->finding_count;

    if ((count & (count - 1)) == 0) {
        struct hq_finding *more =
            hq_arena_alloc(arena, (count ? 2 * (size_t)count : 1) * sizeof *more);

        if (count)
            memcpy(more, detail->findings, count * sizeof *more);
        detail->findings = more;
    }
    return &detail->findings[detail->finding_count++];
}

struct hq_finding *hq_finding_add(struct hq_detail *detail, struct hq_arena *arena, const char *id,
                                  int hop, const char *format, ...)
{
    const struct row *row = find_row(id);
    va_list args;

    g_assert(row != NULL);
    g_assert(hop < (int64_t)detail->hop_count);
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    struct hq_finding *finding = append(detail, arena);
    *finding = (struct hq_finding){
        .id = row->id,
        .severity = row->severity,
        .confidence = row->confidence,
        .hop = hop < 0 ? HQ_NONE : hop,
        .detail = hq_arena_strdup(arena, text),
        .offset = hop < 0 ? HQ_NONE : detail->hops[hop].offset,
        .length = hop < 0 ? HQ_NONE : detail->hops[hop].length,
    };
    return finding;
}
