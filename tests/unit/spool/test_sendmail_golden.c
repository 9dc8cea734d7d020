/* SPDX-License-Identifier: ISC */
/* Queues that a real Sendmail wrote, held against what its own mailq said of them at that moment.
 * The archive is development data: HOPQ_DATA names its directory. */
#include "golden.h"
#include "spool/sendmail/sendmail.h"

/* What mailq prints of a message, line by line, and what has been compared. */
struct reader {
    const struct collect *collect;
    const struct hq_message *message;
    const char *text; /* in parentheses under the message */
    uint32_t next;    /* recipient */
    unsigned messages, recipients, reasons;
};

/* "(Deferred: …)", cut at 60 or 100 columns: a beginning of what we have. */
static char *parenthesised(const char *line)
{
    const char *open = strchr(line, '('), *close = strrchr(line, ')');

    assert_true(open && close && close > open);
    return g_strndup(open + 1, (gsize)(close - open - 1));
}

static void end_message(struct reader *reader)
{
    if (reader->message)
        assert_int_equal(reader->next, reader->message->recipient_count);
    reader->message = NULL;
}

static const char *bare(char *address)
{
    size_t n = strlen(address);

    if (n >= 2 && address[0] == '<' && address[n - 1] == '>') {
        address[n - 1] = '\0';
        return address + 1;
    }
    return address;
}

/* "6AM18aBc002053*     5     120103 Nov 22 01:08 <net2@shop.example>" */
static void take_message(struct reader *reader, char *line)
{
    g_autofree char *id = g_strndup(line, strspn(line, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                       "abcdefghijklmnopqrstuvwxyz"));
    char *sender = strchr(line, ':') + strlen(":08 "); /* the only colon before is the time's */

    end_message(reader);
    reader->message = collect_find(reader->collect, id);
    if (!reader->message)
        fail_msg("%s is not listed", id);
    reader->next = 0;
    g_clear_pointer((char **)&reader->text, g_free);
    assert_int_equal(reader->message->size, g_ascii_strtoll(line + strlen(id) + 1, NULL, 10));
    assert_string_equal(reader->message->sender,
                        strcmp(sender, "MAILER-DAEMON") == 0 ? "" : bare(sender));
    assert_int_equal(reader->message->problem_count, 0);
    reader->messages++;
}

static void take_reason(struct reader *reader, const char *line, bool recipients)
{
    char *text = parenthesised(line);

    if (!recipients) {
        g_free((char *)reader->text);
        reader->text = text;
        return;
    }
    const struct hq_recipient *recipient = &reader->message->recipients[reader->next - 1];
    if (!recipient->reason || !g_str_has_prefix(recipient->reason->text, text))
        fail_msg("%s %s: \"%s\"", reader->message->id, recipient->address, text);
    reader->reasons++;
    g_free(text);
}

static void take_recipient(struct reader *reader, char *line)
{
    const struct hq_recipient *recipient = &reader->message->recipients[reader->next];

    if (g_str_has_prefix(line, "(---")) /* whose alias the next ones are */
        return;
    assert_true(reader->next++ < reader->message->recipient_count);
    assert_string_equal(recipient->address, bare(line));
    /* without words of its own, it has those of the message or none */
    if (recipient->reason && reader->text)
        assert_true(recipient->state == HQ_STATE_DEFERRED);
    assert_int_equal(recipient->state, reader->text ? HQ_STATE_DEFERRED : HQ_STATE_QUEUED);
    reader->recipients++;
}

static struct reader compare(const char *queue, const char *file)
{
    static const char deep[] = "\t\t\t\t\t\t";
    struct collect *collect = golden_read("sendmail", queue, false);
    g_autofree char *text = golden_out(file, NULL);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    struct reader reader = {.collect = collect};

    for (unsigned i = 0; lines[i]; i++) {
        if (g_ascii_isdigit(lines[i][0]))
            take_message(&reader, lines[i]);
        else if (g_str_has_prefix(lines[i], deep))
            take_recipient(&reader, lines[i] + strlen(deep));
        else if (reader.message && strchr(lines[i], '('))
            take_reason(&reader, lines[i], g_str_has_prefix(lines[i], "\t\t ("));
    }
    end_message(&reader);
    g_free((char *)reader.text);
    collect_free(collect);
    return reader;
}

static void equals_mailq(void **state)
{
    static const struct {
        const char *queue, *file;
        unsigned messages, recipients, reasons;
    } queues[] = {{"mqueue", "mailq-v.txt", 49, 129, 66},
                  {"mqueue-multi", "mailq-multi-v.txt", 12, 23, 14},
                  {"mqueue-client", "mailq-client-v.txt", 4, 6, 0}};

    (void)state;
    golden_unpack("sendmail");
    for (unsigned i = 0; i < G_N_ELEMENTS(queues); i++) {
        struct reader reader = compare(queues[i].queue, queues[i].file);
        print_message("%s: %u messages, %u recipients, %u reasons\n", queues[i].queue,
                      reader.messages, reader.recipients, reader.reasons);
        assert_int_equal(reader.messages, queues[i].messages);
        assert_int_equal(reader.recipients, queues[i].recipients);
        assert_int_equal(reader.reasons, queues[i].reasons);
    }
}

/* What mailq lists only when asked: quarantined, lost; and what it never lists. */
static void lists_what_mailq_hides(void **state)
{
    static const struct {
        const char *id, *queue;
        bool problem;
    } hidden[] = {{"6AM18a69001921", "mqueue/quarantined", false},
                  {"6AM18aj1001959", "mqueue/quarantined", false},
                  {"6AM18aJm001940", "mqueue/lost", true},
                  {"4AM00000orph00", NULL, true},
                  {"4AM00000orph01", "mqueue/lost", true},
                  {"6AM18qWQ002228", NULL, true}};

    (void)state;
    golden_unpack("sendmail");
    struct collect *collect = golden_read("sendmail", "mqueue", false);
    assert_int_equal(collect->messages->len, 49 + G_N_ELEMENTS(hidden));
    for (unsigned i = 0; i < G_N_ELEMENTS(hidden); i++) {
        const struct hq_message *m = collect_find(collect, hidden[i].id);
        assert_non_null(m);
        if (hidden[i].queue) /* the age of a data file depends on how it was unpacked */
            assert_string_equal(m->queue, hidden[i].queue);
        for (uint32_t r = 0; r < m->recipient_count; r++)
            assert_int_equal(m->recipients[r].state, HQ_STATE_HELD);
        assert_true(hidden[i].queue == NULL || (m->problem_count > 0) == hidden[i].problem);
    }
    collect_free(collect);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_mailq),
        cmocka_unit_test(lists_what_mailq_hides),
    };

    return cmocka_run_group_tests(tests, NULL, golden_clean);
}
