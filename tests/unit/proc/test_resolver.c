/* SPDX-License-Identifier: ISC */
/* The resolver against a small DNS server on loopback (a thread of this program). What the server
 * does is the first label of the name it is asked for. */
#include "../core/dns_fixture.h"
#include "hopq/error.h"
#include "proc/resolver.h"
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define BIG_ANSWER 100 /* TXT records of 200 bytes: no UDP answer holds them */

/* ---- the server ---- */

struct server {
    int udp, tcp;
    unsigned port;
    GThread *thread;
    gint stop, tcp_answers, edns_sizes_wrong, held_most;
    unsigned held;
    struct {
        struct sockaddr_in from;
        uint8_t query[512];
        size_t n;
    } hold[1024];
};

static size_t question_end(const uint8_t *query, size_t n)
{
    size_t at = 12;
    while (at < n && query[at])
        at += query[at] + 1U;
    return at + 5 <= n ? at + 5 : 0;
}

/* The header and question of QUERY as a response without records. */
static GByteArray *respond(const uint8_t *query, size_t n, unsigned rcode)
{
    static const uint8_t counts[] = {0, 1, 0, 0, 0, 0, 0, 0};
    GByteArray *packet = g_byte_array_new();
    size_t end = question_end(query, n);
    g_byte_array_append(packet, query, 2);
    put16(packet, 0x8180 | rcode);
    g_byte_array_append(packet, counts, sizeof counts);
    g_byte_array_append(packet, query + 12, (guint)(end - 12));
    return packet;
}

static bool asks(const uint8_t *query, const char *label)
{
    return query[12] >= strlen(label) && memcmp(query + 13, label, strlen(label)) == 0;
}

static GByteArray *make_answer(const uint8_t *query, size_t n, bool over_tcp)
{
    static const uint8_t soa[] = "\0\0\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\x3c";
    static const uint8_t address[] = {192, 0, 2, 7};
    uint8_t text[201];
    GByteArray *packet = respond(query, n,
                                 asks(query, "nx")        ? 3
                                 : asks(query, "refused") ? 5
                                 : asks(query, "broken")  ? 2
                                                          : 0);
    if (asks(query, "ok") || asks(query, "hold") || asks(query, "od\\d"))
        packet_add(packet, 0, NULL, HQ_DNS_A, 60, address, sizeof address);
    if (asks(query, "nx") || asks(query, "nodata"))
        packet_add(packet, 1, "", 6, 60, soa, 22);
    if (asks(query, "big") && !over_tcp)
        packet->data[2] |= 0x02; /* TC */
    memset(text, 'x', sizeof text);
    text[0] = 200;
    for (int i = 0; asks(query, "big") && over_tcp && i < BIG_ANSWER; i++)
        packet_add(packet, 0, NULL, HQ_DNS_TXT, 60, text, sizeof text);
    return packet;
}

/* The query ends in an OPT record of 11 bytes; its class is the size offered (RFC 6891). */
static void check_edns(struct server *server, const uint8_t *query, size_t n)
{
    size_t end = question_end(query, n);
    if (n != end + 11 || query[end + 2] != 41 || (query[end + 3] << 8 | query[end + 4]) != 1232)
        g_atomic_int_inc(&server->edns_sizes_wrong);
}

static void answer_udp(struct server *server, const uint8_t *query, size_t n,
                       const struct sockaddr_in *to)
{
    GByteArray *packet = make_answer(query, n, false);
    sendto(server->udp, packet->data, packet->len, 0, (const struct sockaddr *)to, sizeof *to);
    g_byte_array_free(packet, TRUE);
}

static void on_udp(struct server *server)
{
    uint8_t query[512];
    struct sockaddr_in from;
    socklen_t length = sizeof from;
    ssize_t n = recvfrom(server->udp, query, sizeof query, 0, (struct sockaddr *)&from, &length);
    if (n < 17 || question_end(query, (size_t)n) == 0)
        return;
    check_edns(server, query, (size_t)n);
    if (asks(query, "silent"))
        return;
    if (!asks(query, "hold") || server->held == G_N_ELEMENTS(server->hold)) {
        answer_udp(server, query, (size_t)n, &from);
        return;
    }
    server->hold[server->held].from = from;
    server->hold[server->held].n = (size_t)n;
    memcpy(server->hold[server->held++].query, query, (size_t)n);
}

/* Nothing more has come for a while: what is held is all that was under way at once. */
static void release(struct server *server)
{
    if ((int)server->held > g_atomic_int_get(&server->held_most))
        g_atomic_int_set(&server->held_most, (int)server->held);
    for (unsigned i = 0; i < server->held; i++)
        answer_udp(server, server->hold[i].query, server->hold[i].n, &server->hold[i].from);
    server->held = 0;
}

static void on_tcp(struct server *server)
{
    uint8_t query[514];
    int fd = accept(server->tcp, NULL, NULL);
    size_t have = 0;
    while (have < 2 || have < 2U + (size_t)(query[0] << 8 | query[1])) {
        ssize_t n = read(fd, query + have, sizeof query - have);
        if (n <= 0)
            break;
        have += (size_t)n;
    }
    if (have > 14) {
        GByteArray *packet = make_answer(query + 2, have - 2, true);
        uint8_t size[2] = {(uint8_t)(packet->len >> 8), (uint8_t)packet->len};
        g_byte_array_prepend(packet, size, 2);
        g_atomic_int_inc(&server->tcp_answers);
        for (guint sent = 0; sent < packet->len;) {
            ssize_t n = write(fd, packet->data + sent, packet->len - sent);
            if (n <= 0)
                break;
            sent += (guint)n;
        }
        g_byte_array_free(packet, TRUE);
    }
    close(fd);
}

static gpointer serve(gpointer data)
{
    struct server *server = data;
    while (!g_atomic_int_get(&server->stop)) {
        struct pollfd fds[] = {{server->udp, POLLIN, 0}, {server->tcp, POLLIN, 0}};
        int n = poll(fds, 2, 30);
        if (n == 0)
            release(server);
        if (fds[0].revents & POLLIN)
            on_udp(server);
        if (fds[1].revents & POLLIN)
            on_tcp(server);
    }
    return NULL;
}

static int server_start(void **state)
{
    struct server *server = g_new0(struct server, 1);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int buffer = 1 << 20;
    server->udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    server->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(server->udp, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    assert_int_equal(bind(server->udp, (struct sockaddr *)&address, length), 0);
    assert_int_equal(getsockname(server->udp, (struct sockaddr *)&address, &length), 0);
    assert_int_equal(bind(server->tcp, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(server->tcp, 16), 0);
    server->port = ntohs(address.sin_port);
    server->thread = g_thread_new("dns", serve, server);
    *state = server;
    return 0;
}

static int server_end(void **state)
{
    struct server *server = *state;
    g_atomic_int_set(&server->stop, 1);
    g_thread_join(server->thread);
    close(server->udp);
    close(server->tcp);
    g_free(server);
    return 0;
}

/* ---- the client ---- */

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
    assert_in_range(took, 250000, 2000000); /* 100 + 200 ms */
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
    client->resolver = hq_resolver_new(text, 2000, 2, on_answer, client, NULL);
    gint64 start = g_get_monotonic_time();
    ask(client, "ok.example", HQ_DNS_A);
    assert_int_equal(client->status, HQ_DNS_TEMPFAIL);
    assert_true(g_get_monotonic_time() - start < 1500000); /* refused at once, no timeout */
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
