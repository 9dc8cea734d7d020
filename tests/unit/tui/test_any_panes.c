/* SPDX-License-Identifier: ISC */
/* The panes over messages that decode and make no sense: see any_record.h. What they write is safe
 * for a terminal whatever it was. */
#include "../any_record.h"
#include "tui/pane.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { ROUNDS = 500 };

static const hq_pane_fn panes[] = {
#define HQ_PANE(name, title, full) hq_pane_##name,
#include "tui/panes.def"
#undef HQ_PANE
};

static const int64_t now = INT64_C(1795312800) * HQ_SECOND;

static void build(hq_pane_fn pane, const struct hq_pane_input *in)
{
    struct hq_term term = {.safe = g_string_new(NULL), .fit = g_string_new(NULL)};
    struct hq_lines lines;

    hq_lines_init(&lines, &term);
    pane(in, &lines);
    for (gsize i = 0; i < lines.text->len; i++) {
        uint8_t byte = (uint8_t)lines.text->str[i];
        assert_true(byte == '\0' || (byte >= ' ' && byte != 0x7f)); /* NUL ends a line */
    }
    for (int width = 1; width < 200; width += 60)
        hq_lines_layout(&lines, width, in->raw);
    hq_lines_finish(&lines);
    g_string_free(term.safe, TRUE);
    g_string_free(term.fit, TRUE);
}

static void test_any_message(void **state)
{
    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct any any = {.state = round, .arena = hq_arena_new()};
        struct hq_decoder *decoder = hq_decoder_new(any.arena);
        const struct hq_message *message = any_received(&any, &hq_message_schema, decoder);
        const struct hq_detail *detail = any_received(&any, &hq_detail_schema, decoder);
        struct hq_pane_input in = {.message = message, .detail = detail, .now = now};

        assert_true(message && detail);
        for (unsigned i = 0; i < G_N_ELEMENTS(panes); i++) {
            in.raw = round % 2;
            in.explain = NULL;
            build(panes[i], &in);
            for (uint32_t f = 0; f < detail->finding_count; f++) {
                in.explain = &detail->findings[f];
                build(panes[i], &in);
            }
        }
        hq_decoder_free(decoder);
        hq_arena_free(any.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_any_message)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
