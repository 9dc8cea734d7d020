/* SPDX-License-Identifier: ISC */
/* What a helper that strangers have taken over can do to the front: say what is not its to say,
 * send what cannot be decoded, and come back to what is gone. The helpers are played here. */
#include "proc/session_internal.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct hq_helpers {
    unsigned dones;
};

static struct hq_helpers helpers;

struct hq_helpers *hq_helpers_start(const struct hq_session_options *options,
                                    const struct hq_helpers_events *events, void *data,
                                    GError **error)
{
    (void)options;
    (void)events;
    (void)data;
    (void)error;
    helpers = (struct hq_helpers){0};
    return &helpers;
}

void hq_helpers_stop(struct hq_helpers *stopped)
{
    (void)stopped;
}

struct hq_channel *hq_helpers_spool(struct hq_helpers *of)
{
    (void)of;
    return NULL; /* what is sent there is dropped */
}

struct hq_channel *hq_helpers_parse(struct hq_helpers *of)
{
    return hq_helpers_spool(of);
}

struct hq_channel *hq_helpers_act(struct hq_helpers *of)
{
    return hq_helpers_spool(of);
}

void hq_helpers_batch_done(struct hq_helpers *of, int64_t number)
{
    (void)number;
    of->dones++;
}

bool hq_helpers_alive(const struct hq_helpers *of, enum hq_role role)
{
    (void)of;
    (void)role;
    return true;
}

const char *hq_helpers_words(const struct hq_helpers *of, enum hq_role role)
{
    (void)of;
    (void)role;
    return "played";
}

/* ---- the front ---- */

static struct hq_session *session;
static unsigned listed, scans, opened;
static char *last_id;

static void on_message(struct hq_message *message, void *data)
{
    (void)data;
    listed++;
    g_free(last_id);
    last_id = g_strdup(message->id);
}

static void on_detail(struct hq_message *message, struct hq_arena *arena, const char *source,
                      const char *id, void *data)
{
    (void)message;
    (void)source;
    (void)id;
    (void)data;
    opened++;
    hq_arena_free(arena);
}

static void on_notice(const char *text, bool lost, void *data)
{
    (void)lost;
    (void)data;
    assert_non_null(text);
}

static void on_scanned(void *data)
{
    (void)data;
    scans++;
}

static int set_up(void **state)
{
    static const struct hq_session_events events = {
        .message = on_message, .detail = on_detail, .notice = on_notice, .scanned = on_scanned};
    static const struct hq_session_options options = {.dns = "off"};

    (void)state;
    listed = scans = opened = 0;
    session = hq_session_start(&options, &events, NULL, NULL);
    return session ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    hq_session_stop(session);
    g_clear_pointer(&last_id, g_free);
    return 0;
}

/* A frame as it comes from a helper; whether it was taken as sound. */
static bool say(enum hq_role role, uint32_t type, const struct hq_schema *schema,
                const void *record, const GByteArray *blob)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    const struct hq_helper_name who = {role, 0};

    if (record)
        hq_schema_encode(schema, record, bytes);
    struct hq_frame frame = {.type = type,
                             .record = bytes->data,
                             .record_length = bytes->len,
                             .blob = blob ? blob->data : NULL,
                             .blob_length = blob ? blob->len : 0};
    return hq_session_helper_events.frame(&who, &frame, session);
}

static bool say_message(int64_t batch, const char *id)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    struct hq_arena *arena = hq_arena_new();
    struct hq_message *message = hq_message_new(arena);

    message->id = id;
    hq_schema_encode(&hq_message_schema, message, bytes);
    hq_arena_free(arena);
    return say(HQ_ROLE_PARSE, HQ_WIRE_MESSAGE, &hq_wire_result_schema,
               &(struct hq_wire_result){batch, HQ_YES}, bytes);
}

static bool say_done(int64_t batch)
{
    return say(HQ_ROLE_PARSE, HQ_WIRE_DONE, &hq_wire_number_schema, &(struct hq_wire_number){batch},
               NULL);
}

static bool say_scanned(void)
{
    return say(HQ_ROLE_SPOOL, HQ_WIRE_SCANNED, NULL, NULL, NULL);
}

/* ---- tests ---- */

static void test_a_batch_is_listed_when_it_is_done(void **state)
{
    (void)state;
    struct hq_arena *arena = hq_arena_new();
    struct hq_decoder *decoder = hq_decoder_new(arena);

    hq_session_scan(session, decoder);
    assert_true(say_message(1, "one"));
    assert_true(say_message(2, "two"));
    assert_int_equal(listed, 0);
    assert_true(say_done(2));
    assert_int_equal(listed, 1);
    assert_string_equal(last_id, "two");
    assert_true(say_scanned());
    assert_int_equal(scans, 1);
    assert_int_equal(helpers.dones, 1);
    hq_decoder_free(decoder);
    hq_arena_free(arena);
}

/* What was held of a batch is gone with its scan; nobody brings it back. */
static void test_done_after_the_scan(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 2; round++) {
        struct hq_arena *arena = hq_arena_new();
        struct hq_decoder *decoder = hq_decoder_new(arena);

        hq_session_scan(session, decoder);
        assert_true(say_done(1000));
        assert_true(say_message(1000, "never done"));
        assert_true(say_scanned());
        hq_decoder_free(decoder);
        hq_arena_free(arena);
    }
    assert_true(say_done(1000));
    assert_int_equal(listed, 0);
}

static void test_nothing_is_listed_without_a_scan(void **state)
{
    (void)state;
    say_message(1, "early");
    say_done(1);
    assert_int_equal(listed, 0);
}

/* Each role has its own words: a parser names no source and ends no scan. */
static void test_others_words_are_refused(void **state)
{
    (void)state;
    static const struct {
        enum hq_role role;
        uint32_t type;
    } others[] = {
        {HQ_ROLE_PARSE, HQ_WIRE_SOURCE},   {HQ_ROLE_PARSE, HQ_WIRE_SCANNED},
        {HQ_ROLE_PARSE, HQ_WIRE_ADDED},    {HQ_ROLE_PARSE, HQ_WIRE_CULPRIT},
        {HQ_ROLE_PARSE, HQ_WIRE_GONE},     {HQ_ROLE_PARSE, HQ_WIRE_WAYS},
        {HQ_ROLE_PARSE, HQ_WIRE_CHANGED},  {HQ_ROLE_PARSE, HQ_WIRE_BATCH},
        {HQ_ROLE_SPOOL, HQ_WIRE_MESSAGE},  {HQ_ROLE_SPOOL, HQ_WIRE_VERDICT},
        {HQ_ROLE_SPOOL, HQ_WIRE_HISTORY},  {HQ_ROLE_DNS, HQ_WIRE_MESSAGE},
        {HQ_ROLE_DNS, HQ_WIRE_SCANNED},    {HQ_ROLE_ACT, HQ_WIRE_MESSAGE},
        {HQ_ROLE_PARSE, HQ_WIRE_KEPT + 1},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(others); i++)
        assert_false(say(others[i].role, others[i].type, NULL, NULL, NULL));
    assert_int_equal(scans, 0);
}

static void test_what_was_not_asked_for_is_refused(void **state)
{
    (void)state;
    struct hq_arena *arena = hq_arena_new();
    const struct hq_spf *verdict = hq_schema_new(&hq_spf_schema, arena);
    const struct hq_wire_changed changed = {.run = 1};
    const struct hq_wire_ways ways = {.source = 0};

    assert_false(say(HQ_ROLE_PARSE, HQ_WIRE_VERDICT, &hq_spf_schema, verdict, NULL));
    assert_false(say(HQ_ROLE_ACT, HQ_WIRE_CHANGED, &hq_wire_changed_schema, &changed, NULL));
    assert_false(say(HQ_ROLE_ACT, HQ_WIRE_WAYS, &hq_wire_ways_schema, &ways, NULL));
    hq_arena_free(arena);
}

/* Every frame of [parse], cut and bent: refused or taken, and the front goes on. */
static void test_bent_messages(void **state)
{
    (void)state;
    struct hq_arena *arena = hq_arena_new();
    struct hq_decoder *decoder = hq_decoder_new(arena);
    struct hq_message *message = hq_message_new(arena);
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    const struct hq_wire_result result = {1, HQ_YES};

    message->id = "bent";
    hq_schema_encode(&hq_message_schema, message, bytes);
    hq_session_scan(session, decoder);
    for (guint n = bytes->len; n-- > 0;) {
        g_byte_array_set_size(bytes, n);
        assert_false(say(HQ_ROLE_PARSE, HQ_WIRE_MESSAGE, &hq_wire_result_schema, &result, bytes));
    }
    assert_false(say(HQ_ROLE_PARSE, HQ_WIRE_MESSAGE, NULL, NULL, bytes));
    assert_false(say(HQ_ROLE_PARSE, HQ_WIRE_DONE, NULL, NULL, NULL));
    assert_true(say_done(1));
    assert_int_equal(listed, 0);
    say_scanned();
    hq_decoder_free(decoder);
    hq_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_batch_is_listed_when_it_is_done, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_done_after_the_scan, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_is_listed_without_a_scan, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_others_words_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_was_not_asked_for_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bent_messages, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
