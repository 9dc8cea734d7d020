/* SPDX-License-Identifier: ISC */
/* Postfix queue files and logs to messages: every field. */
#include "postfix_parsing.h"

static void reads_every_field(void **state)
{
    struct collect *collect = collect_new();
    struct pf_writer writer;

    (void)state;
    collect->parse.want_body = true;
    write_full(&writer);
    parse_bytes(collect, "deferred", writer.bytes, 0700, NULL, NULL);
    const struct hq_message *m = collect_one(collect);
    assert_int_equal(m->problem_count, 0);
    assert_string_equal(m->id, "A1B2C3D4E5");
    assert_string_equal(m->queue, "deferred");
    assert_int_equal(m->arrived, 1700000000250000);
    assert_int_equal(m->size, writer.data_size);
    assert_int_equal(m->incomplete, HQ_NO);
    assert_string_equal(m->sender, "alice@sender.example");
    assert_string_equal(m->client.ip, "192.0.2.9");
    assert_string_equal(m->client.name, "mail.sender.example");
    assert_string_equal(m->client.helo, "helo.sender.example");
    assert_string_equal(m->client.protocol, "ESMTP");
    assert_string_equal(m->client.auth, "alice");
    assert_int_equal(m->recipient_count, 5);
    assert_string_equal(m->recipients[0].address, "first@dest.example");
    assert_string_equal(m->recipients[0].original, "first@alias.example");
    assert_int_equal(m->recipients[0].state, HQ_STATE_DEFERRED);
    assert_string_equal(m->recipients[1].address, "second@dest.example");
    assert_null(m->recipients[1].original);
    assert_string_equal(m->recipients[2].original, "third@dsn.example");
    assert_int_equal(m->recipients[2].state, HQ_STATE_DELIVERED);
    assert_string_equal(m->recipients[3].address, "\"odd local\"@dest.example");
    assert_string_equal(m->recipients[4].address, "extracted@dest.example");
    assert_string_equal(
        collect_content(collect, 0),
        "Received: from x\n\tby y\nSubject: =?x\n\nline one\na long line in pieces\n");
    pf_free(&writer);
    collect_free(collect);
}

static void header_only_when_no_body_is_wanted(void **state)
{
    struct collect *collect = collect_new();
    struct pf_writer writer;

    (void)state;
    write_full(&writer);
    parse_bytes(collect, "incoming", writer.bytes, 0700, NULL, NULL);
    assert_string_equal(collect_content(collect, 0), "Received: from x\n\tby y\nSubject: =?x\n\n");
    assert_int_equal(collect_one(collect)->recipients[0].state, HQ_STATE_QUEUED);
    pf_free(&writer);
    collect_free(collect);
}

static void content_is_capped(void **state)
{
    g_autofree char *line = g_strnfill(1000, 'h');

    (void)state;
    for (int body = 0; body < 2; body++) {
        struct collect *collect = collect_new();
        struct pf_writer writer;
        collect->parse.want_body = body;
        pf_begin(&writer);
        pf_record(&writer, 'S', "");
        pf_begin_content(&writer);
        for (int i = 0; i < 2000; i++)
            pf_record(&writer, 'N', line);
        pf_end_content(&writer);
        pf_end(&writer);
        parse_bytes(collect, "active", writer.bytes, 0700, NULL, NULL);
        const GString *content = collect->contents->pdata[0];
        size_t max = body ? HQ_CONTENT_MAX : HQ_HEADER_MAX;
        assert_in_range(content->len, max - 1001, max + 1);
        assert_string_equal(collect_one(collect)->sender, "");
        assert_int_equal(collect_one(collect)->problem_count, 0);
        pf_free(&writer);
        collect_free(collect);
    }
}

static void joins_logs(void **state)
{
    struct collect *collect = collect_new();
    struct pf_writer writer;
    size_t at[4];

    (void)state;
    pf_begin(&writer);
    pf_record(&writer, 'S', "s@sender.example");
    static const char types[] = "RRDR";
    static const char *const to[] = {"same@d.example", "same@d.example", "gone@d.example",
                                     "list@d.example"};
    for (int i = 0; i < 4; i++) {
        at[i] = writer.bytes->len;
        pf_record(&writer, types[i], to[i]);
    }
    pf_begin_content(&writer);
    pf_lines(&writer, "Subject: x\n\n");
    pf_end_content(&writer);
    pf_end(&writer);
    g_autofree char *second = block("same@d.example", at[1], "4.7.1", "host mx said: 451 second");
    g_autofree char *first = block("same@d.example", at[0], "4.2.2", "host mx said: 451 first");
    g_autofree char *member = block("member@d.example", at[3], "4.4.1", "member  waits");
    g_autofree char *defer = g_strconcat("\n", second, first, member, NULL);
    g_autofree char *bounce = block("gone@d.example", at[2], "5.1.1", "host mx said: 550 unknown");
    parse_bytes(collect, "active", writer.bytes, 0700, defer, bounce);
    const struct hq_message *m = collect_one(collect);
    assert_int_equal(m->recipient_count, 5);
    assert_string_equal(m->recipients[0].reason->text, "host mx said: 451 first");
    assert_string_equal(m->recipients[1].reason->text, "host mx said: 451 second");
    assert_int_equal(m->recipients[0].state, HQ_STATE_DEFERRED);
    assert_int_equal(m->recipients[2].state, HQ_STATE_FAILED);
    assert_string_equal(m->recipients[2].reason->text, "host mx said: 550 unknown");
    /* the alias itself has no reason, its member stands on its own */
    assert_null(m->recipients[3].reason);
    assert_int_equal(m->recipients[3].state, HQ_STATE_QUEUED);
    assert_string_equal(m->recipients[4].address, "member@d.example");
    assert_string_equal(m->recipients[4].original, "list@d.example");
    assert_string_equal(m->recipients[4].reason->text, "member  waits");
    pf_free(&writer);
    collect_free(collect);
}

static void logs_of_odd_form(void **state)
{
    static const char defer[] = "<to@d.example>: (host mx said) old form only\n"
                                "\n\n\n"
                                "recipient = q?x@d.example \n"
                                "offset=junk\n"
                                "no pair here\n"
                                "reason =  blanks dropped  \n"
                                "\n"
                                "recipient=\n\n"
                                "<unfinished@d.example>: last block has no end";
    struct collect *collect = collect_new();
    struct pf_writer writer;

    (void)state;
    pf_begin(&writer);
    pf_record(&writer, 'S', "s@sender.example");
    pf_record(&writer, 'R', "to@d.example");
    pf_record(&writer, 'R', "q\x01x@d.example");
    pf_begin_content(&writer);
    pf_end_content(&writer);
    pf_end(&writer);
    parse_bytes(collect, "hold", writer.bytes, 0700, defer, NULL);
    const struct hq_message *m = collect_one(collect);
    assert_int_equal(m->recipient_count, 4);
    assert_string_equal(m->recipients[0].reason->text, "(host mx said) old form only");
    assert_int_equal(m->recipients[0].state, HQ_STATE_HELD);
    /* control characters make the local part one to quote: not the logged address */
    assert_string_equal(m->recipients[1].address, "\"q\x01x\"@d.example");
    assert_string_equal(m->recipients[2].address, "q?x@d.example");
    assert_string_equal(m->recipients[2].reason->text, "blanks dropped");
    assert_string_equal(m->recipients[3].address, "unfinished@d.example");
    pf_free(&writer);
    collect_free(collect);
}

/* cleanup(8) still writes it: no x bit, size record zero, the end anywhere. */
static void incomplete_is_no_damage(void **state)
{
    struct collect *collect = collect_new();
    struct pf_writer writer;

    (void)state;
    pf_begin(&writer);
    pf_record(&writer, 'T', "1700000000");
    pf_record(&writer, 'S', "s@sender.example");
    pf_record(&writer, 'R', "r@d.example");
    pf_begin_content(&writer);
    pf_lines(&writer, "Subject: half\nX-Cut: he");
    g_string_truncate(writer.bytes, writer.bytes->len - 2);
    parse_bytes(collect, "incoming", writer.bytes, 0600, NULL, NULL);
    const struct hq_message *m = collect_one(collect);
    assert_int_equal(m->incomplete, HQ_YES);
    assert_int_equal(m->problem_count, 0);
    assert_int_equal(m->arrived, 1700000000 * HQ_SECOND);
    assert_string_equal(m->recipients[0].address, "r@d.example");
    assert_string_equal(collect_content(collect, 0), "Subject: half\n");
    pf_free(&writer);
    collect_free(collect);
}

/* As a milter leaves it: a header inserted by pointers, a recipient added by one. */
static void follows_edits(void **state)
{
    struct collect *collect = collect_new();
    struct pf_writer writer;
    size_t line, back, place, after;

    (void)state;
    collect->parse.want_body = true;
    pf_begin(&writer);
    pf_record(&writer, 'S', "s@sender.example");
    pf_record(&writer, 'R', "r@d.example");
    pf_begin_content(&writer);
    line = writer.bytes->len;
    pf_record(&writer, 'N', "Subject: replaced");
    back = writer.bytes->len;
    pf_lines(&writer, "To: x\n\nbody\n");
    pf_end_content(&writer);
    place = writer.bytes->len;
    pf_record(&writer, 'p', "              0");
    after = writer.bytes->len;
    pf_end(&writer);
    size_t heap = writer.bytes->len;
    g_autofree char *to_heap = g_strdup_printf("%15zu", heap);
    g_autofree char *to_back = g_strdup_printf("%15zu", back);
    pf_record(&writer, 'N', "X-Added: 1");
    pf_record(&writer, 'N', "Subject: new");
    pf_record(&writer, 'p', to_back);
    g_autofree char *to_added = g_strdup_printf("%15zu", writer.bytes->len);
    g_autofree char *to_after = g_strdup_printf("%15zu", after);
    pf_record(&writer, 'R', "added@d.example");
    pf_record(&writer, 'p', to_after);
    memcpy(writer.bytes->str + line + 2, to_heap, 15);
    writer.bytes->str[line] = 'p'; /* padded record: the rest of it is never read */
    writer.bytes->str[line + 1] = 17;
    memcpy(writer.bytes->str + place + 2, to_added, 15);
    parse_bytes(collect, "incoming", writer.bytes, 0700, NULL, NULL);
    const struct hq_message *m = collect_one(collect);
    assert_int_equal(m->problem_count, 0);
    assert_int_equal(m->recipient_count, 2);
    assert_string_equal(m->recipients[1].address, "added@d.example");
    assert_string_equal(collect_content(collect, 0), "X-Added: 1\nSubject: new\nTo: x\n\nbody\n");
    pf_free(&writer);
    collect_free(collect);
}

static void maildrop_file(void **state)
{
    struct collect *collect = collect_new();
    struct pf_writer writer = {.bytes = g_string_new(NULL)};

    (void)state;
    pf_record(&writer, 'T', "1700000001 5");
    pf_record(&writer, 'S', "");
    pf_record(&writer, 'R', "r@d.example");
    pf_begin_content(&writer);
    pf_lines(&writer, "Subject: x\n\nb\n");
    pf_record(&writer, 'X', "");
    pf_record(&writer, 'E', "");
    parse_bytes(collect, "maildrop", writer.bytes, 0744, NULL, NULL);
    const struct hq_message *m = collect_one(collect);
    assert_int_equal(m->problem_count, 0);
    assert_int_equal(m->incomplete, HQ_NO);
    assert_int_equal(m->size, writer.bytes->len);
    assert_string_equal(m->sender, "");
    assert_int_equal(m->recipients[0].state, HQ_STATE_QUEUED);
    pf_free(&writer);
    collect_free(collect);
}

static void modes(void **state)
{
    struct pf_writer writer;

    (void)state;
    pf_message(&writer, "s@sender.example", "r@d.example");
    struct collect *collect = collect_new();
    parse_bytes(collect, "deferred", writer.bytes, 0710, NULL, NULL);
    assert_int_equal(collect_one(collect)->recipients[0].state, HQ_STATE_EXPIRED);
    collect_free(collect);
    collect = collect_new();
    parse_bytes(collect, "corrupt", writer.bytes, 0400, NULL, NULL);
    assert_true(collect_has_problem(collect_one(collect), "marked as corrupt"));
    assert_string_equal(collect_one(collect)->sender, "s@sender.example");
    collect_free(collect);
    pf_free(&writer);
}

static void quotes_addresses(void **state)
{
    static const char *const cases[][2] = {{"a@b", "a@b"},
                                           {"a.b@c", "a.b@c"},
                                           {"a..b@c", "\"a..b\"@c"},
                                           {".a@c", "\".a\"@c"},
                                           {"a.@c", "\"a.\"@c"},
                                           {"a@b@c", "\"a@b\"@c"},
                                           {"a\"b@c", "\"a\\\"b\"@c"},
                                           {"plain", "plain"},
                                           {"with space", "\"with space\""},
                                           {"@r:a@c", "@r:a@c"},
                                           {"@c", "\"\"@c"},
                                           {"j\xc3\xb6rg@c", "j\xc3\xb6rg@c"},
                                           {"", ""}};
    struct hq_arena *arena = hq_arena_new();

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_string_equal(hq_pf_address(arena, cases[i][0], strlen(cases[i][0])), cases[i][1]);
    hq_arena_free(arena);
    g_autofree char *printable = hq_pf_printable("a\x1b\x7f\xc3\xb6\xff\xc3");
    assert_string_equal(printable, "a??\xc3\xb6??");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_field),
        cmocka_unit_test(header_only_when_no_body_is_wanted),
        cmocka_unit_test(content_is_capped),
        cmocka_unit_test(joins_logs),
        cmocka_unit_test(logs_of_odd_form),
        cmocka_unit_test(incomplete_is_no_damage),
        cmocka_unit_test(follows_edits),
        cmocka_unit_test(maildrop_file),
        cmocka_unit_test(modes),
        cmocka_unit_test(quotes_addresses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
