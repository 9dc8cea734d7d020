/* SPDX-License-Identifier: ISC */
/* Lists in Exim's configuration. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "spool/exim/list.h"

static void splits_lists(void **state)
{
    static const struct {
        const char *list, *joined;
    } cases[] = {{"a : b.example:c", "a|b.example|c"},
                 {"<; 192.0.2.1 ; 2001:db8::1", "192.0.2.1|2001:db8::1"},
                 {"2001::db8::::1 : x", "2001:db8::1|x"},
                 {"", ""}};

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(GStrv) items = hq_ex_list_split(cases[i].list);
        g_autofree char *joined = g_strjoinv("|", items);
        assert_string_equal(joined, cases[i].joined);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(splits_lists)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
