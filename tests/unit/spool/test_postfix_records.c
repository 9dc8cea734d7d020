/* SPDX-License-Identifier: ISC */
/* Record reader of Postfix queue files: bounds, pointers, loops, windows. */
#include "collect.h"
#include "postfix_writer.h"
#include "spool/postfix/records.h"

static struct hq_pf_reader reader_of(const GString *bytes)
{
    struct hq_item_file file;
    struct hq_pf_reader reader;

    collect_file(&file, bytes->str, bytes->len, 0700);
    hq_pf_reader_init(&reader, file.fd, file.size);
    return reader;
}

static void done(struct hq_pf_reader *reader, GString *bytes)
{
    close(reader->fd);
    hq_pf_reader_clear(reader);
    g_string_free(bytes, TRUE);
}

static void reads_all_lengths(void **state)
{
    static const size_t lengths[] = {0, 1, 127, 128, 129, 4095, 4096, 16383, 16384, 70000};
    struct pf_writer writer = {.bytes = g_string_new(NULL)};
    g_autofree char *data = g_malloc(70000);
    struct hq_pf_record record;

    (void)state;
    memset(data, 'x', 70000);
    for (unsigned i = 0; i < G_N_ELEMENTS(lengths); i++) {
        if (lengths[i])
            data[lengths[i] - 1] = (char)('a' + i);
        pf_record_n(&writer, 'N', data, lengths[i]);
        if (lengths[i])
            data[lengths[i] - 1] = 'x';
    }
    struct hq_pf_reader reader = reader_of(writer.bytes);
    for (unsigned i = 0; i < G_N_ELEMENTS(lengths); i++) {
        assert_int_equal(hq_pf_next(&reader, &record), HQ_PF_RECORD);
        assert_int_equal(record.length, lengths[i]);
        assert_int_equal(record.type, 'N');
        if (lengths[i])
            assert_int_equal(record.data[lengths[i] - 1], 'a' + (int)i);
    }
    assert_int_equal(hq_pf_next(&reader, &record), HQ_PF_END);
    done(&reader, writer.bytes);
}

static void refuses_lengths(void **state)
{
    static const struct {
        const char *bytes;
        size_t n;
        enum hq_pf_status status;
    } cases[] = {
        {"N", 1, HQ_PF_TRUNCATED},
        {"N\x80", 2, HQ_PF_TRUNCATED},
        {"N\x05yyyy", 6, HQ_PF_TRUNCATED},
        {"N\xff\xff\xff\xff\xff\xff\xff\x01", 9, HQ_PF_DAMAGED},
        {"N\xff\xff\xff\xff\x0f", 6, HQ_PF_DAMAGED},
        {"N\xff\xff\xff\xff\x7f", 6, HQ_PF_DAMAGED},
        {"N\x80\x80\x80\x80\x80\x01", 7, HQ_PF_DAMAGED},
        {"N\x80\x80\x40", 4, HQ_PF_TRUNCATED}, /* a mebibyte is believed, but not there */
        {"N\x81\x80\x40", 4, HQ_PF_DAMAGED},
        {"", 0, HQ_PF_END},
    };

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        GString *bytes = g_string_new_len(cases[i].bytes, (gssize)cases[i].n);
        struct hq_pf_reader reader = reader_of(bytes);
        struct hq_pf_record record;
        assert_int_equal(hq_pf_next(&reader, &record), cases[i].status);
        if (cases[i].status == HQ_PF_DAMAGED)
            assert_non_null(reader.damage);
        done(&reader, bytes);
    }
}

static void follows_pointers(void **state)
{
    struct pf_writer writer = {.bytes = g_string_new(NULL)};
    struct hq_pf_record record;

    (void)state;
    pf_record(&writer, 'p', "              0"); /* 0: a place kept free */
    pf_record(&writer, 'p', "             41"); /* 17 */
    pf_record(&writer, 'N', "skip ");           /* 34 */
    pf_record(&writer, 'w', "padding");         /* 41 */
    pf_record(&writer, 'N', "seen");            /* 50 */
    struct hq_pf_reader reader = reader_of(writer.bytes);
    assert_int_equal(hq_pf_next(&reader, &record), HQ_PF_RECORD);
    assert_int_equal(record.offset, 50);
    assert_memory_equal(record.data, "seen", 4);
    assert_int_equal(hq_pf_next(&reader, &record), HQ_PF_END);
    done(&reader, writer.bytes);
}

static void ends_loops(void **state)
{
    struct pf_writer writer = {.bytes = g_string_new(NULL)};
    struct hq_pf_record record;
    unsigned given = 0;

    (void)state;
    pf_record(&writer, 'N', "first");
    pf_record(&writer, 'N', "again");           /* 7 */
    pf_record(&writer, 'p', "              7"); /* 14 */
    struct hq_pf_reader reader = reader_of(writer.bytes);
    enum hq_pf_status status;
    while ((status = hq_pf_next(&reader, &record)) == HQ_PF_RECORD)
        assert_true(++given < 10);
    assert_int_equal(status, HQ_PF_DAMAGED);
    done(&reader, writer.bytes);
}

static void refuses_pointers(void **state)
{
    static const char *const bad[] = {"", "x", "             -1", "         999999",
                                      "99999999999999999999999"};

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        struct pf_writer writer = {.bytes = g_string_new(NULL)};
        struct hq_pf_record record;
        pf_record(&writer, 'p', bad[i]);
        pf_record(&writer, 'N', "x");
        struct hq_pf_reader reader = reader_of(writer.bytes);
        assert_int_equal(hq_pf_next(&reader, &record), HQ_PF_DAMAGED);
        done(&reader, writer.bytes);
    }
}

/* A file that grows while it is read has the end that it had at first. */
static void stops_at_the_size_given(void **state)
{
    struct pf_writer writer = {.bytes = g_string_new(NULL)};
    struct hq_pf_record record;

    (void)state;
    pf_record(&writer, 'N', "one");
    pf_record(&writer, 'N', "two");
    struct hq_pf_reader reader = reader_of(writer.bytes);
    reader.size = 5;
    assert_int_equal(hq_pf_next(&reader, &record), HQ_PF_RECORD);
    assert_int_equal(hq_pf_next(&reader, &record), HQ_PF_END);
    done(&reader, writer.bytes);
}

static void numbers(void **state)
{
    static const struct {
        const char *text;
        bool is;
        int64_t value;
    } cases[] = {{"  12 13", true, 12},
                 {"-5", true, -5},
                 {"", false, 0},
                 {"   ", false, 0},
                 {"-", false, 0},
                 {"x1", false, 0},
                 {"9223372036854775807", true, INT64_MAX},
                 {"9223372036854775808", false, 0}};

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *p = cases[i].text;
        int64_t value = 0;
        assert_int_equal(hq_pf_number(&p, p + strlen(p), &value), cases[i].is);
        assert_int_equal(value, cases[i].value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_all_lengths), cmocka_unit_test(refuses_lengths),
        cmocka_unit_test(follows_pointers),  cmocka_unit_test(ends_loops),
        cmocka_unit_test(refuses_pointers),  cmocka_unit_test(stops_at_the_size_given),
        cmocka_unit_test(numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
