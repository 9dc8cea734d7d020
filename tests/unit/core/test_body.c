/* SPDX-License-Identifier: ISC */
/* The MIME tree and the readable text of a message: structure, encodings, charsets, HTML, and
 * hostile nesting within time and memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hopq/decode.h"

#define TEXT_MAX 4096

static struct hq_arena *arena;

static struct hq_detail *decode(const char *text, size_t n, size_t max_text)
{
    static struct hq_detail detail;
    g_autofree char *copy = g_memdup2(n > 0 ? text : "", MAX(n, 1));

    memset(&detail, 0, sizeof detail);
    hq_decode_body(copy, n, max_text, &detail, arena);
    return &detail;
}

static struct hq_detail *decode_text(const char *text)
{
    return decode(text, strlen(text), TEXT_MAX);
}

static void assert_part(const struct hq_detail *detail, unsigned i, int depth, const char *type,
                        int size)
{
    assert_true(i < detail->part_count);
    assert_int_equal(detail->parts[i].depth, depth);
    assert_string_equal(detail->parts[i].type, type);
    assert_int_equal(detail->parts[i].size, size);
}

static void plain_message(void **state)
{
    const struct hq_detail *detail = decode_text("Subject: x\n\nHello\nworld\n");

    (void)state;
    assert_int_equal(detail->part_count, 1);
    assert_part(detail, 0, 0, "text/plain", 12);
    assert_string_equal(detail->body, "Hello\nworld\n");
    assert_int_equal(detail->body_truncated, HQ_NO);
}

static void nested_tree(void **state)
{
    const struct hq_detail *detail =
        decode_text("Content-Type: multipart/mixed; boundary=\"out\"\n\npreamble\n--out\n"
                    "Content-Type: multipart/alternative; boundary=outer\n\n"
                    "--outer\nContent-Type: TEXT/HTML\n\n<b>no</b>\n"
                    "--outer\nContent-Type: text/plain; charset=utf-8\n\nyes\n--outer--\nepilogue\n"
                    "--out \t\nContent-Type: application/pdf; name=\"a.pdf\"\n"
                    "Content-Disposition: attachment; filename*=utf-8''%C3%A9.pdf\n"
                    "Content-Transfer-Encoding: base64\n\nQUJD\n"
                    "--out\nContent-Type: message/rfc822\n\nSubject: inner\n\ninner text\n"
                    "--outx\n--out--\ntail --out\n");

    (void)state;
    assert_int_equal(detail->part_count, 7);
    assert_string_equal(detail->parts[0].type, "multipart/mixed");
    assert_string_equal(detail->parts[1].type, "multipart/alternative");
    assert_part(detail, 2, 2, "text/html", 9);
    assert_part(detail, 3, 2, "text/plain", 3);
    assert_part(detail, 4, 1, "application/pdf", 4);
    assert_string_equal(detail->parts[4].name, "\xc3\xa9.pdf | a.pdf");
    assert_string_equal(detail->parts[4].encoding, "base64");
    assert_string_equal(detail->parts[5].type, "message/rfc822");
    assert_part(detail, 6, 2, "text/plain", (int)strlen("inner text\n--outx"));
    assert_string_equal(detail->body, "yes");
    assert_string_equal(detail->parts[3].charset, "utf-8");
}

static void crlf_boundaries(void **state)
{
    const struct hq_detail *detail =
        decode_text("Content-Type: multipart/mixed;\r\n\tboundary=b\r\n\r\n--b\r\n\r\none\r\n\r\n"
                    "--b\r\nContent-Type: text/plain\r\n--b--\r\n");

    (void)state;
    assert_int_equal(detail->part_count, 3);
    assert_part(detail, 1, 1, "text/plain", 5);
    assert_string_equal(detail->body, "one\r\n");
    assert_part(detail, 2, 1, "text/plain", 0); /* a header and nothing else */
}

static void digest_parts_are_messages(void **state)
{
    const struct hq_detail *detail = decode_text(
        "Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: x\n\ntext\n--b--\n");

    (void)state;
    assert_int_equal(detail->part_count, 3);
    assert_string_equal(detail->parts[1].type, "message/rfc822");
    assert_part(detail, 2, 2, "text/plain", 4);
}

static void encodings_and_charsets(void **state)
{
    static const struct {
        const char *header;
        const char *content;
        const char *body;
    } rows[] = {
        {"Content-Transfer-Encoding: base64", "SGVsbG8=\n", "Hello"},
        {"Content-Transfer-Encoding: quoted-printable", "caf=C3=A9 =\nnoir", "caf\xc3\xa9 noir"},
        {"Content-Type: text/plain; charset=iso-8859-1", "caf\xe9", "caf\xc3\xa9"},
        {"Content-Type: text/plain; charset=koi8-r", "\xf0\xd2", "\xd0\x9f\xd1\x80"},
        {"Content-Type: text/plain; charset=iso-2022-jp", "\x1b$BF|K\\\x1b(B",
         "\xe6\x97\xa5\xe6\x9c\xac"},
        {"Content-Type: text/plain; charset=us-ascii", "\xc3\xa9", "\xc3\xa9"},
        {"Content-Type: text/plain; charset=utf-8",
         "a\xff"
         "b",
         "a\xef\xbf\xbd"
         "b"},
        {"Content-Type: text/plain; charset=shift_jis", "a\x81", "a\xef\xbf\xbd"},
        {"X: no charset", "caf\xe9", "caf\xc3\xa9"},
        {"Content-Type: text/plain; charset=\"../../x//TRANSLIT\"", "a\xff", "a\xef\xbf\xbd"},
        {"Content-Type: garbage", "text", NULL},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = g_strdup_printf("%s\n\n%s", rows[i].header, rows[i].content);
        const struct hq_detail *detail = decode_text(text);

        if (rows[i].body)
            assert_string_equal(detail->body, rows[i].body);
        else
            assert_int_equal(detail->part_count, 1);
    }
}

static void html(void **state)
{
    static const struct {
        const char *html;
        const char *text;
    } rows[] = {
        {"<p>Hello <b>w</b>orld</p>", "Hello world\n"},
        {"a<br>b<br/>c", "a\nb\nc"},
        {"<style>p{color:red}</style>x<script>if(a<b)alert('</p>')</script>y", "xy"},
        {"<!-- a > b --><a href=\"x>y\">link</a>", "link"},
        {"1 &lt; 2 &amp;&amp; caf&eacute; &#8364;&#x20AC; &bogus; &#0; &#99999999; AT&T",
         "1 < 2 && caf\xc3\xa9 \xe2\x82\xac\xe2\x82\xac &bogus; &#0; &#99999999; AT&T"},
        {"a < b, 1<2", "a < b, 1<2"},
        {"it's  <i\n>spaced</i>\n\n out", "it's spaced out"},
        {"a<!-- never closed", "a"},
        {"a<script>never closed", "a"},
        {"a<b title=\"never closed>", "a"},
        {"a<", "a<"},
        {"<title>t</title><td>x</td><td>y</td>", "x y"},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = g_strdup_printf("Content-Type: text/html\n\n%s", rows[i].html);

        assert_string_equal(decode_text(text)->body, rows[i].text);
    }
}

static void attachments_are_not_the_text(void **state)
{
    const struct hq_detail *detail = decode_text(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Disposition: attachment\n\nlog\n"
        "--b\nContent-Type: text/html\n\n<p>shown\n--b--\n");

    (void)state;
    assert_string_equal(detail->body, "shown");
    assert_null(decode_text("Content-Type: image/png\n\nx")->body);
}

static void text_is_cut(void **state)
{
    const char *text = "A: b\n\n12345\xc3\xa9z";
    const struct hq_detail *detail = decode(text, strlen(text), 6);

    (void)state;
    assert_string_equal(detail->body, "12345"); /* not half a character */
    assert_int_equal(detail->body_truncated, HQ_YES);
    detail = decode(text, strlen(text), 8);
    assert_string_equal(detail->body, "12345\xc3\xa9z");
    assert_int_equal(detail->body_truncated, HQ_NO);
    assert_string_equal(decode(text, strlen(text), SIZE_MAX)->body, "12345\xc3\xa9z");
    assert_string_equal(decode(text, strlen(text), 0)->body, "");
}

static void nothing_is_fine(void **state)
{
    (void)state;
    assert_int_equal(decode("", 0, TEXT_MAX)->part_count, 1);
    assert_int_equal(decode_text("no header here")->part_count, 1);
    assert_int_equal(decode_text("\r\r")->part_count, 1);
}

/* Nesting, many parts and the recursive group inside an enclosed message. */
static void hostile_messages(void **state)
{
    static const char *const units[] = {
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n",
        "Content-Type: message/rfc822\n\n",
        "--b\n\nx\n",
        "--b\nContent-Type: multipart/mixed; boundary=b\n\n",
        "--b\n--b--\n",
        "--",
        "\r",
    };
    gint64 start = g_get_monotonic_time();

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
        g_autoptr(GString) text =
            g_string_new("Content-Type: multipart/mixed; boundary=b\n\n--b\n");

        while (text->len < 2000000)
            g_string_append(text, units[i]);

        const struct hq_detail *detail = decode(text->str, text->len, TEXT_MAX);

        assert_in_range(detail->part_count, 1, 1000);
        for (unsigned p = 0; p < detail->part_count; p++)
            assert_in_range(detail->parts[p].depth, 0, 32);
    }
    assert_true(g_get_monotonic_time() - start < G_GINT64_CONSTANT(20) * G_USEC_PER_SEC);
}

static void groups_in_enclosed_message(void **state)
{
    g_autoptr(GString) text = g_string_new("Content-Type: message/rfc822\n\nFrom: ");

    (void)state;
    while (text->len < 200000)
        g_string_append(text, "g:");
    g_string_append(text, "\n\ninner");
    assert_string_equal(decode_text(text->str)->body, "inner");
}

static int setup(void **state)
{
    (void)state;
    hq_decode_init();
    arena = hq_arena_new();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hq_arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_message),
        cmocka_unit_test(nested_tree),
        cmocka_unit_test(crlf_boundaries),
        cmocka_unit_test(digest_parts_are_messages),
        cmocka_unit_test(encodings_and_charsets),
        cmocka_unit_test(html),
        cmocka_unit_test(attachments_are_not_the_text),
        cmocka_unit_test(text_is_cut),
        cmocka_unit_test(nothing_is_fine),
        cmocka_unit_test(hostile_messages),
        cmocka_unit_test(groups_in_enclosed_message),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
