/* SPDX-License-Identifier: ISC */
/* Postfix queue files that are damaged, endless or none at all. */
#include "postfix_parsing.h"
#include <errno.h>

static void cut_anywhere(void **state)
{
    struct pf_writer writer;

    (void)state;
    write_full(&writer);
    for (size_t n = 0; n < writer.bytes->len; n++) {
        struct collect *collect = collect_new();
        g_autoptr(GString) cut = g_string_new_len(writer.bytes->str, (gssize)n);
        parse_bytes(collect, "deferred", cut, 0700, NULL, NULL);
        assert_true(collect_one(collect)->problem_count > 0);
        assert_true(collect_one(collect)->recipient_count <= 5);
        collect_free(collect);
    }
    pf_free(&writer);
}

/* Every byte turned into others: nothing crashes, every parse ends and emits one message. */
static void changed_anywhere(void **state)
{
    static const unsigned char masks[] = {0x01, 0x20, 0x80, 0xff};
    struct pf_writer writer;

    (void)state;
    write_full(&writer);
    for (size_t i = 0; i < writer.bytes->len; i++)
        for (unsigned m = 0; m < G_N_ELEMENTS(masks); m++) {
            struct collect *collect = collect_new();
            collect->parse.full = true;
            writer.bytes->str[i] ^= (char)masks[m];
            parse_bytes(collect, "deferred", writer.bytes, 0700, NULL, NULL);
            writer.bytes->str[i] ^= (char)masks[m];
            assert_int_equal(collect->messages->len, 1);
            collect_free(collect);
        }
    pf_free(&writer);
}

static void garbage_is_told(void **state)
{
    static const char *const texts[] = {"From someone@example Mon Jan  1\nSubject: an mbox\n\n",
                                        "\177ELF\x02\x01\x01", "\n\n\n", "C\x01x"};

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++) {
        struct collect *collect = collect_new();
        g_autoptr(GString) bytes = g_string_new(texts[i]);
        parse_bytes(collect, "corrupt", bytes, 0700, NULL, NULL);
        assert_true(collect_one(collect)->problem_count > 0);
        assert_null(collect_one(collect)->sender);
        collect_free(collect);
    }
}

static void unopened(void **state)
{
    struct collect *collect = collect_new();
    struct hq_item item;

    (void)state;
    hq_item_init(&item);
    item.id = "A1";
    item.queue = "active";
    item.files[0].error = EACCES;
    hq_postfix_parse(&collect->parse, &item);
    assert_true(collect_has_problem(collect_one(collect), "Permission denied"));
    assert_null(collect_content(collect, 0));
    collect_free(collect);
}

/* 5,000 recipients and as many blocks in reverse: quadratic work would be seen by the clock. */
static void many_recipients_are_joined_fast(void **state)
{
    enum { MANY = 5000 };
    struct collect *collect = collect_new();
    g_autoptr(GString) defer = g_string_new(NULL);
    struct pf_writer writer;

    (void)state;
    pf_begin(&writer);
    pf_record(&writer, 'S', "s@sender.example");
    for (int i = 0; i < MANY; i++) {
        g_autofree char *to = g_strdup_printf("r%d@d.example", i);
        g_autofree char *text = g_strdup_printf("reason %d", i);
        g_autofree char *entry = block(to, writer.bytes->len, "4.0.0", text);
        pf_record(&writer, 'R', to);
        g_string_prepend(defer, entry);
    }
    pf_begin_content(&writer);
    pf_end_content(&writer);
    pf_end(&writer);
    gint64 start = g_get_monotonic_time();
    parse_bytes(collect, "deferred", writer.bytes, 0700, defer->str, NULL);
    assert_true(g_get_monotonic_time() - start < INT64_C(5) * G_USEC_PER_SEC);
    const struct hq_message *m = collect_one(collect);
    assert_int_equal(m->recipient_count, MANY);
    assert_string_equal(m->recipients[4321].reason->text, "reason 4321");
    pf_free(&writer);
    collect_free(collect);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(changed_anywhere),
        cmocka_unit_test(garbage_is_told),
        cmocka_unit_test(unopened),
        cmocka_unit_test(many_recipients_are_joined_fast),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
