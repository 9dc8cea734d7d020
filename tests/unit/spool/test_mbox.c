/* SPDX-License-Identifier: ISC */
/* Mboxes: where messages begin and end, in each kind, whole and in pieces. */
#include "collect.h"
#include "spool/mbox/mbox.h"
#include "spool/pieces.h"

static const struct hq_spool *mbox(void)
{
    return hq_spool_find("mbox", 4);
}

static struct collect *parse(const char *bytes, size_t n, const char *ref, const char *id)
{
    struct collect *collect = collect_new();
    struct hq_item item;

    hq_item_init(&item);
    item.queue = "box";
    item.ref = ref;
    item.id = id;
    collect_file(&item.files[0], bytes, n, 0600);
    collect->parse.want_body = true;
    mbox()->parse(&collect->parse, &item);
    hq_item_close(&item);
    return collect;
}

static struct collect *parse_all(const char *text)
{
    return parse(text, strlen(text), "", "");
}

#define FROM "From a@b.example Sat Nov 21 10:00:00 2026\n"

static void from_lines(void **state)
{
    static const struct {
        const char *line;
        const char *sender; /* NULL: it is none */
    } lines[] = {
        {"From a@b.example Sat Nov 21 10:00:00 2026\n", "a@b.example"},
        {"From a@b.example  Sat Nov  1 10:00:00 2026", "a@b.example"},
        {"From <a@b.example> Sat Nov 21 10:00 2026\r\n", "a@b.example"},
        {"From MAILER-DAEMON Sat Nov 21 10:00:00 2026\n", ""},
        {"From  Sat Nov 21 10:00:00 2026\n", ""},
        {"From a@b.example Sat Nov 21 10:00:00 +0100 2026\n", "a@b.example"},
        {"From a@b.example Sat Nov 21 10:00:00 MET 2026\n", "a@b.example"},
        {"From uucp Sat Nov 21 10:00:00 2026 remote from far\n", "uucp"},
        {"From \"a b\"@c.example Sat Nov 21 10:00:00 2026\n", "\"a b\"@c.example"},
        {"From may@b.example Sat May 21 10:00:00 2026\n", "may@b.example"},
        {"From here on it is text\n", NULL},
        {"From a@b.example Sat Nov 21 2026\n", NULL},
        {"From a@b.example 10:00:00 2026\n", NULL},
        {"From: a@b.example Sat Nov 21 10:00:00 2026\n", NULL},
        {"from a@b.example Sat Nov 21 10:00:00 2026\n", NULL},
        {">From a@b.example Sat Nov 21 10:00:00 2026\n", NULL},
        {"From ", NULL},
        {"", NULL},
    };
    struct hq_arena *arena = hq_arena_new();

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(lines); i++) {
        struct hq_from_line line;
        bool is = hq_from_line_read(lines[i].line, strlen(lines[i].line), &line);
        assert_int_equal(is, lines[i].sender != NULL);
        if (is)
            assert_string_equal(hq_from_line_sender(arena, &line), lines[i].sender);
    }
    static const char mozilla[] = "From - Sat Nov 21 10:00:00 2026\n"; /* nobody knows */
    struct hq_from_line line;
    assert_true(hq_from_line_read(mozilla, strlen(mozilla), &line));
    assert_null(hq_from_line_sender(arena, &line));
    hq_arena_free(arena);
}

static void a_line_too_long_is_none(void **state)
{
    g_autoptr(GString) text = g_string_new("From a");
    struct hq_from_line line;

    (void)state;
    for (int i = 0; i < 3000; i++)
        g_string_append_c(text, 'x');
    g_string_append(text, "@b.example Sat Nov 21 10:00:00 2026\n");
    assert_false(hq_from_line_read(text->str, text->len, &line));
}

static void each_line_end(void **state)
{
    static const char *const ends[] = {"\n", "\r\n", "\r"};
    g_auto(GStrv) lines =
        g_strsplit(FROM "Subject: one\n\nbody\n\n" FROM "Subject: two\n\nbody\n\n", "\n", -1);

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(ends); i++) {
        g_autofree char *text = g_strjoinv(ends[i], lines);
        struct collect *collect = parse_all(text);
        assert_int_equal(collect->messages->len, 2);
        for (unsigned m = 0; m < 2; m++) {
            const struct hq_message *message = collect->messages->pdata[m];
            const char *content = collect_content(collect, m);
            assert_int_equal(message->problem_count, 0);
            assert_int_equal(message->size, strlen(content));
            assert_true(g_str_has_prefix(content, m ? "Subject: two" : "Subject: one"));
            assert_true(g_str_has_suffix(content, ends[i]));
            assert_non_null(strstr(content, "body"));
            assert_null(strstr(content, "From "));
        }
        collect_free(collect);
    }
}

static void content_length_is_believed_when_it_fits(void **state)
{
    static const struct {
        const char *length;
        unsigned messages;
    } cases[] = {
        {"51", 2}, {"50", 2},  {"52", 3}, {"7", 3}, {"999999999", 3}, {"99999999999999999999", 3},
        {"-1", 3}, {"51x", 3}, {"", 3},   {"0", 3}};
    const char body[] = "hello\n\n" FROM "\n";

    (void)state;
    assert_int_equal(strlen(body), 50);
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strdup_printf(FROM "Subject: one\nContent-Length: %s\n\n%s\n" FROM
                                                     "Subject: two\n\nx\n",
                                                cases[i].length, body);
        struct collect *collect = parse_all(text);
        if (collect->messages->len != cases[i].messages)
            fail_msg("\"%s\": %u messages", cases[i].length, collect->messages->len);
        collect_free(collect);
    }
}

static void arrival(void **state)
{
    static const struct {
        const char *text;
        const char *arrived;
    } cases[] = {
        {FROM "Subject: x\n\n", "2026-11-21T10:00:00Z"},
        {FROM "Received: by x; Sat, 21 Nov 2026 10:00:00 +0100\n\n", "2026-11-21T09:00:00Z"},
        {FROM "Received: by x; Sat, 14 Nov 2026 10:00:00 +0100\n\n", "2026-11-21T10:00:00Z"},
        {"From a@b Sat Nov 21 10:00:00 +0200 2026\nReceived: by x; Sat, 21 Nov 2026 "
         "10:00:00 +0100\n\n",
         "2026-11-21T08:00:00Z"},
    };
    char buf[32];

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct collect *collect = parse_all(cases[i].text);
        assert_string_equal(hq_time_rfc3339(collect_one(collect)->arrived, buf), cases[i].arrived);
        collect_free(collect);
    }
}

static void torn_and_alien(void **state)
{
    (void)state;
    struct collect *collect = parse_all(FROM "Subject: one\n\nx\n\n" FROM "Subject: tw");
    assert_int_equal(collect->messages->len, 2);
    assert_true(collect_has_problem(collect->messages->pdata[1], "ends in the middle"));
    collect_free(collect);
    collect = parse_all(FROM "Content-Length: 100\n\nshort\n");
    assert_true(collect_has_problem(collect_one(collect), "ends in the middle"));
    collect_free(collect);
    collect = parse_all("hello\n" FROM "Subject: one\n\nx\n");
    assert_int_equal(collect->messages->len, 2);
    assert_true(collect_has_problem(collect->messages->pdata[0], "not an mbox"));
    collect_free(collect);
    collect = parse_all("\n\n" FROM "Subject: one\n\nx\n");
    assert_int_equal(collect_one(collect)->problem_count, 0);
    collect_free(collect);
    collect = parse_all("");
    assert_int_equal(collect->messages->len, 0);
    collect_free(collect);
}

/* Wherever the pieces are cut, each message is in one of them. */
static void pieces(void **state)
{
    const char text[] = FROM "Subject: one\nContent-Length: 52\n\nhello\n\n" FROM "\nx\n" FROM
                             "Subject: two\n\nx\n\n" FROM "Subject: three\n\ny\n";
    size_t n = sizeof text - 1;
    struct collect *whole = parse_all(text);

    (void)state;
    for (size_t cut = 0; cut <= n; cut++) {
        unsigned found = 0;
        for (int half = 0; half < 2; half++) {
            g_autofree char *ref =
                half ? g_strdup_printf("%zu-%zu", cut, n) : g_strdup_printf("0-%zu", cut);
            struct collect *collect = parse(text, n, ref, "");
            for (unsigned i = 0; i < collect->messages->len; i++, found++) {
                const struct hq_message *one = collect->messages->pdata[i];
                const struct hq_message *same = whole->messages->pdata[found];
                assert_string_equal(one->ref, same->ref);
                assert_string_equal(one->id, same->id);
                assert_int_equal(one->size, same->size);
            }
            collect_free(collect);
        }
        assert_int_equal(found, whole->messages->len);
    }
    collect_free(whole);
}

/* Another mail program has removed the first message and marked the second as read. */
static void found_where_it_has_moved(void **state)
{
    const char before[] =
        FROM "Subject: one\n\nx\n\n" FROM "Subject: two\nMessage-ID: <2@x>\n\ny\n";
    const char after[] = FROM "Subject: two\nMessage-ID: <2@x>\nStatus: RO\n\ny\n";
    struct collect *collect = parse_all(before);
    const struct hq_message *message = collect->messages->pdata[1];

    (void)state;
    struct collect *again = parse(after, strlen(after), message->ref, message->id);
    assert_string_equal(collect_one(again)->id, message->id);
    assert_string_equal(collect_one(again)->ref, "0");
    collect_free(again);
    message = collect->messages->pdata[0];
    again = parse(after, strlen(after), message->ref, message->id);
    assert_true(collect_has_problem(collect_one(again), "not in the mailbox any more"));
    collect_free(again);
    collect_free(collect);
}

static void parts_of_a_piece(void **state)
{
    g_autoptr(GPtrArray) parts = hq_pieces_split("1000-201000");
    int64_t at = 1000;

    (void)state;
    assert_in_range(parts->len, 2, 32);
    for (guint i = 0; i < parts->len; i++) {
        struct hq_item item = {.ref = parts->pdata[i], .files[0].size = INT64_MAX};
        struct hq_piece piece = hq_piece_of(&item);
        assert_int_equal(piece.begin, at);
        assert_true(piece.end > at);
        at = piece.end;
    }
    assert_int_equal(at, 201000);
    assert_null(hq_pieces_split("1000"));
    assert_null(hq_pieces_split("1000-1010"));
    assert_null(hq_pieces_split("nonsense"));
    assert_null(hq_pieces_split("5-1"));
}

static void large_files_come_in_pieces(void **state)
{
    g_autofree char *base = collect_tempdir();
    g_autofree char *path = g_build_filename(base, "box", NULL);
    g_autoptr(GString) text = g_string_new(NULL);
    struct collect *collect = collect_new();
    struct hq_item item;
    unsigned items = 0;

    (void)state;
    for (int i = 0; i < 500; i++) {
        g_string_append_printf(text, FROM "Subject: %d\n\n", i);
        for (int line = 0; line < 200 + (i == 250) * 60000; line++)
            g_string_append(text, "just some text, over and over, to make the file a large one\n");
        g_string_append_c(text, '\n');
    }
    collect_write(base, "box", text->str, text->len, 0600);
    struct hq_layout *layout = mbox()->layout->open(path, NULL);
    mbox()->layout->rewind(layout);
    for (; mbox()->layout->next(layout, &item); items++) {
        mbox()->parse(&collect->parse, &item);
        hq_item_close(&item);
    }
    assert_int_equal(items, (text->len + HQ_PIECE_SIZE - 1) / HQ_PIECE_SIZE);
    assert_int_equal(collect->messages->len, 500);
    mbox()->layout->close(layout);
    collect_free(collect);
    collect_remove(base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_lines),
        cmocka_unit_test(a_line_too_long_is_none),
        cmocka_unit_test(each_line_end),
        cmocka_unit_test(content_length_is_believed_when_it_fits),
        cmocka_unit_test(arrival),
        cmocka_unit_test(torn_and_alien),
        cmocka_unit_test(pieces),
        cmocka_unit_test(found_where_it_has_moved),
        cmocka_unit_test(parts_of_a_piece),
        cmocka_unit_test(large_files_come_in_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
