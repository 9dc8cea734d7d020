/* SPDX-License-Identifier: ISC */
/* Records on the wire and in JSON: what goes in comes out, and nothing else gets in. */
#include "hopq/detail.h"
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct hq_arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = hq_arena_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    hq_arena_free(arena);
    return 0;
}

static struct hq_reason *make_reason(const char *text, const struct hq_reason_kind *kind)
{
    struct hq_reason *reason = hq_schema_new(&hq_reason_schema, arena);

    reason->text = text;
    reason->kind = kind;
    reason->relay = "mx1.refusing.example";
    return reason;
}

static struct hq_detail *make_detail(void)
{
    static const char *const questions[] = {"TXT a.example", "MX a.example"};
    struct hq_detail *detail = hq_schema_new(&hq_detail_schema, arena);
    struct hq_hop *hop = hq_arena_alloc(arena, sizeof *hop);

    hop->n = 0;
    hop->from.ip = "192.0.2.1";
    hop->tls = hq_arena_alloc(arena, sizeof *hop->tls);
    hop->tls->version = "TLSv1.3";
    hop->trust = HQ_TRUST_BOUNDARY;
    hop->date = 1795308524 * HQ_SECOND;
    hop->delay = -3 * HQ_SECOND;
    hop->auth = HQ_UNKNOWN;
    hop->zone = hop->offset = hop->length = HQ_NONE;
    detail->hops = hop;
    detail->hop_count = 1;
    detail->transit = 1500 * HQ_SECOND / 1000;
    detail->spf.result = HQ_RESULT_SOFTFAIL;
    detail->spf.questions = questions;
    detail->spf.question_count = 2;
    detail->body = "hidden from JSON";
    return detail;
}

static struct hq_message *make_message(void)
{
    struct hq_reason_kind *kind = hq_arena_alloc(arena, sizeof *kind);
    struct hq_message *message = hq_message_new(arena);

    kind->code = 421;
    kind->category = HQ_CATEGORY_THROTTLED;
    message->id = "4jX9SK1YvSz1c73r";
    message->source = "postfix:/var/spool/postfix";
    message->sender = "";
    message->arrived = 1795308522 * HQ_SECOND + 750000;
    message->size = 138;
    message->incomplete = HQ_NO;
    for (unsigned i = 0; i < 5; i++) {
        struct hq_recipient *recipient = hq_message_add_recipient(message, arena);
        recipient->address = hq_arena_printf(arena, "user%u@full.example", i);
        recipient->state = HQ_STATE_DEFERRED;
        recipient->reason = make_reason(i % 2 ? "421 odd" : "421 even", kind);
    }
    hq_message_add_problem(message, arena, "torn at byte %d", 300);
    message->detail = make_detail();
    return message;
}

static struct hq_message *over_the_wire(const struct hq_message *message)
{
    GByteArray *bytes = g_byte_array_new();
    struct hq_decoder *decoder = hq_decoder_new(arena);

    hq_schema_encode(&hq_message_schema, message, bytes);
    struct hq_message *copy = hq_decoder_read(decoder, &hq_message_schema, bytes->data, bytes->len);
    hq_decoder_free(decoder);
    g_byte_array_free(bytes, TRUE);
    return copy;
}

static char *as_json(const struct hq_message *message)
{
    GString *out = g_string_new(NULL);
    struct hq_json json;

    hq_json_init(&json, out);
    hq_schema_json(&hq_message_schema, message, "message", &json);
    return g_string_free(out, FALSE);
}

static void test_wire_round_trip(void **state)
{
    (void)state;
    struct hq_message *message = make_message();
    struct hq_message *copy = over_the_wire(message);
    assert_non_null(copy);
    g_autofree char *before = as_json(message);
    g_autofree char *after = as_json(copy);
    assert_string_equal(before, after);
    assert_string_equal(copy->detail->body, "hidden from JSON");
    assert_null(copy->subject);
    assert_int_equal(copy->date, HQ_NONE);
}

static void test_equal_reasons_are_shared(void **state)
{
    (void)state;
    struct hq_message *copy = over_the_wire(make_message());
    assert_ptr_equal(copy->recipients[0].reason, copy->recipients[2].reason);
    assert_ptr_not_equal(copy->recipients[0].reason, copy->recipients[1].reason);
    assert_ptr_equal(copy->recipients[0].reason->kind, copy->recipients[1].reason->kind);
    assert_ptr_equal(copy->recipients[0].reason->relay, copy->recipients[1].reason->relay);
}

/* Every prefix, and every byte changed: NULL or a record that can be walked, never a crash. */
static void test_wire_refuses_garbage(void **state)
{
    (void)state;
    GByteArray *bytes = g_byte_array_new();
    hq_schema_encode(&hq_message_schema, make_message(), bytes);
    for (guint n = 0; n < bytes->len; n++) {
        g_autofree uint8_t *part = g_memdup2(bytes->data, n);
        struct hq_decoder *decoder = hq_decoder_new(arena);
        assert_null(hq_decoder_read(decoder, &hq_message_schema, part, n));
        hq_decoder_free(decoder);
    }
    for (guint i = 0; i < bytes->len; i++) {
        g_autofree uint8_t *bent = g_memdup2(bytes->data, bytes->len);
        struct hq_decoder *decoder = hq_decoder_new(arena);
        bent[i] ^= 0xff;
        const struct hq_message *read =
            hq_decoder_read(decoder, &hq_message_schema, bent, bytes->len);
        if (read)
            g_free(as_json(read));
        hq_decoder_free(decoder);
    }
    g_byte_array_free(bytes, TRUE);
}

static void test_wire_refuses_large_counts(void **state)
{
    (void)state;
    struct hq_message *message = make_message();
    struct hq_decoder *decoder = hq_decoder_new(arena);
    GByteArray *bytes = g_byte_array_new();
    uint32_t lie = UINT32_MAX - 1;
    message->detail->spf.question_count = 0;
    message->detail->hop_count = 0;
    hq_schema_encode(&hq_detail_schema, message->detail, bytes);
    memcpy(bytes->data, &lie, sizeof lie); /* the count of hops stands first */
    assert_null(hq_decoder_read(decoder, &hq_detail_schema, bytes->data, bytes->len));
    g_byte_array_free(bytes, TRUE);
    hq_decoder_free(decoder);
}

/* What nobody can have meant is unknown, so that sums and ages are safe; a stamp may be any. */
static void test_wire_bounds_numbers(void **state)
{
    (void)state;
    struct hq_message *message = make_message();
    message->size = INT64_MAX;
    message->arrived = -INT64_MAX;
    message->stamp = INT64_MAX;
    message->recipients[0].attempts = 7;
    const struct hq_message *copy = over_the_wire(message);
    assert_int_equal(copy->size, HQ_NONE);
    assert_true(copy->arrived == HQ_NONE && copy->stamp == INT64_MAX);
    assert_int_equal(copy->recipients[0].attempts, 7);
}

static void test_wire_refuses_a_reason_without_kind(void **state)
{
    (void)state;
    struct hq_message *message = make_message();
    message->recipients[1].reason = make_reason("421 no kind", NULL);
    assert_null(over_the_wire(message));
}

/* A count that the bytes behind it cannot hold takes no memory: a frame of zeros is no bomb. */
static void test_wire_gives_no_memory_to_large_counts(void **state)
{
    (void)state;
    const size_t n = 1 << 20;
    g_autofree uint8_t *zeros = g_malloc0(n);
    const uint32_t lie = n - sizeof lie;
    struct hq_decoder *decoder = hq_decoder_new(arena);
    size_t before = hq_arena_size(arena);
    memcpy(zeros, &lie, sizeof lie); /* the count of hops */
    assert_null(hq_decoder_read(decoder, &hq_detail_schema, zeros, n));
    assert_true(hq_arena_size(arena) - before < n);
    hq_decoder_free(decoder);
}

static void test_json_form(void **state)
{
    (void)state;
    g_autofree char *text = as_json(make_message());
    json_t *root = json_loads(text, 0, NULL);
    assert_non_null(root);
    assert_true(g_str_has_prefix(text, "{\"type\":\"message\","));
    assert_string_equal(json_string_value(json_object_get(root, "arrived")),
                        "2026-11-22T00:48:42Z");
    assert_true(json_is_null(json_object_get(root, "subject")));
    assert_string_equal(json_string_value(json_object_get(root, "sender")), "");
    json_t *reason =
        json_object_get(json_array_get(json_object_get(root, "recipients"), 0), "reason");
    assert_int_equal(json_integer_value(json_object_get(reason, "code")), 421);
    assert_string_equal(json_string_value(json_object_get(reason, "category")), "throttled");
    assert_null(json_object_get(reason, "kind"));
    json_t *hop = json_array_get(json_object_get(root, "hops"), 0);
    assert_int_equal(json_integer_value(json_object_get(hop, "delay")), -3);
    assert_string_equal(json_string_value(json_object_get(hop, "trust")), "boundary");
    assert_true(json_real_value(json_object_get(root, "transit")) == 1.5);
    assert_null(json_object_get(root, "body"));
    json_decref(root);
}

static void test_json_round_trip(void **state)
{
    (void)state;
    g_autofree char *before = as_json(make_message());
    json_t *root = json_loads(before, 0, NULL);
    struct hq_message *copy = hq_message_new(arena);
    const char *bad = NULL;
    assert_true(hq_schema_from_json(&hq_message_schema, copy, root, arena, &bad));
    g_autofree char *after = as_json(copy);
    assert_string_equal(before, after);
    json_decref(root);
}

static void test_json_names_the_bad_key(void **state)
{
    (void)state;
    const char *const bad[][2] = {
        {"{\"size\":\"large\"}", "size"},
        {"{\"arrived\":\"yesterday\"}", "arrived"},
        {"{\"recipients\":{}}", "recipients"},
        {"{\"recipients\":[{\"state\":\"lost\"}]}", "state"},
        {"{\"size\":9223372036854775807}", "size"},
        {"{\"incomplete\":1}", "incomplete"},
        {"{\"hops\":[{\"delay\":1e300}]}", "delay"},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        json_t *root = json_loads(bad[i][0], 0, NULL);
        const char *key = NULL;
        assert_false(
            hq_schema_from_json(&hq_message_schema, hq_message_new(arena), root, arena, &key));
        assert_string_equal(key, bad[i][1]);
        json_decref(root);
    }
}

static void test_address_domain(void **state)
{
    (void)state;
    size_t n;
    assert_memory_equal(hq_address_domain("a@b.example", &n), "b.example", 9);
    assert_int_equal(n, 9);
    assert_non_null(hq_address_domain("<@x:a@b.example>", &n));
    assert_int_equal(n, 9);
    assert_null(hq_address_domain("postmaster", &n));
    assert_null(hq_address_domain("a@", &n));
    assert_null(hq_address_domain(NULL, &n));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_wire_round_trip, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_equal_reasons_are_shared, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wire_refuses_garbage, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wire_refuses_large_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wire_bounds_numbers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wire_refuses_a_reason_without_kind, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wire_gives_no_memory_to_large_counts, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_json_form, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json_round_trip, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json_names_the_bad_key, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_address_domain, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
