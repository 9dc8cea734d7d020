/* SPDX-License-Identifier: ISC */
/* The text dump: letter by letter for invented messages, and what never gets out of it. */
#include "hopq/text.h"
#include "hostile.h"

static char *text_of(struct hq_snapshot *snapshot, const struct hq_dump_options *options)
{
    char *text = sample_dump(snapshot, options, NULL);
    hq_snapshot_unref(snapshot);
    return text;
}

static const char board[] =
    "3 messages, 3 recipients, 21K: deferred 2, hold 1\n"
    "1 will be lost within 6 hours.\n"
    "\n"
    "Why              Destination               Msgs  Rcpts Oldest   Next   <6h   Fwd\n"
    "throttled        btinternet.example (bt)      2      2  1d02h    18m     1     1\n"
    "    421 4.7.0 Too many messages (from 203.0.113.5), see\n"
    "    https://postmaster.bt.example/limits for what is allowed\n"
    "    do: Send slower to this destination; stop forwarding spam there; do not\n"
    "        flush.\n"
    "held             other.example                1      1     4m   held     -     -\n";

static const char list[] =
    "\n"
    "Id             Age  Size   Next From                    To\n"
    "4fXyz01      3h00m  7.0K    18m ann@sender.example      bob@btinternet.example\n"
    "    deferred, throttled: 421 4.7.0 Too many messages (from 203.0.113.5), see\n"
    "    https://postmaster.bt.example/limits for what is allowed\n"
    "4fXyz02      1d02h  7.0K    18m <>                      carol@b…nternet.example\n"
    "    deferred, throttled: 421 4.7.0 Too many messages (from 203.0.113.5), see\n"
    "    https://postmaster.bt.example/limits for what is allowed\n"
    "4fXyz03         4m  7.0K      - a.very.….a.long.example dave@other.example\n"
    "    hold, subject: Waiting for you\n";

static void test_board_and_list(void **state)
{
    (void)state;
    struct hq_dump_options options = sample_options("text");
    char *text = text_of(sample_snapshot(), &options);
    char *expected = g_strconcat(board, list, NULL);
    assert_string_equal(text, expected);
    g_free(expected);
    g_free(text);
}

static void test_group(void **state)
{
    (void)state;
    struct hq_dump_options options = sample_options("text");
    options.group = true;
    char *text = text_of(sample_snapshot(), &options);
    assert_string_equal(text, board);
    g_free(text);
}

static const char full[] =
    "4fXyz01  deferred  postfix:/var/spool/postfix\n"
    "  sender      ann@sender.example\n"
    "  client      mail.sender.example [192.0.2.1], HELO helo.example, ESMTPS\n"
    "  arrived     2026-11-21T23:00:00Z, 3h00m ago\n"
    "  size        7.0K\n"
    "  subject     Größe\n"
    "  forwarded   yes, it came for info@ours.example\n"
    "              came for info@ours.example\n"
    "\n"
    "To bob@btinternet.example\n"
    "  came for    info@ours.example\n"
    "  state       deferred, 5 tries, last 12m ago, next in 18m, expires in 4d12h\n"
    "  text        421 4.7.0 Too many messages (from 203.0.113.5), see\n"
    "              https://postmaster.bt.example/limits for what is allowed\n"
    "  reply       421 4.7.0 by mx.bt.example [198.51.100.7] (bt) at MAIL FROM\n"
    "  fault       the remote side's\n"
    "  waiting     helps only after a change\n"
    "  do          Send slower to this destination; stop forwarding spam there; do\n"
    "              not flush.\n"
    "\n"
    "Hops, newest first; in transit for 3s\n"
    "  #   Delay  Trust\n"
    "  0      3s  boundary  from mail.sender.example [192.0.2.1], HELO helo.example\n"
    "                       by mx.ours.example with ESMTPS id 4fXyz01, TLSv1.3\n"
    "                       TLS_AES_256_GCM_SHA384\n"
    "                       2026-11-21T23:00:00Z\n"
    "---- boundary: what is older is the sender's claim -----------------------------\n"
    "     192.0.2.1 is no relay of ours\n"
    "  1       -  claimed   not understood: unclosed-comment\n"
    "                       from (nowhere by   mail.sender.example\n"
    "\n"
    "Verdicts\n"
    "  authentic   no: SPF of sender.example forbids it\n"
    "  origin      [192.0.2.1] (envelope)\n"
    "  SPF         fail: 192.0.2.1 for sender.example (mailfrom)\n"
    "  term        -all\n"
    "  record      v=spf1 ip4:198.51.100.0/24 -all\n"
    "  forecast    will fail at the destination: from 203.0.113.5 the destination\n"
    "              will see: SPF fail\n"
    "  claimed     dkim pass sender.example by mx.else (not trusted)\n"
    "\n"
    "Findings\n"
    "  high        forged-below at hop 1, confidence medium: hop 1 claims Postfix but\n"
    "              writes the zone as GMT\n"
    "\n"
    "Headers\n"
    "  Subject: Größe\n"
    "  From: Ann <ann@sender.example>\n";

/* Without what the table of categories says: its words are its own. */
static void remove_meaning(char *text)
{
    char *begin = strstr(text, "  reason      throttled: "), *end = strstr(text, "  reply       ");
    assert_non_null(begin);
    assert_non_null(end);
    memmove(begin, end, strlen(end) + 1);
}

static void test_full(void **state)
{
    (void)state;
    struct hq_dump_options options = sample_options("text");
    struct hq_filter *filter = hq_filter_parse("id:=4fXyz01", NULL, NULL);
    options.full = true;
    options.filter = filter;
    char *text = text_of(sample_snapshot(), &options);
    remove_meaning(text);
    assert_string_equal(text, full);
    g_free(text);
    hq_filter_free(filter);
}

static void test_empty(void **state)
{
    (void)state;
    struct hq_dump_options options = sample_options("text");
    struct hq_snapshot *snapshot = hq_snapshot_new();
    snapshot->complete = true;
    char *text = text_of(snapshot, &options);
    assert_string_equal(text, "No messages.\n");
    g_free(text);

    struct hq_filter *filter = hq_filter_parse("from:nobody", NULL, NULL);
    options.filter = filter;
    text = text_of(sample_snapshot(), &options);
    assert_string_equal(text, "None of the 3 messages matches.\n");
    g_free(text);
    hq_filter_free(filter);
}

static void test_what_went_wrong(void **state)
{
    (void)state;
    struct hq_dump_options options = sample_options("text");
    struct hq_snapshot *snapshot = hq_snapshot_new();
    struct hq_message *message = hq_message_new(snapshot->arena);
    message->id = "4fXyz09";
    message->queue = "corrupt";
    hq_message_add_problem(message, snapshot->arena, "size record says %d", 12);
    hq_snapshot_add(snapshot, message);
    hq_snapshot_notice(snapshot, "the parser crashed and was restarted", false);
    char *text = text_of(snapshot, &options); /* not complete */
    assert_non_null(strstr(text, "1 could not be read.\n"));
    assert_non_null(strstr(text, "The listing is not complete.\n"));
    assert_non_null(strstr(text, "note: the parser crashed and was restarted\n"));
    assert_non_null(strstr(text, "    problem: size record says 12\n"));
    g_free(text);
}

static struct hq_snapshot *many_groups(void)
{
    struct hq_snapshot *snapshot = hq_snapshot_new();
    for (int i = 0; i < 25; i++) {
        struct hq_message *message = sample_add(snapshot, "id", "a@b.example", 0);
        sample_recipient(snapshot, message, hq_arena_printf(snapshot->arena, "x@d%d.example", i));
    }
    snapshot->complete = true;
    return snapshot;
}

static unsigned count_of(const char *text, const char *needle)
{
    unsigned count = 0;
    for (; (text = strstr(text, needle)); text += strlen(needle))
        count++;
    return count;
}

static void test_board_is_short(void **state)
{
    (void)state;
    struct hq_dump_options options = sample_options("text");
    options.limit = 1;
    char *text = text_of(many_groups(), &options);
    assert_int_equal(count_of(text, "throttled        d"), 10);
    assert_non_null(strstr(text, "15 smaller groups are left out"));
    assert_int_equal(count_of(text, "deferred, throttled"), 1);
    assert_true(g_str_has_prefix(text, "25 messages, 25 recipients, 176K: deferred 25\n"));
    g_free(text);
    options.group = true;
    text = text_of(many_groups(), &options);
    assert_int_equal(count_of(text, "throttled        d"), 25);
    assert_null(strstr(text, "smaller groups"));
    g_free(text);
}

/* An id is pasted into the next command: it is whole where there is room. */
static void test_long_ids(void **state)
{
    (void)state;
    struct hq_dump_options options = sample_options("text");
    struct hq_snapshot *snapshot = hq_snapshot_new();
    sample_add(snapshot, "1rXyz0-0000000AbCd-1234", "a@b.example", 0);
    snapshot->complete = true;
    char *text = text_of(snapshot, &options);
    assert_non_null(strstr(text, "\n1rXyz0-0000000AbCd-1234 "));
    g_free(text);
}

/* ---- whatever comes in ---- */

static void check_safe(const char *text, int columns, bool ascii)
{
    assert_true(g_utf8_validate(text, -1, NULL));
    for (const char *c = text; *c; c = g_utf8_next_char(c)) {
        gunichar u = g_utf8_get_char(c);
        assert_true(u == '\n' || u >= 0x20);
        assert_false(u >= 0x7f && u < 0xa0);
        assert_false(u == 0x202e || u == 0x200b || u == 0xfeff || u == 0xe0001);
        assert_true(!ascii || u < 0x80);
    }
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++)
        if (hq_text_width(*line) > columns)
            fail_msg("wider than %d: %s", columns, *line);
}

static void test_nothing_hostile(void **state)
{
    (void)state;
    static const int widths[] = {60, 80, 90, 110, 200};
    for (size_t i = 0; i < G_N_ELEMENTS(widths) * 8; i++) {
        struct hq_dump_options options = sample_options("text");
        options.columns = widths[i / 8];
        options.full = i & 1;
        options.group = i & 2;
        options.ascii = i & 4;
        char *text = text_of(hostile_snapshot(), &options);
        check_safe(text, options.columns, options.ascii);
        assert_non_null(strstr(text, "^["));
        assert_non_null(strstr(text, "<U+202E>"));
        g_free(text);
    }
}

static void test_widths(void **state)
{
    (void)state;
    for (int columns = 60; columns < 200; columns += 7) {
        struct hq_dump_options options = sample_options("text");
        options.columns = columns;
        options.full = columns & 1;
        char *text = text_of(sample_snapshot(), &options);
        check_safe(text, columns, false);
        g_free(text);
    }
}

/* ---- --explain and --spf ---- */

static char *explained(const struct hq_reason *reason, const struct hq_dump_options *options)
{
    GPtrArray *reasons = g_ptr_array_new();
    int fd = memfd_create("dump", MFD_CLOEXEC);
    g_ptr_array_add(reasons, (gpointer)reason);
    assert_true(hq_dump_reasons(reasons, options, fd, NULL));
    g_ptr_array_unref(reasons);
    return sample_output(fd);
}

static void test_explain(void **state)
{
    (void)state;
    struct hq_dump_options options = sample_options("text");
    char *text = explained(&sample_reason, &options);
    remove_meaning(text);
    assert_string_equal(
        text, "421 4.7.0 Too many messages (from 203.0.113.5), see\n"
              "https://postmaster.bt.example/limits for what is allowed\n"
              "  reply       421 4.7.0 by mx.bt.example [198.51.100.7] (bt) at MAIL FROM\n"
              "  fault       the remote side's\n"
              "  waiting     helps only after a change\n"
              "  do          Send slower to this destination; stop forwarding spam there; do\n"
              "              not flush.\n");
    g_free(text);

    struct hq_arena *arena = hq_arena_new();
    text = explained(hostile_record(&hq_reason_schema, arena), &options);
    check_safe(text, 80, false);
    g_free(text);
    hq_arena_free(arena);
}

static char *spf_text(const struct hq_spf *spf)
{
    struct hq_dump_options options = sample_options("text");
    int fd = memfd_create("dump", MFD_CLOEXEC);
    assert_true(hq_dump_spf(spf, &options, fd, NULL));
    return sample_output(fd);
}

static void test_spf(void **state)
{
    (void)state;
    static const char *const questions[] = {"TXT sender.example", "A mail.sender.example"};
    const struct hq_spf spf = {.result = HQ_RESULT_SOFTFAIL,
                               .identity = "helo",
                               .domain = "sender.example",
                               .ip = "2001:db8::1",
                               .term = "~all",
                               .explanation = "go away",
                               .record = "v=spf1 ~all",
                               .questions = questions,
                               .question_count = 2};
    char *text = spf_text(&spf);
    assert_string_equal(text, "  SPF         softfail: 2001:db8::1 for sender.example (helo)\n"
                              "  term        ~all\n"
                              "  record      v=spf1 ~all\n"
                              "  they say    go away\n"
                              "  asked       TXT sender.example\n"
                              "              A mail.sender.example\n");
    g_free(text);

    struct hq_arena *arena = hq_arena_new();
    text = spf_text(hostile_record(&hq_spf_schema, arena));
    check_safe(text, 80, false);
    g_free(text);
    text = spf_text(hq_schema_new(&hq_spf_schema, arena));
    assert_string_equal(text, "  SPF         unknown\n");
    g_free(text);
    hq_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_board_and_list),
        cmocka_unit_test(test_group),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_what_went_wrong),
        cmocka_unit_test(test_board_is_short),
        cmocka_unit_test(test_long_ids),
        cmocka_unit_test(test_nothing_hostile),
        cmocka_unit_test(test_widths),
        cmocka_unit_test(test_explain),
        cmocka_unit_test(test_spf),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
