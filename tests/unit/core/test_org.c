/* SPDX-License-Identifier: ISC */
/* Organisations of host names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hopq/org.h"
#include <string.h>

static void domains(void **state)
{
    static const struct {
        const char *host, *org;
    } rows[] = {
        {"mx1.example.co.uk.", "example.co.uk"},
        {"MX.Example.COM", "example.com"},
        {"x.prod.office365.com", "outlook.com"},
        {"a.mail.protection.outlook.com", "outlook.com"},
        {"mail-x.google.com", "google.com"},
        {"out1.vger.email", "kernel.org"},
        {"notoutlook.com", "notoutlook.com"},
        {"localhost", ""},
        {"192.0.2.1", ""},
        {"2002:a05::1", ""},
        {"co.uk", ""},
        {"", ""},
        {NULL, ""},
    };
    char buf[256];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(hq_org_domain(rows[i].host, buf), rows[i].org);
}

static void too_long(void **state)
{
    char name[400];
    char buf[256];

    (void)state;
    memset(name, 'a', sizeof name);
    memcpy(name + 390, ".example", 9);
    assert_string_equal(hq_org_domain(name, buf), "");
}

static void sameness(void **state)
{
    (void)state;
    assert_true(hq_org_same("a.example.org", "b.c.example.org"));
    assert_false(hq_org_same("a.example.org", "a.example.net"));
    assert_false(hq_org_same("localhost", "localhost"));
}

static int load(void **state)
{
    (void)state;
    hq_org_init();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(domains),
        cmocka_unit_test(too_long),
        cmocka_unit_test(sameness),
    };
    return cmocka_run_group_tests(tests, load, NULL);
}
