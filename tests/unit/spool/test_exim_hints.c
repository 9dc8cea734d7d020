/* SPDX-License-Identifier: ISC */
/* Exim's retry hints: pages of Berkeley DB made here, sound and hostile. */
#include "collect.h"
#include "spool/exim/exim.h"
#include <time.h>

#define PAGE 512

struct page {
    unsigned char bytes[PAGE];
    unsigned entries, top;
};

static void put16(unsigned char *p, unsigned value)
{
    uint16_t v = (uint16_t)value;

    memcpy(p, &v, sizeof v);
}

static void put32(unsigned char *p, uint32_t value)
{
    memcpy(p, &value, sizeof value);
}

static void begin_page(struct page *page, unsigned type)
{
    *page = (struct page){.top = PAGE};
    page->bytes[25] = (unsigned char)type;
}

static void add_item(struct page *page, unsigned char type, const void *bytes, size_t n)
{
    page->top -= (unsigned)n + 1;
    page->bytes[page->top] = type;
    memcpy(page->bytes + page->top + 1, bytes, n);
    put16(page->bytes + 26 + 2 * (size_t)page->entries, page->top);
    put16(page->bytes + 20, ++page->entries);
}

static GString *record(time_t first, time_t last, time_t next, const char *text)
{
    GString *value = g_string_new(NULL);
    const time_t times[] = {last, first, last, next};
    const int numbers[] = {0, -44, 0};

    g_string_append_len(value, (const char *)times, sizeof times);
    g_string_append_len(value, (const char *)numbers, sizeof numbers);
    g_string_append_len(value, text, (gssize)strlen(text) + 1);
    return value;
}

static void add_record(struct page *page, const char *key, time_t next, const char *text)
{
    GString *value = record(1000, 2000, next, text);

    add_item(page, 1, key, strlen(key) + 1);
    add_item(page, 1, value->str, value->len);
    g_string_free(value, TRUE);
}

static void meta(struct page *page)
{
    begin_page(page, 8);
    put32(page->bytes + 12, 0x061561);
    put32(page->bytes + 16, 9);
    put32(page->bytes + 20, PAGE);
}

static const struct hq_ex_hints *get(const struct page *pages, size_t count, const char **why)
{
    struct hq_item_file file;
    g_autofree char *bytes = g_malloc(count * PAGE);
    static int64_t moment; /* another file each time */

    for (size_t i = 0; i < count; i++)
        memcpy(bytes + i * PAGE, pages[i].bytes, PAGE);
    collect_file(&file, bytes, count * PAGE, 0640);
    file.mtime = ++moment;
    const struct hq_ex_hints *hints = hq_ex_hints_get(&file, why);
    close(file.fd);
    return hints;
}

static void finds_hints(void **state)
{
    struct page pages[2];
    const char *why;
    const char *const id = "1vMabc-0000AB-1x";

    (void)state;
    meta(&pages[0]);
    begin_page(&pages[1], 13);
    add_record(&pages[1], "R:there.example", 3000, "host lookup did not complete");
    add_record(&pages[1], "T:mx.there.example:192.0.2.1:25", 4000, "refused");
    add_record(&pages[1], "T:mx.there.example:192.0.2.1:25:1vMabc-0000AB-1x", 5000, "421 slow");
    add_record(&pages[1], "T:mx.there.example:192.0.2.1:25:1vMabc-0000AB-1y", 9000, "other");
    const struct hq_ex_hints *hints = get(pages, 2, &why);
    assert_non_null(hints);
    assert_null(why);
    const struct hq_ex_hint *hint = hq_ex_hints_find(hints, "R:there.example");
    assert_true(hint->first_failed == 1000 * HQ_SECOND && hint->last_try == 2000 * HQ_SECOND);
    assert_true(hint->next_try == 3000 * HQ_SECOND);
    assert_int_equal(hint->error, -44);
    assert_string_equal(hint->text, "host lookup did not complete");
    assert_null(hq_ex_hints_find(hints, "R:there.exampl"));
    hint = hq_ex_hints_find_host(hints, "mx.there.example", "192.0.2.1", id);
    assert_string_equal(hint->text, "421 slow");
    hint = hq_ex_hints_find_host(hints, "mx.there.example", "192.0.2.1", "1vMabc-0000AB-zz");
    assert_string_equal(hint->text, "refused");
    assert_null(hq_ex_hints_find_host(hints, "mx.there.example", "192.0.2.", id));
    assert_null(hq_ex_hints_find_host(hints, "mx.else.example", "192.0.2.1", id));
}

/* A value on overflow pages, and one whose pages lead back to themselves. */
static void follows_long_values(void **state)
{
    g_autofree char *text = g_strnfill(600, 'x');
    GString *value = record(1, 2, 3, text);
    struct page pages[4];
    unsigned char pointer[11] = {0};
    const char *why;

    (void)state;
    meta(&pages[0]);
    begin_page(&pages[1], 2);
    add_item(&pages[1], 1, "R:long", 7);
    put32(pointer + 3, 2);
    put32(pointer + 7, (uint32_t)value->len);
    add_item(&pages[1], 3, pointer, sizeof pointer);
    for (unsigned i = 0, at = 0; i < 2; i++) {
        size_t n = MIN(value->len - at, (size_t)PAGE - 26);
        begin_page(&pages[2 + i], 7);
        put32(pages[2 + i].bytes + 16, i ? 0 : 3);
        put16(pages[2 + i].bytes + 22, (unsigned)n);
        memcpy(pages[2 + i].bytes + 26, value->str + at, n);
        at += (unsigned)n;
    }
    const struct hq_ex_hints *hints = get(pages, 4, &why);
    const struct hq_ex_hint *hint = hq_ex_hints_find(hints, "R:long");
    assert_non_null(hint);
    assert_string_equal(hint->text, text);
    put32(pages[2].bytes + 16, 2); /* to itself, a byte a time */
    put16(pages[2].bytes + 22, 1);
    assert_non_null(get(pages, 4, &why));
    put16(pages[2].bytes + 22, 0);
    hints = get(pages, 4, &why);
    assert_null(hq_ex_hints_find(hints, "R:long"));
    g_string_free(value, TRUE);
}

static void refuses_other_files(void **state)
{
    static const struct {
        unsigned at;
        uint32_t value;
        const char *why;
    } cases[] = {{12, 0x053162, "no hash"}, {12, 0x61150600, "byte order"}, {16, 6, "version"},
                 {20, 511, "damaged"},      {20, 1u << 20, "damaged"},      {20, 0, "damaged"},
                 {24, 1, "version"}};

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct page pages[2];
        const char *why;
        meta(&pages[0]);
        begin_page(&pages[1], 13);
        put32(pages[0].bytes + cases[i].at, cases[i].value);
        assert_null(get(pages, 2, &why));
        if (!why || !strstr(why, cases[i].why))
            fail_msg("case %u: %s", i, why ? why : "none");
    }
}

/* Any byte of a page may be anything. */
static void survives_damage(void **state)
{
    struct page pages[3];
    const char *why;

    (void)state;
    meta(&pages[0]);
    begin_page(&pages[1], 13);
    begin_page(&pages[2], 7);
    add_record(&pages[1], "R:there.example", 3000, "x");
    add_record(&pages[1], "T:h:1:1vMabc-0000AB-1x", 3000, "y");
    for (unsigned at = 0; at < PAGE; at++)
        for (unsigned value = 0; value < 256; value += 51) {
            struct page broken[3] = {pages[0], pages[1], pages[2]};
            broken[1].bytes[at] = (unsigned char)value;
            assert_non_null(get(broken, 3, &why));
        }
    assert_null(get(pages, 0, &why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_hints),
        cmocka_unit_test(follows_long_values),
        cmocka_unit_test(refuses_other_files),
        cmocka_unit_test(survives_damage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
