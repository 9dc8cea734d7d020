/* SPDX-License-Identifier: ISC */
/* What the table for changing Postfix's queue takes and refuses. */
#include "hopq/change.h"
#include <glib.h>
/* cmocka.h wants these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Ids that Postfix's tools would take for something else. */
static void refuses_what_is_no_id(void **state)
{
    static const char *const bad[] = {"",      "ALL", "-",     "-d",    "A B123",
                                      "a/b12", "..",  "ABC\n", "ABC;D", "\303\244bcde"};
    const struct hq_changer_ops *postfix = hq_changer_find("postfix");

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++)
        assert_false(postfix->id_ok(bad[i]));
    assert_true(postfix->id_ok("EC443A8070A"));
    assert_true(postfix->id_ok("4jX9SK1YvSz1c73r"));
}

static void knows_ids_that_never_come_again(void **state)
{
    const struct hq_changer_ops *postfix = hq_changer_find("postfix");

    (void)state;
    assert_true(postfix->unique("4jX9SK1YvSz1c73r"));
    assert_false(postfix->unique("EC443A8070A"));
}

static void has_a_command_for_every_verb(void **state)
{
    const struct hq_changer_ops *postfix = hq_changer_find("postfix");

    (void)state;
    for (unsigned verb = 0; verb < HQ_VERB_COUNT; verb++) {
        const struct hq_way *way = &postfix->ways[verb][HQ_SCOPE_IDS];
        assert_true(way->argv[0] && g_path_is_absolute(way->argv[0]));
        assert_non_null(postfix->unfit((enum hq_verb)verb, "corrupt"));
    }
}

static void changes_no_mailbox(void **state)
{
    (void)state;
    assert_null(hq_changer_find("maildir"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_is_no_id),
        cmocka_unit_test(knows_ids_that_never_come_again),
        cmocka_unit_test(has_a_command_for_every_verb),
        cmocka_unit_test(changes_no_mailbox),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
