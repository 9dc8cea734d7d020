/* SPDX-License-Identifier: ISC */
/* Arena: alignment, sizes, embedded NULs, interning of many strings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the above, as cmocka asks */
#include <cmocka.h>

#include "hopq/arena.h"
#include <glib.h>
#include <string.h>

static int setup(void **state)
{
    *state = hq_arena_new();
    return 0;
}

static int teardown(void **state)
{
    hq_arena_free(*state);
    return 0;
}

static void test_alloc_is_zeroed_aligned_and_disjoint(void **state)
{
    static const size_t sizes[] = {0,    1,     7,     8,     15,    16,    17,
                                   1000, 16383, 16384, 16385, 65536, 300000};
    unsigned char *blocks[3 * G_N_ELEMENTS(sizes)];
    for (unsigned i = 0; i < G_N_ELEMENTS(blocks); i++) {
        size_t size = sizes[i % G_N_ELEMENTS(sizes)];
        blocks[i] = hq_arena_alloc(*state, size);
        assert_non_null(blocks[i]);
        assert_int_equal((uintptr_t)blocks[i] % _Alignof(max_align_t), 0);
        for (size_t k = 0; k < size; k++)
            assert_int_equal(blocks[i][k], 0);
        memset(blocks[i], (int)i + 1, size);
        hq_arena_strdup(*state, "x"); /* puts the next one off its alignment */
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(blocks); i++)
        for (size_t k = 0; k < sizes[i % G_N_ELEMENTS(sizes)]; k++)
            assert_int_equal(blocks[i][k], i + 1);
}

static void test_alloc_is_zeroed_after_reset(void **state)
{
    memset(hq_arena_alloc(*state, 10000), 0xAA, 10000);
    hq_arena_reset(*state);
    const char *again = hq_arena_alloc(*state, 10000);
    for (unsigned i = 0; i < 10000; i++)
        assert_int_equal(again[i], 0);
}

static void test_reset_keeps_one_block(void **state)
{
    assert_int_equal(hq_arena_size(*state), 0);
    for (unsigned i = 0; i < 1000; i++)
        hq_arena_alloc(*state, 1000);
    hq_arena_alloc(*state, 1000000);
    hq_arena_intern(*state, "abc", 3);
    assert_true(hq_arena_size(*state) >= 2000000);
    hq_arena_reset(*state);
    assert_int_equal(hq_arena_size(*state), 65536);
    hq_arena_alloc(*state, 1000);
    assert_int_equal(hq_arena_size(*state), 65536);
    hq_arena_reset(*state);
    hq_arena_reset(*state);
    assert_int_equal(hq_arena_size(*state), 65536);
}

static void test_big_allocation_leaves_the_block_in_use(void **state)
{
    hq_arena_alloc(*state, 16);
    hq_arena_alloc(*state, 500000);
    size_t held = hq_arena_size(*state);
    hq_arena_alloc(*state, 16000);
    assert_int_equal(hq_arena_size(*state), held);
}

static void test_strings_cost_their_length(void **state)
{
#ifdef HOPQ_SANITIZED
    skip(); /* strings stand apart there */
#endif
    for (unsigned i = 0; i < 100000; i++)
        hq_arena_dup(*state, "123456789", 9);
    assert_in_range(hq_arena_size(*state), 1000000, 1100000);
}

static void test_dup(void **state)
{
    assert_null(hq_arena_dup(*state, NULL, 5));
    assert_null(hq_arena_strdup(*state, NULL));
    assert_string_equal(hq_arena_dup(*state, "", 0), "");
    assert_string_equal(hq_arena_dup(*state, "abcdef", 3), "abc");
    assert_string_equal(hq_arena_strdup(*state, "\xFF\x80"), "\xFF\x80");
    assert_string_equal(hq_arena_dup(*state, "\0", 1), "\xC0\x80");
    assert_string_equal(hq_arena_dup(*state, "a\0b\0\0", 5), "a\xC0\x80"
                                                             "b\xC0\x80\xC0\x80");
    assert_string_equal(hq_arena_printf(*state, "%d-%s", 42, "x"), "42-x");
    char *big = g_strnfill(200000, 'q');
    assert_string_equal(hq_arena_strdup(*state, big), big);
    assert_string_equal(hq_arena_printf(*state, "%s", big), big);
    g_free(big);
}

static void test_intern_gives_equal_strings_once(void **state)
{
    enum { N = 20000 };
    const char **first = g_new(const char *, N);
    char text[32];
    for (int i = 0; i < N; i++) {
        g_snprintf(text, sizeof(text), "%d@example", i);
        first[i] = hq_arena_intern(*state, text, strlen(text));
        assert_string_equal(first[i], text);
    }
    size_t held = hq_arena_size(*state);
    for (int i = 0; i < N; i++) {
        g_snprintf(text, sizeof(text), "%d@example", i);
        assert_ptr_equal(hq_arena_intern(*state, text, strlen(text)), first[i]);
    }
    assert_int_equal(hq_arena_size(*state), held);
    g_free(first);
}

static void test_intern_tells_strings_apart(void **state)
{
    assert_null(hq_arena_intern(*state, NULL, 0));
    const char *empty = hq_arena_intern(*state, "", 0);
    assert_string_equal(empty, "");
    assert_ptr_equal(hq_arena_intern(*state, "x", 0), empty);
    const char *a = hq_arena_intern(*state, "abc", 3);
    assert_ptr_not_equal(hq_arena_intern(*state, "abd", 3), a);
    assert_ptr_not_equal(hq_arena_intern(*state, "abcd", 4), a);
    assert_ptr_equal(hq_arena_intern(*state, "abcd", 3), a);
    const char *nul = hq_arena_intern(*state, "a\0c", 3);
    assert_string_equal(nul, "a\xC0\x80"
                             "c");
    assert_ptr_equal(hq_arena_intern(*state, "a\0c", 3), nul);
    assert_ptr_not_equal(hq_arena_intern(*state, "a\0d", 3), nul);
}

static void test_intern_forgets_on_reset(void **state)
{
    hq_arena_intern(*state, "old", 3);
    hq_arena_reset(*state);
    assert_string_equal(hq_arena_intern(*state, "new", 3), "new");
    assert_string_equal(hq_arena_intern(*state, "old", 3), "old");
}

static void test_free_of_nothing(void **state)
{
    (void)state;
    hq_arena_free(NULL);
    hq_arena_free(hq_arena_new());
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_alloc_is_zeroed_aligned_and_disjoint),
        TEST(test_alloc_is_zeroed_after_reset),
        TEST(test_reset_keeps_one_block),
        TEST(test_big_allocation_leaves_the_block_in_use),
        TEST(test_strings_cost_their_length),
        TEST(test_dup),
        TEST(test_intern_gives_equal_strings_once),
        TEST(test_intern_tells_strings_apart),
        TEST(test_intern_forgets_on_reset),
        TEST(test_free_of_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
