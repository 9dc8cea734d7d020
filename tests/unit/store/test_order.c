/* SPDX-License-Identifier: ISC */
/* Sorting: directions, unknown values, ties, and the time that 100,000 messages take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the above, as cmocka asks */
#include <cmocka.h>

#include "hopq/arena.h"
#include "hopq/error.h"
#include "store/order.h"
#include "store/snapshot.h"
#include <string.h>
#include <time.h>

#define NOW (INT64_C(1795308483) * HQ_SECOND)

struct fixture {
    struct hq_arena *arena;
    GPtrArray *messages;
};

static int setup(void **state)
{
    struct fixture *f = g_new(struct fixture, 1);
    f->arena = hq_arena_new();
    f->messages = g_ptr_array_new();
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    g_ptr_array_unref(f->messages);
    hq_arena_free(f->arena);
    g_free(f);
    return 0;
}

static struct hq_message *add(struct fixture *f, const char *id, const char *sender,
                              int64_t arrived, int64_t size)
{
    struct hq_message *message = hq_message_new(f->arena);
    message->source = "postfix:/q";
    message->id = hq_arena_strdup(f->arena, id);
    message->sender = hq_arena_strdup(f->arena, sender);
    message->arrived = arrived;
    message->size = size;
    g_ptr_array_add(f->messages, message);
    return message;
}

/* Sorts by SPEC; the ids then are WANTED, one letter each. */
static void check(struct fixture *f, const char *spec, const char *wanted)
{
    GError *error = NULL;
    struct hq_order *order = hq_order_parse(spec, &error);
    if (!order)
        fail_msg("%s", error->message);
    hq_order_sort(order, f->messages, NOW);
    g_autoptr(GString) ids = g_string_new("");
    for (unsigned i = 0; i < f->messages->len; i++)
        g_string_append(ids, ((struct hq_message *)g_ptr_array_index(f->messages, i))->id);
    assert_string_equal(ids->str, wanted);
    hq_order_free(order);
}

static void test_directions_and_unknown(void **state)
{
    struct fixture *f = *state;
    add(f, "a", "Carol@x.example", NOW - 3 * HQ_HOUR, 300);
    add(f, "b", NULL, HQ_NONE, HQ_NONE);
    add(f, "c", "alice@x.example", NOW - 9 * HQ_HOUR, 100);
    add(f, "d", "bob@x.example", NOW - 1 * HQ_HOUR, 200);
    add(f, "e", "bob@x.exampleA", NOW + 1 * HQ_HOUR, 0);
    check(f, NULL, "cadeb");
    check(f, "", "cadeb");
    check(f, "age", "edacb");
    check(f, "-age", "cadeb");
    check(f, "size", "ecdab");
    check(f, "-size", "adceb");
    check(f, "from", "cdeab"); /* without case; behind the first eight bytes too */
    check(f, "-from", "aedcb");
    check(f, " -size ", "adceb");
    check(f, "SIZE", "ecdab");
}

static void test_several_keys_and_ties(void **state)
{
    struct fixture *f = *state;
    add(f, "f", "x@a.example", NOW, 2);
    add(f, "a", "x@a.example", NOW, 1);
    add(f, "c", "x@b.example", NOW, 2);
    add(f, "b", "x@b.example", NOW, 1);
    add(f, "d", "x@a.example", NOW, 2);
    check(f, "-size,from", "dfcab");
    check(f, "size,-from", "bacdf");
    check(f, "-from,size", "bcadf");
    check(f, "mta", "abcdf"); /* unknown everywhere: by id */
    check(f, "-mta", "abcdf");
    ((struct hq_message *)g_ptr_array_index(f->messages, 0))->source = "sendmail:/q";
    check(f, "mta", "bcdfa"); /* source before id */
}

static void test_stable(void **state)
{
    struct fixture *f = *state;
    for (unsigned i = 0; i < 50; i++) /* date remembers the order, nothing sorts by it */
        add(f, "same", "x@a.example", NOW, i % 3)->date = i;
    struct hq_order *order = hq_order_parse("size", NULL);
    hq_order_sort(order, f->messages, NOW);
    for (unsigned i = 1; i < f->messages->len; i++) {
        const struct hq_message *before = g_ptr_array_index(f->messages, i - 1);
        const struct hq_message *after = g_ptr_array_index(f->messages, i);
        assert_true(before->size < after->size ||
                    (before->size == after->size && before->date < after->date));
    }
    hq_order_free(order);
}

static void test_transient_values(void **state)
{
    struct fixture *f = *state;
    static const int codes[] = {450, 421, 554, 451};
    for (unsigned i = 0; i < G_N_ELEMENTS(codes); i++) {
        struct hq_message *message = add(f, (char[]){(char)('a' + i), '\0'}, "", NOW, 1);
        struct hq_reason_kind *kind = hq_arena_alloc(f->arena, sizeof(*kind));
        struct hq_reason *reason = hq_arena_alloc(f->arena, sizeof(*reason));
        kind->code = codes[i];
        reason->kind = kind;
        hq_message_add_recipient(message, f->arena)->reason = reason;
    }
    check(f, "code", "badc"); /* the getter prints into one buffer */
}

static void test_extremes(void **state)
{
    struct fixture *f = *state;
    add(f, "a", "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", NOW, INT64_MAX);
    add(f, "b", NULL, NOW, INT64_MIN + 1);
    add(f, "c", "\x01", NOW, -1);
    char *big = g_strnfill(100000, 'z');
    add(f, "d", big, NOW, 0);
    add(f, "e", big, NOW, HQ_NONE);
    g_free(big);
    check(f, "size", "bcdae");
    check(f, "-size", "adcbe");
    check(f, "from", "cdeab");
    check(f, "-from", "adecb");
}

static void test_nothing_to_sort(void **state)
{
    struct fixture *f = *state;
    check(f, "from", "");
    add(f, "a", NULL, NOW, 1);
    check(f, "from", "a");
    hq_order_free(NULL);
}

static void test_mistakes(void **state)
{
    (void)state;
    static const char *const bad[] = {"nothing", "-",        ",",           "age,", ",age",
                                      "--age",   "age size", "age,nothing", "ag",   "header"};
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        GError *error = NULL;
        if (hq_order_parse(bad[i], &error))
            fail_msg("took '%s'", bad[i]);
        assert_true(g_error_matches(error, HQ_ERROR, HQ_EXIT_USAGE));
        assert_non_null(strstr(error->message, " subject "));
        assert_false(g_str_has_suffix(error->message, " header")); /* which one? */
        g_error_free(error);
    }
}

static void test_speed(void **state)
{
    struct fixture *f = *state;
    static const char *const specs[] = {"-age", "from", "to", "subject,-size", "queue"};
    enum { N = 100000 };
    GRand *random = g_rand_new_with_seed(7);
    for (unsigned i = 0; i < N; i++) {
        g_autofree char *id = g_strdup_printf("4fXyz%08X", g_rand_int(random));
        g_autofree char *sender =
            g_strdup_printf("user-%u@mail.example", (unsigned)g_rand_int_range(random, 0, 5000));
        struct hq_message *message =
            add(f, id, sender, NOW - g_rand_int(random) * HQ_SECOND, g_rand_int(random));
        message->queue = "deferred";
        message->subject = hq_arena_printf(f->arena, "Re: your order %u",
                                           (unsigned)g_rand_int_range(random, 0, 50000));
        hq_message_add_recipient(message, f->arena)->address = message->sender;
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(specs); i++) {
        struct hq_order *order = hq_order_parse(specs[i], NULL);
        for (unsigned k = N - 1; k > 0; k--) {
            unsigned other = (unsigned)g_rand_int_range(random, 0, (gint32)k + 1);
            gpointer kept = f->messages->pdata[k];
            f->messages->pdata[k] = f->messages->pdata[other];
            f->messages->pdata[other] = kept;
        }
        clock_t start = clock();
        hq_order_sort(order, f->messages, NOW);
        double took = (double)(clock() - start) / CLOCKS_PER_SEC;
        print_message("%u messages by %s: %.1f ms\n", (unsigned)N, specs[i], took * 1000);
        assert_true(took < 5); /* n² would be minutes; slow machines are not */
        hq_order_free(order);
    }
    g_rand_free(random);
}

static void test_snapshot(void **state)
{
    (void)state;
    struct hq_snapshot *snapshot = hq_snapshot_ref(hq_snapshot_new());
    static const char *const ids[] = {"A", "B", "A"};
    for (unsigned i = 0; i < G_N_ELEMENTS(ids); i++) {
        struct hq_message *message = hq_message_new(snapshot->arena);
        message->source = i < 2 ? "postfix:/q" : "sendmail:/q";
        message->id = ids[i];
        if (i == 0) {
            hq_message_add_recipient(message, snapshot->arena);
            hq_message_add_recipient(message, snapshot->arena);
        }
        if (i < 2) /* the first can be read in part, the second not at all */
            hq_message_add_problem(message, snapshot->arena, "torn");
        hq_snapshot_add(snapshot, message);
    }
    hq_snapshot_notice(snapshot, "restarted", false);
    snapshot->complete = true;
    assert_int_equal(snapshot->messages->len, 3);
    assert_int_equal(snapshot->recipients, 2);
    assert_int_equal(snapshot->unreadable, 1);
    assert_string_equal(g_ptr_array_index(snapshot->notices, 0), "restarted");
    hq_snapshot_unref(snapshot);
    g_autofree char *source = g_strdup("postfix:/q"); /* not the same pointer */
    assert_ptr_equal(hq_snapshot_find(snapshot, source, "A"), snapshot->messages->pdata[0]);
    assert_ptr_equal(hq_snapshot_find(snapshot, source, "B"), snapshot->messages->pdata[1]);
    assert_ptr_equal(hq_snapshot_find(snapshot, "sendmail:/q", "A"), snapshot->messages->pdata[2]);
    assert_null(hq_snapshot_find(snapshot, "sendmail:/q", "B"));
    assert_null(hq_snapshot_find(snapshot, NULL, NULL));
    hq_snapshot_unref(snapshot);
    hq_snapshot_unref(NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_directions_and_unknown),
        TEST(test_several_keys_and_ties),
        TEST(test_stable),
        TEST(test_transient_values),
        TEST(test_extremes),
        TEST(test_nothing_to_sort),
        TEST(test_mistakes),
        TEST(test_speed),
        TEST(test_snapshot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
