/* SPDX-License-Identifier: ISC */
/* The resolver against a small DNS server on loopback (dns_server.h). */
#include "dns_server.h"
#include "hopq/error.h"
#include "proc/resolver.h"

struct client {
    struct hq_resolver *resolver;
    struct hq_dns_cache *cache; /* what came is read through it */
    unsigned answered;
    enum hq_dns_status status; /* of the last */
    size_t packet_size;
    char name[256];
};

static void on_answer(const char *name, enum hq_dns_type type, enum hq_dns_status status,
                      const uint8_t *packet, size_t n, void *data)
{
    struct client *client = data;
    client->answered++;
    client->status = status;
    client->packet_size = n;
    g_strlcpy(client->name, name, sizeof client->name);
    hq_dns_cache_put(client->cache, name, type, status, packet, n);
}

static gboolean on_deadline(gpointer data)
{
    *(bool *)data = true;
    return G_SOURCE_REMOVE;
}

static void wait_for(struct client *client, unsigned count)
{
    bool late = false;
    guint timer = g_timeout_add(5000, on_deadline, &late);
    while (client->answered < count && !late)
        g_main_context_iteration(NULL, TRUE);
    if (!late)
        g_source_remove(timer);
    assert_false(late);
}

static struct client *client_new(const struct server *server, int timeout)
{
    struct client *client = g_new0(struct client, 1);
    g_autofree char *address = g_strdup_printf("127.0.0.1:%u", server->port);
    GError *error = NULL;
    client->cache = hq_dns_cache_new();
    client->resolver = hq_resolver_new(address, timeout, 2, on_answer, client, &error);
    assert_null(error);
    assert_non_null(client->resolver);
    return client;
}

static void client_free(struct client *client)
{
    hq_resolver_free(client->resolver);
    hq_dns_cache_free(client->cache);
    g_free(client);
}

static const struct hq_dns_answer *ask(struct client *client, const char *name,
                                       enum hq_dns_type type)
{
    unsigned before = client->answered;
    hq_resolver_ask(client->resolver, name, type);
    wait_for(client, before + 1);
    assert_string_equal(client->name, name);
    return hq_dns_cache_get(client->cache, name, type);
}

/* ---- tests ---- */

static void test_answers(void **state)
{
    struct server *server = *state;
    struct client *client = client_new(server, 2000);
    const struct hq_dns_answer *answer = ask(client, "ok.example", HQ_DNS_A);
    assert_int_equal(answer->status, HQ_DNS_OK);
    assert_int_equal(answer->count, 1);
    assert_memory_equal(answer->records[0].address, "\300\0\2\7", 4);
    answer = ask(client, "nx.example", HQ_DNS_A);
    assert_int_equal(client->status, HQ_DNS_NXDOMAIN);
    assert_true(client->packet_size > 0); /* for the SOA in it */
    assert_int_equal(answer->status, HQ_DNS_NXDOMAIN);
    answer = ask(client, "nodata.example", HQ_DNS_MX);
    assert_int_equal(client->status, HQ_DNS_NODATA);
    assert_int_equal(answer->status, HQ_DNS_NODATA);
    answer = ask(client, "od\\d.example", HQ_DNS_A); /* one byte, no escape */
    assert_int_equal(answer->status, HQ_DNS_OK);
    assert_int_equal(g_atomic_int_get(&server->edns_sizes_wrong), 0);
    client_free(client);
}

static void test_failures(void **state)
{
    struct client *client = client_new(*state, 50);
    static const char *const names[] = {"refused.example", "broken.example", "silent.example"};
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        const struct hq_dns_answer *answer = ask(client, names[i], HQ_DNS_TXT);
        assert_int_equal(client->status, HQ_DNS_TEMPFAIL);
        assert_int_equal(client->packet_size, 0);
        assert_int_equal(answer->status, HQ_DNS_TEMPFAIL);
    }
    client_free(client);
}

static void test_timeout_doubles(void **state)
{
    struct client *client = client_new(*state, 100);
    gint64 start = g_get_monotonic_time();
    ask(client, "silent.example", HQ_DNS_A);
    gint64 took = g_get_monotonic_time() - start;
    assert_int_equal(client->status, HQ_DNS_TEMPFAIL);
    assert_in_range(took, 250000, 10000000); /* 100 + 200 ms */
    client_free(client);
}

static void test_nobody_there(void **state)
{
    struct server *server = *state;
    struct client *client = client_new(server, 2000);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    close(fd); /* a port that was free a moment ago */
    g_autofree char *text = g_strdup_printf("127.0.0.1:%u", ntohs(address.sin_port));
    hq_resolver_free(client->resolver);
    client->resolver = hq_resolver_new(text, 20000, 2, on_answer, client, NULL);
    gint64 start = g_get_monotonic_time();
    ask(client, "ok.example", HQ_DNS_A);
    assert_int_equal(client->status, HQ_DNS_TEMPFAIL);
    assert_true(g_get_monotonic_time() - start < 15000000); /* refused at once, no timeout */
    client_free(client);
}

static void test_truncated_comes_over_tcp(void **state)
{
    struct server *server = *state;
    struct client *client = client_new(server, 2000);
    const struct hq_dns_answer *answer = ask(client, "big.example", HQ_DNS_TXT);
    assert_int_equal(answer->status, HQ_DNS_OK);
    assert_int_equal(answer->count, BIG_ANSWER);
    assert_int_equal(answer->records[BIG_ANSWER - 1].length, 200);
    assert_int_equal(g_atomic_int_get(&server->tcp_answers), 1);
    client_free(client);
}

static void test_at_most_256_under_way(void **state)
{
    struct server *server = *state;
    struct client *client = client_new(server, 4000);
    for (int i = 0; i < 600; i++) {
        g_autofree char *name = g_strdup_printf("hold%d.example", i);
        hq_resolver_ask(client->resolver, name, HQ_DNS_A);
    }
    wait_for(client, 600);
    assert_int_equal(client->status, HQ_DNS_OK);
    assert_in_range(g_atomic_int_get(&server->held_most), 200, 256);
    client_free(client);
}

/* Names that c-ares refuses at once must not go down the stack one in another. */
static void test_impossible_names(void **state)
{
    struct client *client = client_new(*state, 1000);
    char label[70] = {0};
    memset(label, 'a', 64);
    for (int i = 0; i < 100000; i++)
        hq_resolver_ask(client->resolver, label, HQ_DNS_A);
    wait_for(client, 100000);
    assert_int_equal(client->status, HQ_DNS_NXDOMAIN);
    client_free(client);
}

static void test_free_while_under_way(void **state)
{
    struct client *client = client_new(*state, 5000);
    for (int i = 0; i < 300; i++)
        hq_resolver_ask(client->resolver, "silent.example", HQ_DNS_A);
    for (int i = 0; i < 10; i++)
        g_main_context_iteration(NULL, FALSE);
    hq_resolver_free(client->resolver);
    client->resolver = NULL;
    assert_int_equal(client->answered, 0);
    assert_false(g_main_context_pending(NULL)); /* no source is left behind */
    client_free(client);
}

static void test_server_text(void **state)
{
    static const struct {
        const char *text;
        bool good;
    } cases[] = {{"system", true},
                 {"127.0.0.1", true},
                 {"127.0.0.1:5300", true},
                 {"::1", true},
                 {"[::1]", true},
                 {"[::1]:53", true},
                 {"[127.0.0.1]:53", false},
                 {"127.0.0.1:0", false},
                 {"127.0.0.1:65536", false},
                 {"127.0.0.1:", false},
                 {"127.0.0.1:5x", false},
                 {"localhost", false},
                 {"", false},
                 {"[::1", false},
                 {"[::1]53", false},
                 {"1.2.3", false},
                 {"off", false}};
    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        GError *error = NULL;
        struct hq_resolver *resolver =
            hq_resolver_new(cases[i].text, 100, 1, on_answer, NULL, &error);
        if ((resolver != NULL) != cases[i].good)
            fail_msg("%s", cases[i].text);
        if (!resolver)
            assert_true(g_error_matches(error, HQ_ERROR, HQ_EXIT_USAGE));
        g_clear_error(&error);
        hq_resolver_free(resolver);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_timeout_doubles),
        cmocka_unit_test(test_nobody_there),
        cmocka_unit_test(test_truncated_comes_over_tcp),
        cmocka_unit_test(test_at_most_256_under_way),
        cmocka_unit_test(test_impossible_names),
        cmocka_unit_test(test_free_while_under_way),
        cmocka_unit_test(test_server_text),
    };
    return cmocka_run_group_tests(tests, server_start, server_end);
}
