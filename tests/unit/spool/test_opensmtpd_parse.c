/* SPDX-License-Identifier: ISC */
/* Messages of OpenSMTPD: envelopes sound, odd, cut off at every byte, compressed, encrypted. */
#include "opensmtpd_writer.h"
#include "spool/opensmtpd/opensmtpd.h"
#include <zlib.h>

#define ID "1f0a2b3c"

static struct collect *list_one(const char *envelope)
{
    char *path = smtpd_new();

    smtpd_message(path, ID, envelope);
    struct collect *collect = smtpd_list(path);
    smtpd_free(path);
    return collect;
}

static void whole_envelope(void **state)
{
    g_autofree char *envelope = smtpd_envelope(
        "alias@ours.test", "user@far.test", 2,
        "errorline: 452 4.2.2 <user@far.test>: Mailbox full\nflags: authenticated\nesc-class: 4\n"
        "esc-code: 22\n");
    struct collect *collect = list_one(envelope);
    const struct hq_message *message = collect_one(collect);
    const struct hq_recipient *recipient = message->recipients;

    (void)state;
    assert_int_equal(message->problem_count, 0);
    assert_string_equal(message->id, ID);
    assert_string_equal(message->queue, "queue");
    assert_string_equal(message->sender, "s@far.test");
    assert_int_equal(message->arrived, 1000000 * HQ_SECOND);
    assert_int_equal(message->size, strlen(SMTPD_TEXT));
    assert_int_equal(message->incomplete, HQ_NO);
    assert_string_equal(message->client.ip, "192.0.2.9");
    assert_string_equal(message->client.name, "rev.client.test");
    assert_string_equal(message->client.helo, "client.test");
    assert_string_equal(message->client.auth, "authenticated");
    assert_int_equal(message->recipient_count, 1);
    assert_string_equal(recipient->id, ID "00000001");
    assert_string_equal(recipient->address, "user@far.test");
    assert_string_equal(recipient->original, "alias@ours.test");
    assert_int_equal(recipient->state, HQ_STATE_DEFERRED);
    assert_int_equal(recipient->attempts, 2);
    assert_int_equal(recipient->expires, 1000000 * HQ_SECOND + 4 * HQ_DAY);
    assert_int_equal(recipient->reason->kind->category, HQ_CATEGORY_MAILBOX_FULL);
    assert_string_equal(recipient->reason->kind->enhanced, "4.2.2");
    assert_non_null(strstr(collect_content(collect, 0), "Subject: hello"));
    collect_free(collect);
}

/* What one envelope with LINE in it gives. */
static struct collect *with(const char *line)
{
    g_autofree char *envelope = smtpd_envelope("r@d.test", "r@d.test", 0, line);

    return list_one(envelope);
}

static void odd_fields(void **state)
{
    static const struct {
        const char *line;
        enum hq_state state;
        const char *ip, *name, *auth, *original, *sender;
    } rows[] = {
        {"", HQ_STATE_QUEUED, "192.0.2.9", "rev.client.test", NULL, NULL, "s@far.test"},
        /* the last of two lines counts, as in smtpd */
        {"hostname: <unknown>\n", HQ_STATE_QUEUED, "192.0.2.9", NULL, NULL, NULL, "s@far.test"},
        {"username: ann\nflags: authenticated\n", HQ_STATE_QUEUED, "192.0.2.9", "rev.client.test",
         "ann", NULL, "s@far.test"},
        {"dsn-orcpt: first@ours.test\n", HQ_STATE_QUEUED, "192.0.2.9", "rev.client.test", NULL,
         "first@ours.test", "s@far.test"},
        {"dsn-orcpt: R@D.test\n", HQ_STATE_QUEUED, "192.0.2.9", "rev.client.test", NULL, NULL,
         "s@far.test"},
        {"x-later-version: 17\n", HQ_STATE_QUEUED, "192.0.2.9", "rev.client.test", NULL, NULL,
         "s@far.test"},
        {"errorline: Loop detected\n", HQ_STATE_DEFERRED, "192.0.2.9", "rev.client.test", NULL,
         NULL, "s@far.test"},
    };

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct collect *collect = with(rows[i].line);
        const struct hq_message *message = collect_one(collect);
        assert_int_equal(message->problem_count, 0);
        assert_int_equal(message->recipients[0].state, rows[i].state);
        assert_string_equal(message->client.ip, rows[i].ip);
        assert_int_equal(g_strcmp0(message->client.name, rows[i].name), 0);
        assert_int_equal(g_strcmp0(message->client.auth, rows[i].auth), 0);
        assert_int_equal(g_strcmp0(message->recipients[0].original, rows[i].original), 0);
        assert_string_equal(message->sender, rows[i].sender);
        collect_free(collect);
    }
}

/* Lines that replace those of the same name. */
static struct collect *ending(const char *lines)
{
    g_autofree char *envelope = smtpd_envelope("r@d.test", "r@d.test", 0, "");
    g_autofree char *all = g_strconcat(envelope, lines, NULL);

    return list_one(all);
}

static void senders_and_clients(void **state)
{
    (void)state;
    struct collect *collect = ending("sender: @\nsockaddr: [2001:db8::7]\n");
    assert_string_equal(collect_one(collect)->sender, "");
    assert_string_equal(collect_one(collect)->client.ip, "2001:db8::7");
    collect_free(collect);
    collect = ending("sockaddr: local\nflags: authenticated\n");
    assert_null(collect_one(collect)->client.ip);
    assert_null(collect_one(collect)->client.auth);
    assert_null(collect_one(collect)->client.helo);
    collect_free(collect);
}

static void bounces(void **state)
{
    static const struct {
        const char *type;
        enum hq_state state;
    } rows[] = {{"failed", HQ_STATE_FAILED},
                {"delayed", HQ_STATE_DEFERRED},
                {"delivered", HQ_STATE_DELIVERED}};

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *lines = g_strdup_printf("type: bounce\nbounce-type: %s\n", rows[i].type);
        struct collect *collect = ending(lines);
        assert_int_equal(collect_one(collect)->recipients[0].state, rows[i].state);
        assert_int_equal(collect_one(collect)->problem_count, 0);
        collect_free(collect);
    }
}

static void damaged_lines(void **state)
{
    static const struct {
        const char *lines, *problem;
    } rows[] = {
        {"garbage\n", "is no field"},
        {": no name\n", "is no field"},
        {"retry: many\n", "retry is no number"},
        {"ctime: -1\n", "ctime is no number"},
        {"retry: 99999999999999999999\n", "retry is no number"},
        {"version: 9\n", "newer than hopq"},
        {"esc-class: 4\n", "without esc-code"},
        {"flags: a", "ends in the middle"},
    };

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct collect *collect = ending(rows[i].lines);
        const struct hq_message *message = collect_one(collect);
        assert_true(collect_has_problem(message, rows[i].problem));
        assert_true(collect_has_problem(message, "envelope " ID "00000001: "));
        assert_string_equal(message->recipients[0].address, "r@d.test");
        collect_free(collect);
    }
}

/* Every end of a file: no crash, a problem, and what stands before it. */
static void cut_at_every_byte(void **state)
{
    g_autofree char *whole =
        smtpd_envelope("a@ours.test", "b@d.test", 1, "errorline: 450 4.2.0 later\n");
    g_autofree char *envelope = g_strconcat(whole, "esc-class: 4\nesc-code: 20\n", NULL);
    size_t needed = strlen(whole), n = strlen(envelope);
    const char *dest = strstr(envelope, "dest: ");
    char *path = smtpd_new();

    (void)state;
    for (size_t cut = 1; cut <= n; cut++) {
        g_autofree char *part = g_strndup(envelope, cut);
        smtpd_message(path, ID, part);
        struct collect *collect = smtpd_list(path);
        const struct hq_message *message = collect_one(collect);
        /* smtpd itself cannot tell where the optional ones end, but for a line cut in two */
        bool sound = cut == n || cut == needed ||
                     (cut >= needed - strlen("dsn-notify: 0\n") && envelope[cut - 1] == '\n' &&
                      cut <= needed);
        assert_int_equal(message->problem_count == 0, sound);
        if (cut > (size_t)(dest - envelope) + strlen("dest: b@d.test\n")) {
            assert_string_equal(message->recipients[0].address, "b@d.test");
            assert_string_equal(message->sender, "s@far.test");
        }
        assert_string_equal(collect_content(collect, 0), SMTPD_TEXT);
        collect_free(collect);
    }
    smtpd_free(path);
}

/* ---- compression and encryption ---- */

static GString *gzip(const char *text, size_t n)
{
    z_stream stream = {.next_in = (Bytef *)text, .avail_in = (uInt)n};
    GString *out = g_string_new(NULL);

    g_string_set_size(out, n + 1024);
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_out = (Bytef *)out->str;
    stream.avail_out = (uInt)out->len;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    g_string_truncate(out, stream.total_out);
    deflateEnd(&stream);
    return out;
}

/* smtpd writes it by lines. */
static void text_cut_at_every_byte(void **state)
{
    char *path = smtpd_new();

    (void)state;
    for (size_t n = 0; n <= strlen(SMTPD_TEXT); n++) {
        smtpd_put(path, "queue/1f/" ID "/message", SMTPD_TEXT, n);
        struct collect *collect = smtpd_list(path);
        assert_int_equal(collect_has_problem(collect_one(collect), "text is cut off"),
                         n == 0 || SMTPD_TEXT[n - 1] != '\n');
        collect_free(collect);
    }
    smtpd_free(path);
}

static void compressed(void **state)
{
    g_autofree char *envelope = smtpd_envelope("r@d.test", "r@d.test", 0, "");
    g_autofree char *padding = g_strnfill(300000, 'x');
    g_autofree char *text = g_strconcat("Subject: packed\nX-Long: ", padding, "\n\nbody\n", NULL);
    g_autoptr(GString) packed = gzip(envelope, strlen(envelope));
    g_autoptr(GString) packed_text = gzip(text, strlen(text));
    char *path = smtpd_new();

    (void)state;
    smtpd_put(path, "queue/1f/" ID "/message", packed_text->str, packed_text->len);
    for (size_t cut = 1; cut <= packed->len; cut++) {
        smtpd_put(path, "queue/1f/" ID "/" ID "00000001", packed->str, cut);
        struct collect *collect = smtpd_list(path);
        const struct hq_message *message = collect_one(collect);
        assert_int_equal(message->problem_count == 0, cut == packed->len);
        assert_int_equal(message->size, strlen(text));
        assert_true(g_str_has_prefix(collect_content(collect, 0), "Subject: packed\n"));
        if (cut == packed->len)
            assert_string_equal(message->recipients[0].address, "r@d.test");
        collect_free(collect);
    }
    smtpd_put(path, "queue/1f/" ID "/message", packed_text->str, packed_text->len / 2);
    struct collect *collect = smtpd_list(path);
    assert_true(collect_has_problem(collect_one(collect), "compressed, and damaged"));
    collect_free(collect);
    smtpd_free(path);
}

/* All of it is saved before it is deleted. */
static void compressed_and_whole(void **state)
{
    g_autofree char *envelope = smtpd_envelope("r@d.test", "r@d.test", 0, "");
    g_autofree char *body = g_strnfill(3000000, 'x');
    g_autofree char *text = g_strconcat("Subject: packed\n\n", body, NULL);
    g_autoptr(GString) packed_text = gzip(text, strlen(text));
    char *path = smtpd_new();
    struct hq_layout *layout = hq_spool_find("opensmtpd", 9)->layout->open(path, NULL);
    struct collect *collect = collect_new();

    (void)state;
    assert_non_null(layout);
    smtpd_put(path, "queue/1f/" ID "/message", packed_text->str, packed_text->len);
    smtpd_put_text(path, "queue/1f/" ID "/" ID "00000001", envelope);
    collect->parse.full = collect->parse.whole = true;
    collect_all(collect, hq_spool_find("opensmtpd", 9), layout);
    assert_int_equal(collect_one(collect)->problem_count, 0);
    assert_string_equal(collect_content(collect, 0), text);
    collect_free(collect);
    hq_spool_find("opensmtpd", 9)->layout->close(layout);
    smtpd_free(path);
}

/* A small file that would fill the memory. */
static void bomb(void **state)
{
    g_autofree char *zeros = g_malloc0(16 << 20);
    g_autoptr(GString) packed = gzip(zeros, 16 << 20);
    char *path = smtpd_new();

    (void)state;
    smtpd_put(path, "queue/1f/" ID "/message", packed->str, packed->len);
    smtpd_put(path, "queue/1f/" ID "/" ID "00000001", packed->str,
              MIN(packed->len, HQ_SMTPD_ENVELOPE_MAX));
    struct collect *collect = smtpd_list(path);
    const GString *content = collect->contents->pdata[0];
    assert_true(content->len <= HQ_HEADER_MAX);
    assert_true(collect_one(collect)->problem_count > 0);
    collect_free(collect);
    smtpd_free(path);
}

static void encrypted(void **state)
{
    char *path = smtpd_new();

    (void)state;
    smtpd_put(path, "queue/1f/" ID "/message", "\x01\x02\x03", 3);
    smtpd_put(path, "queue/1f/" ID "/" ID "00000001", "\x01\xff\xfe", 3);
    smtpd_put(path, "queue/1f/" ID "/" ID "00000002", "\x01\xff\xfe", 3);
    struct collect *collect = smtpd_list(path);
    const struct hq_message *message = collect_one(collect);
    assert_true(collect_has_problem(message, "encryption: 2 of its envelopes"));
    assert_true(collect_has_problem(message, "encryption: no text"));
    assert_int_equal(message->recipient_count, 0);
    collect_free(collect);
    smtpd_free(path);
}

/* ---- many ---- */

static void many_envelopes(void **state)
{
    enum { COUNT = 3000, BAD = 50 };
    char *path = smtpd_new();

    (void)state;
    smtpd_put_text(path, "queue/1f/" ID "/message", SMTPD_TEXT);
    for (unsigned i = 0; i < COUNT; i++) {
        g_autofree char *name = g_strdup_printf("queue/1f/" ID "/" ID "%08x", i + 1);
        g_autofree char *rcpt = g_strdup_printf("user%u@d.test", i);
        g_autofree char *envelope = smtpd_envelope(rcpt, rcpt, 0, "");
        smtpd_put_text(path, name, i < COUNT - BAD ? envelope : "bad\n");
    }
    struct collect *collect = smtpd_list(path);
    const struct hq_message *message = collect_one(collect);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (uint32_t i = 0; i < message->recipient_count; i++)
        g_hash_table_add(seen, (gpointer)message->recipients[i].address);
    assert_int_equal(message->recipient_count, COUNT - BAD);
    assert_int_equal(g_hash_table_size(seen), COUNT - BAD);
    assert_int_equal(message->problem_count, 9);
    assert_true(collect_has_problem(message, "42 more envelopes"));
    collect_free(collect);
    smtpd_free(path);
}

/* ---- what the scheduler says ---- */

static void scheduler_states(void **state)
{
    static const char lines[] = ID
        "00000001|inet4|mta|auth,suspend|s|x@far.test|a@d.test|b@d.test|1|1|0|2|pending|77|why\n" ID
        "00000002|inet4|mta||s|x@far.test|a@d.test|b@d.test|1|1|5|0|inflight|9|\n" ID
        "00000003|inet4|mta||other@far.test|a@d.test|b@d.test|1|1|5|0|pending|9|\n" ID
        "00000004|inet4|mta||s|x@far.test|a@d.test|b@d.test|1|1|5|0|offline||\n" ID "00000005\n";
    struct hq_smtpd_envelope envelope = {
        .sender = "s|x@far.test", .rcpt = "a@d.test", .dest = "b@d.test"};
    struct hq_item_file file;
    struct hq_smtpd_state found;

    (void)state;
    collect_file(&file, lines, sizeof lines - 1, 0600);
    struct hq_smtpd_states *states = hq_smtpd_states_read(&file);
    assert_true(hq_smtpd_states_find(states, ID "00000001", &envelope, &found));
    assert_true(found.suspended);
    assert_int_equal(found.next, file.mtime + 77 * HQ_SECOND);
    assert_true(hq_smtpd_states_find(states, ID "00000002", &envelope, &found));
    assert_false(found.suspended);
    assert_int_equal(found.next, HQ_NONE);
    assert_int_equal(found.tried, file.mtime - 9 * HQ_SECOND);
    for (char last = '3'; last <= '6'; last++) {
        g_autofree char *id = g_strdup_printf(ID "0000000%c", last);
        assert_false(hq_smtpd_states_find(states, id, &envelope, &found));
    }
    hq_smtpd_states_free(states);
    assert_false(hq_smtpd_states_find(NULL, ID "00000001", &envelope, &found));
    close(file.fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_envelope),
        cmocka_unit_test(odd_fields),
        cmocka_unit_test(senders_and_clients),
        cmocka_unit_test(bounces),
        cmocka_unit_test(damaged_lines),
        cmocka_unit_test(cut_at_every_byte),
        cmocka_unit_test(text_cut_at_every_byte),
        cmocka_unit_test(compressed),
        cmocka_unit_test(compressed_and_whole),
        cmocka_unit_test(bomb),
        cmocka_unit_test(encrypted),
        cmocka_unit_test(many_envelopes),
        cmocka_unit_test(scheduler_states),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
