/* SPDX-License-Identifier: ISC */
/* List, lines, line editor: what they promise without a terminal. */
#include "tui/edit.h"
#include "tui/keys.h"
#include "tui/lines_internal.h"
#include "tui/list.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void list_is_safe_when_empty(void **state)
{
    struct hq_list list = {.height = 5};
    (void)state;
    for (int action = HQ_ACTION_NONE; action <= HQ_ACTION_WRAP; action++) {
        hq_list_act(&list, (enum hq_action)action);
        assert_int_equal(list.cursor, 0);
        assert_int_equal(list.top, 0);
    }
}

static void list_stays_inside(void **state)
{
    struct hq_list list = {.height = 7, .count = 50};
    static const enum hq_action motions[] = {
        HQ_ACTION_PAGE_DOWN, HQ_ACTION_DOWN,    HQ_ACTION_HALF_DOWN, HQ_ACTION_LAST,
        HQ_ACTION_UP,        HQ_ACTION_PAGE_UP, HQ_ACTION_HALF_UP,   HQ_ACTION_FIRST};
    (void)state;
    for (unsigned i = 0; i < 10000; i++) {
        hq_list_act(&list, motions[i * 7919u % 1009u % 8u]);
        assert_in_range(list.cursor, 0, 49);
        assert_in_range(list.cursor - list.top, 0, 6);
        assert_in_range(list.top, 0, 43);
    }
}

static void list_keeps_its_line_of_the_screen(void **state)
{
    struct hq_list list = {.height = 10, .count = 100, .cursor = 50, .top = 45};
    (void)state;
    hq_list_replace(&list, 200, 120);
    assert_int_equal(list.cursor - list.top, 5);
    hq_list_replace(&list, 3, 120); /* beyond the end */
    assert_int_equal(list.cursor, 2);
    assert_int_equal(list.top, 0);
    hq_list_replace(&list, 0, 0);
    assert_int_equal(list.cursor, 0);
}

static bool is_seven(void *data, int row)
{
    (void)data;
    return row == 7;
}

/* To its end, in slices as short as they come. */
static bool find(struct hq_list *list, bool back, bool *wrapped)
{
    struct hq_list_search search;
    enum hq_search_result result;
    hq_list_search_begin(list, back, &search);
    do
        result = hq_list_search_go(list, &search, is_seven, NULL, 0);
    while (result == HQ_SEARCH_MORE);
    *wrapped = search.wrapped;
    return result == HQ_SEARCH_FOUND;
}

static void list_search_goes_round(void **state)
{
    struct hq_list list = {.height = 3, .count = 10, .cursor = 8};
    bool wrapped = false;
    (void)state;
    assert_true(find(&list, false, &wrapped));
    assert_int_equal(list.cursor, 7);
    assert_true(wrapped);
    assert_true(find(&list, true, &wrapped)); /* it is the only one */
    assert_int_equal(list.cursor, 7);
    assert_true(wrapped);
    list.cursor = 9;
    assert_true(find(&list, true, &wrapped));
    assert_int_equal(list.cursor, 7);
    assert_false(wrapped);
    list.cursor = 0;
    assert_true(find(&list, false, &wrapped));
    assert_false(wrapped);
    list.count = 7;
    list.cursor = 0;
    assert_false(find(&list, false, &wrapped));
    assert_int_equal(list.cursor, 0);
    list.count = 0;
    assert_false(find(&list, true, &wrapped));
}

static bool count_rows(void *data, int row)
{
    (void)row;
    ++*(int *)data;
    return false;
}

/* When its time is over a search stops, and goes on where it was: no row twice, none left out. */
static void list_search_goes_in_slices(void **state)
{
    struct hq_list list = {.height = 3, .count = 1000, .cursor = 123};
    struct hq_list_search search;
    int rows = 0, slices = 1;
    (void)state;
    hq_list_search_begin(&list, false, &search);
    while (hq_list_search_go(&list, &search, count_rows, &rows, 0) == HQ_SEARCH_MORE) {
        assert_true(rows < 100 * slices);
        slices++;
    }
    assert_int_equal(rows, 1000);
    assert_true(slices > 10);
    assert_int_equal(search.row, list.cursor);
    hq_list_search_begin(&list, false, &search);
    assert_int_equal(hq_list_search_go(&list, &search, count_rows, &rows, 0), HQ_SEARCH_MORE);
    rows = 0;
    hq_list_replace(&list, 50, 7); /* fewer rows: none of the old ones is asked for */
    assert_int_equal(hq_list_search_go(&list, &search, count_rows, &rows, INT64_MAX),
                     HQ_SEARCH_NONE);
    assert_int_equal(rows, 50);
}

static void search_in_text(void **state)
{
    (void)state;
    assert_true(hq_search_in("aaab", "AAB"));
    assert_true(hq_search_in("x", "X"));
    assert_false(hq_search_in("aaa", "aaaa"));
    assert_false(hq_search_in(NULL, "a"));
    assert_false(hq_search_in("a", ""));
    assert_false(hq_search_in("a", NULL));
    assert_true(hq_search_in("gr\xc3\xbc\xc3\x9f", "\xc3\x9f"));
}

static void type_text(struct hq_edit *edit, const char *text)
{
    for (; *text != '\0'; text = g_utf8_next_char(text))
        hq_edit_key(edit, (int)g_utf8_get_char(text));
}

static void editor_never_leaves_a_character_half(void **state)
{
    struct hq_edit edit = {0};
    static const int keys[] = {'\x02', '\x06', '\x7f', '\x04', 0xfc, 0x65e5,
                               'a',    ' ',    '\x17', 1,      5};
    (void)state;
    hq_edit_start(&edit, NULL);
    type_text(&edit, "h\xc3\xa4lt");
    assert_string_equal(edit.text->str, "h\xc3\xa4lt");
    for (unsigned i = 0; i < 20000; i++) {
        hq_edit_key(&edit, keys[i * 7919u % 1013u % G_N_ELEMENTS(keys)]);
        assert_true(edit.cursor <= edit.text->len);
        assert_true(g_utf8_validate(edit.text->str, (gssize)edit.text->len, NULL));
        assert_true(g_utf8_validate(edit.text->str, (gssize)edit.cursor, NULL));
        assert_true(edit.text->len < 2048);
    }
    g_string_free(edit.text, TRUE);
}

static void editor_takes_no_control_characters(void **state)
{
    struct hq_edit edit = {0};
    (void)state;
    hq_edit_start(&edit, "a");
    for (int key = 0x80; key < 0xa0; key++)
        hq_edit_key(&edit, key);
    hq_edit_key(&edit, 0x202e);
    assert_string_equal(edit.text->str, "a");
    assert_int_equal(hq_edit_key(&edit, 27), HQ_EDIT_CANCELLED);
    assert_int_equal(hq_edit_key(&edit, '\r'), HQ_EDIT_DONE);
    g_string_free(edit.text, TRUE);
}

static void keys_are_told_apart(void **state)
{
    (void)state;
    for (unsigned i = 0; i < hq_key_count; i++) {
        g_auto(GStrv) names = g_strsplit(hq_keys[i].keys, " ", -1);
        for (char **name = names; *name; name++) {
            int key = hq_key_parse(*name, strlen(*name));
            assert_int_not_equal(key, 0);
            /* no row hides another: each key of a view leads to the row's own action */
            for (unsigned view = 0; view < HQ_VIEW_COUNT; view++)
                if (hq_keys[i].views & (1u << view))
                    assert_int_equal(hq_key_find(key, (enum hq_view_id)view), hq_keys[i].action);
        }
    }
    assert_int_equal(hq_key_parse("Nonsense", 8), 0);
    assert_int_equal(hq_key_find('D', HQ_VIEW_LIST), HQ_ACTION_DELETE);
    assert_int_equal(hq_key_find('D', HQ_VIEW_HELP), HQ_ACTION_NONE);
}

static void keys_are_bound_anew(void **state)
{
    (void)state;
    GError *error = NULL;

    assert_false(hq_key_bind("nonsense", "x", &error));
    assert_non_null(strstr(error->message, "nonsense"));
    g_clear_error(&error);
    assert_false(hq_key_bind("delete", "Nonsense", NULL));
    assert_false(hq_key_bind("delete", "", NULL));
    assert_int_equal(hq_key_find('D', HQ_VIEW_LIST), HQ_ACTION_DELETE);
    assert_true(hq_key_bind("delete", "F8 j", NULL));
    assert_int_equal(hq_key_find('D', HQ_VIEW_LIST), HQ_ACTION_NONE);
    assert_int_equal(hq_key_find('j', HQ_VIEW_LIST), HQ_ACTION_DELETE);
    assert_int_equal(hq_key_find('j', HQ_VIEW_HELP), HQ_ACTION_DOWN);
    assert_true(hq_key_bind("delete", "z", NULL)); /* the first file's word stands */
    assert_int_equal(hq_key_find('z', HQ_VIEW_LIST), HQ_ACTION_NONE);
}

/* Text of a row as the layout cut it: rows of a line put together give the line back. */
static void lines_lose_nothing(void **state)
{
    const struct hq_term term = {.text = HQ_TEXT_PLAIN};
    static const char text[] = "one\r\n\ntwo\twide \xe6\x97\xa5\xe6\x9c\xac";
    struct hq_lines lines;
    (void)state;
    hq_lines_init(&lines, &term);
    g_autofree char *endless = g_strnfill(5000, 'x');
    hq_lines_add(&lines, HQ_ROLE_NORMAL, endless);
    hq_lines_end(&lines);
    hq_lines_label(&lines, "a label", HQ_ROLE_NORMAL,
                   "some words that have to be broken somewhere");
    hq_lines_label(&lines, "none", HQ_ROLE_NORMAL, "");
    hq_lines_label(&lines, "none", HQ_ROLE_NORMAL, NULL);
    hq_lines_text(&lines, HQ_ROLE_NORMAL, text, strlen(text));
    assert_int_equal(hq_lines_layout(&lines, 10, false), 5);
    for (int width = 1; width < 60; width++) {
        int rows = hq_lines_layout(&lines, width, true);
        assert_true(rows >= 5);
        assert_int_equal(hq_lines_line_of(&lines, 0), 0);
        assert_int_equal(hq_lines_line_of(&lines, rows - 1), 4);
        assert_string_equal(hq_lines_get(&lines, rows - 1),
                            "two     wide \xe6\x97\xa5\xe6\x9c\xac");
        for (int line = 0; line < 5; line++)
            assert_int_equal(hq_lines_line_of(&lines, hq_lines_row_of(&lines, line)), line);
    }
    assert_string_equal(hq_lines_get(&lines, -1), "");
    assert_string_equal(hq_lines_get(&lines, 100000), "");
    hq_lines_finish(&lines);
}

/* A page's address goes to the next row whole, as long as one row can hold it; what can be done
 * without goes when there is no room. */
static void lines_break_well(void **state)
{
    const struct hq_term term = {.text = HQ_TEXT_PLAIN};
    struct hq_lines lines;
    (void)state;
    hq_lines_init(&lines, &term);
    hq_lines_add(&lines, HQ_ROLE_NORMAL, "see ");
    hq_lines_hang(&lines);
    hq_lines_add(&lines, HQ_ROLE_NORMAL, "it at https://example.com/why/grey");
    hq_lines_end(&lines);
    assert_int_equal(hq_lines_layout(&lines, 40, true), 1);
    assert_int_equal(hq_lines_layout(&lines, 32, true), 2); /* 4 and the 28 of the address */
    size_t second = g_array_index(lines.rows, struct hq_row, 1).begin;
    assert_string_equal(lines.text->str + second, "https://example.com/why/grey");
    hq_lines_fill(&lines, 0, 20); /* also where nothing is to be filled */
    hq_lines_fill(&lines, -1, 20);
    hq_lines_fill(&lines, 2, 20);
    hq_lines_layout(&lines, 32, true);
    hq_lines_fill(&lines, 0, 31); /* no half of an address where the other half is not shown */
    const struct hq_row *row = &g_array_index(lines.rows, struct hq_row, 0);
    g_autofree char *filled = g_strndup(lines.text->str + row->begin, row->end - row->begin);
    assert_string_equal(filled, "see it at ");
    hq_lines_clear(&lines);
    hq_lines_add(&lines, HQ_ROLE_NORMAL, "host 12:00");
    hq_lines_spare(&lines);
    hq_lines_add(&lines, HQ_ROLE_NORMAL, " #####");
    hq_lines_end(&lines);
    assert_int_equal(hq_lines_layout(&lines, 16, true), 1);
    assert_int_equal(hq_lines_layout(&lines, 15, true), 1); /* without */
    assert_int_equal(hq_lines_layout(&lines, 9, true), 2);  /* "host" and "12:00" */
    hq_lines_finish(&lines);
}

static void lines_are_safe(void **state)
{
    const struct hq_term term = {.text = HQ_TEXT_ASCII};
    struct hq_lines lines;
    (void)state;
    hq_lines_init(&lines, &term);
    hq_lines_printf(&lines, HQ_ROLE_NORMAL, "%s", "\033[2J\x9b\xe2\x80\xae\xff");
    hq_lines_glyph(&lines, HQ_ROLE_NORMAL, HQ_GLYPH_ARROW);
    hq_lines_end(&lines);
    hq_lines_layout(&lines, 80, true);
    for (const char *p = hq_lines_get(&lines, 0); *p != '\0'; p++)
        assert_in_range(*p, ' ', '~');
    assert_true(hq_lines_match(&lines, 0, "u+202e"));
    hq_lines_finish(&lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(list_is_safe_when_empty),
        cmocka_unit_test(list_stays_inside),
        cmocka_unit_test(list_keeps_its_line_of_the_screen),
        cmocka_unit_test(list_search_goes_round),
        cmocka_unit_test(list_search_goes_in_slices),
        cmocka_unit_test(search_in_text),
        cmocka_unit_test(editor_never_leaves_a_character_half),
        cmocka_unit_test(editor_takes_no_control_characters),
        cmocka_unit_test(keys_are_told_apart),
        cmocka_unit_test(keys_are_bound_anew), /* after the former: it changes the table */
        cmocka_unit_test(lines_lose_nothing),
        cmocka_unit_test(lines_break_well),
        cmocka_unit_test(lines_are_safe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
