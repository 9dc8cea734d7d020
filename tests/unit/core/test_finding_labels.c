/* SPDX-License-Identifier: ISC */
/* Hops that real forgers made, labelled by what gives them away: each alone, under an honest edge,
 * must be likely forged. Development data (HOPQ_DATA), not part of the project; skipped without. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../dev_data.h"
#include "hopq/arena.h"
#include "hopq/org.h"
#include "hopq/trail.h"
#include <jansson.h>
#include <string.h>

#define EDGE                                                                                     \
    "Received: from h.sender.example (n.sender.example [8.8.4.4]) by mx.ours.example (Postfix) " \
    "with ESMTP id 4fXyzABC12; Thu, 01 Oct 2026 12:00:10 +0000 (UTC)\nReceived: "

static bool is_likely_forged(const char *header, const struct hq_context *context)
{
    struct hq_message message = {.mta = "eml"};
    struct hq_headers headers = {0};
    struct hq_detail detail = {0};
    struct hq_arena *arena = hq_arena_new();
    g_autofree char *block = g_strconcat(EDGE, header, "\n\n", NULL);
    bool likely = false;

    hq_headers_scan(&headers, block, strlen(block));
    hq_trail_build(&headers, &message, context, &detail, arena);
    for (uint32_t i = 0; i < detail.finding_count; i++)
        likely |= strcmp(detail.findings[i].id, "forged-below") == 0 &&
                  detail.findings[i].confidence >= HQ_LEVEL_MEDIUM;
    hq_headers_clear(&headers);
    hq_arena_free(arena);
    return likely;
}

static void finds_labelled_hops(void **state)
{
    g_autofree char *text = NULL;
    unsigned asked = 0;
    unsigned found = 0;

    (void)state;
    assert_true(g_file_get_contents(dev_data("hops/forged_hops.jsonl"), &text, NULL, NULL));
    struct hq_context *context = hq_context_new();
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    hq_org_init();
    for (char **line = lines; *line; line++) {
        json_t *row = json_loads(*line, 0, NULL);
        const char *header = json_string_value(json_object_get(row, "header"));

        if (header) {
            bool likely = is_likely_forged(header, context);

            asked++;
            found += likely;
            if (!likely)
                print_message("missed: %s\n", header);
        }
        json_decref(row);
    }
    hq_context_free(context);
    print_message("%u of %u\n", found, asked);
    assert_true(asked > 0);
    assert_true(found * 100 >= asked * 98);
}

/* Adds to ASKED and ACCUSED the messages of one folder of honest mail. */
static void accuse_folder(const char *folder, const struct hq_context *context, unsigned *asked,
                          unsigned *accused)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    struct hq_arena *arena = hq_arena_new();
    struct hq_headers headers = {0};
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        struct hq_message message = {.mta = "eml"};
        struct hq_detail detail = {0};
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_autofree char *content = NULL;
        gsize n;

        if (!g_file_get_contents(path, &content, &n, NULL))
            continue;
        hq_headers_scan(&headers, content, n);
        hq_trail_build(&headers, &message, context, &detail, arena);
        ++*asked;
        for (uint32_t i = 0; i < detail.finding_count; i++) {
            if (strcmp(detail.findings[i].id, "forged-below") == 0 &&
                detail.findings[i].confidence >= HQ_LEVEL_MEDIUM) {
                print_message("%s: %s\n", path, detail.findings[i].detail);
                ++*accused;
            }
        }
        hq_arena_reset(arena);
    }
    hq_headers_clear(&headers);
    hq_arena_free(arena);
}

/* Mail of public lists, HOPQ_MAIL/open/inbox-*: at most one in 2,000 may be likely forged. */
static void accuses_no_honest_mail(void **state)
{
    const char *root = g_getenv("HOPQ_MAIL");
    unsigned asked = 0;
    unsigned accused = 0;
    const char *name;

    (void)state;
    if (!root) {
        print_message("SKIP: HOPQ_MAIL is not set\n");
        skip();
    }
    g_autofree char *open = g_build_filename(root, "open", NULL);
    g_autoptr(GDir) dir = g_dir_open(open, 0, NULL);
    struct hq_context *context = hq_context_new();
    hq_org_init();
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *folder = g_build_filename(open, name, NULL);

        if (g_str_has_prefix(name, "inbox-"))
            accuse_folder(folder, context, &asked, &accused);
    }
    hq_context_free(context);
    print_message("likely forged: %u of %u honest messages\n", accused, asked);
    assert_true(asked > 0);
    assert_true(accused * 2000 <= asked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_labelled_hops),
        cmocka_unit_test(accuses_no_honest_mail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
