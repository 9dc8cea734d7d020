/* SPDX-License-Identifier: ISC */
/* Which host an Exim hands its mail to, by its routers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "spool/exim/routers.h"

#define LOCAL  "local_user:\n  driver = accept\n  domains = +local_domains\n  transport = local\n"
#define DNS    "dnslookup:\n  driver = dnslookup\n  domains = ! +local_domains\n  no_more\n"
#define RELAYS "relays:\n  driver = dnslookup\n  domains = ! +local_domains : +relay_to_domains\n"
#define SMART(options) \
    "smarthost:\n  driver = manualroute\n  domains = ! +local_domains\n" options "  no_more\n"

static void finds_the_smart_host(void **state)
{
    static const struct {
        const char *routers, *host;
    } rows[] = {
        {RELAYS SMART("  route_list = * smart.example byname\n") LOCAL, "smart.example"},
        {SMART("  route_list = * smart.example::587 byname\n"), "smart.example"},
        {SMART("  route_list=\t*\tsmart.example; b.example c\n"), "smart.example"},
        {LOCAL DNS SMART("  route_list = * smart.example byname\n"), NULL},
        {DNS LOCAL, NULL},
        {SMART("  route_list = some.example smart.example byname\n"), NULL},
        {SMART("  senders = *@x.example\n  route_list = * smart.example\n") DNS, NULL},
        {SMART("  condition = ${if x}\n  route_list = * smart.example\n"), NULL},
        {SMART("  route_list = * ${lookup{$domain}lsearch{/x}}\n"), NULL},
        {SMART("  route_data = smart.example\n"), NULL},
        {SMART("  route_list = *\n"), NULL},
        {"", NULL},
        {NULL, NULL},
        {":\n= =\ndriver\nroute_list\nroute_list = *  \n", NULL},
    };

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *host = hq_ex_smart_host(rows[i].routers);
        if (rows[i].host)
            assert_string_equal(host, rows[i].host);
        else
            assert_null(host);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(finds_the_smart_host)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
