/* SPDX-License-Identifier: ISC */
/* Control files of Sendmail that are damaged, hostile or large. */
#include "sendmail_file.h"

/* Every cut: one message, no more than what stands there, and it is told. */
static void survives_every_cut(void **state)
{
    static const char *const ends[] = {"\nMDeferred: 452 4.2.2 <b@full.example>: Mailbox full\nC",
                                       "\nC\n", " (third)"};
    size_t n = strlen(SOUND);

    (void)state;
    for (size_t cut = 0; cut < n - 2; cut++) {
        struct collect *collect = collect_new();
        struct hq_item item;
        set_files(&item, SOUND, cut, "body\n");
        const struct hq_message *m = read_item(collect, &item);
        assert_true(collect_has_problem(m, "ends too early"));
        assert_true(m->recipient_count <= 3);
        if (cut > strlen("V8\nT1795000000\n"))
            assert_int_equal(m->arrived, 1795000000 * HQ_SECOND);
        /* a recipient is there from its R on, and whole from its line end on */
        for (unsigned r = 0; r < G_N_ELEMENTS(ends); r++)
            if (cut >= (size_t)(strstr(SOUND, ends[r]) - SOUND))
                assert_true(m->recipient_count > r);
        collect_free(collect);
    }
}

/* The same file, being written: no problem, but not whole. */
static void cut_while_locked_is_no_damage(void **state)
{
    size_t n = strlen(SOUND);

    (void)state;
    for (size_t cut = 0; cut < n - 2; cut += 7) {
        struct collect *collect = collect_new();
        struct hq_item item;
        set_files(&item, SOUND, cut, NULL);
        item.queue = "mqueue/active";
        const struct hq_message *m = read_item(collect, &item);
        assert_false(collect_has_problem(m, "ends too early"));
        assert_false(collect_has_problem(m, "missing"));
        assert_int_equal(m->incomplete, HQ_YES);
        collect_free(collect);
    }
}

static void tells_what_is_odd(void **state)
{
    static const struct {
        const char *control, *problem;
    } cases[] = {
        {"V8\nT5\nSa@b.example\n.\nRPFD:evil@x.example\n", "behind the end"},
        {"V8\nT5\nSa@b.example\nbogus\n.\n", "nothing that a control file has in line 4"},
        {"V9\nT5\nSa@b.example\n.\n", "version"},
        {"V8\nTnever\nSa@b.example\n.\n", "arrival time"},
        {"V8\nT5\n.\n", "names no sender"},
        {"V8\nT5\nFrom a@b\nSa@b.example\n.\n", "From"},
        {"\n\n\n", "nothing that a control file has in line 1"},
        {"", "ends too early"},
    };

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct collect *collect = collect_new();
        const struct hq_message *m = read_control(collect, cases[i].control);
        if (!collect_has_problem(m, cases[i].problem))
            fail_msg("case %u: no \"%s\"", i, cases[i].problem);
        for (unsigned r = 0; r < m->recipient_count; r++)
            assert_string_not_equal(m->recipients[r].address, "evil@x.example");
        collect_free(collect);
    }
}

/* Neither a long list nor a long line makes more than linear work. */
static void large_files(void **state)
{
    enum { MANY = 50000 };
    struct collect *collect = collect_new();
    GString *control = g_string_new("V8\nT5\nK6\nN1\nMDeferred: by mx.d7.example\nSs@s.example\n");
    gint64 begin = g_get_monotonic_time();
    struct hq_item item;

    (void)state;
    for (unsigned i = 0; i < MANY; i++)
        g_string_append_printf(control, "RPFD:r%u@d%u.example\n", i, i % 1000);
    g_string_append(control, "H??X-Long: ");
    for (unsigned i = 0; i < 700 * 1024; i++)
        g_string_append_c(control, 'x');
    g_string_append(control, "\n.\n");
    set_files(&item, control->str, control->len, "x");
    const struct hq_message *m = read_item(collect, &item);
    assert_int_equal(m->recipient_count, MANY);
    assert_true(collect_has_problem(m, "too large"));
    assert_string_equal(text_of(m, 7), "Deferred: by mx.d7.example");
    assert_string_equal(text_of(m, 8), "");
    assert_true(g_get_monotonic_time() - begin < 20 * HQ_SECOND);
    g_string_free(control, TRUE);
    collect_free(collect);
}

/* Any byte at any place of a sound file. */
static void any_byte(void **state)
{
    static const char bytes[] = {0,   '\n', '\t', '.', 'R',    'H',   '?',
                                 '<', '"',  '(',  ':', '\201', '\377'};
    size_t n = strlen(SOUND);

    (void)state;
    for (unsigned b = 0; b < sizeof bytes; b++) {
        struct collect *collect = collect_new();
        for (size_t i = 0; i < n; i++) {
            g_autofree char *control = g_memdup2(SOUND, n);
            struct hq_item item;
            control[i] = bytes[b];
            set_files(&item, control, n, "x");
            read_item(collect, &item);
        }
        collect_free(collect);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(survives_every_cut), cmocka_unit_test(cut_while_locked_is_no_damage),
        cmocka_unit_test(tells_what_is_odd),  cmocka_unit_test(large_files),
        cmocka_unit_test(any_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
