/* SPDX-License-Identifier: ISC */
/* Any text as a stored reply; the first byte chooses what is known besides. */
#include "core/reason/parts.h"
#include "hopq/arena.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const struct hq_reason_hint hints[] = {
        {0},
        {.mta = "postfix", .enhanced = "4.4.1"},
        {.mta = "sendmail", .relay = "mx.b.example. [192.0.2.1]", .code = 451},
        {.mta = "exim", .phase = HQ_PHASE_RCPT, .enhanced = "x"}};
    static struct hq_reasons *reasons;
    static unsigned runs;

    if (n == 0)
        return 0;
    if (runs++ % 20000 == 0) { /* kinds are kept for good */
        hq_reasons_free(reasons);
        reasons = hq_reasons_new();
    }
    struct hq_arena *arena = hq_arena_new();
    char *text = g_strndup((const char *)data + 1, n - 1);
    const struct hq_reason *reason =
        hq_reason_parse(reasons, text, &hints[data[0] % G_N_ELEMENTS(hints)], arena);

    g_assert_cmpstr(reason->text, ==, text);
    g_assert(reason->kind->category > HQ_CATEGORY_NONE &&
             reason->kind->category <= HQ_CATEGORY_UNKNOWN);
    g_assert(reason->kind->phase < HQ_PHASE_COUNT && reason->kind->advice);
    g_assert(reason->kind->code == HQ_NONE ||
             (reason->kind->code >= 200 && reason->kind->code <= 599));
    g_assert(strlen(reason->kind->masked) <= 3 * HQ_REASON_TEXT_MAX);
    g_free(text);
    hq_arena_free(arena);
    return 0;
}
