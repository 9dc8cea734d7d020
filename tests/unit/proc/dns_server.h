/* SPDX-License-Identifier: ISC */
/* A small DNS server on loopback, a thread of the test. What it does is in the first label of the
 * name it is asked for: ok, nx, nodata, refused, broken (SERVFAIL), silent, big (over TCP only),
 * hold (answered when nothing more comes). */
#ifndef HOPQ_TESTS_DNS_SERVER_H
#define HOPQ_TESTS_DNS_SERVER_H

#include "../core/dns_fixture.h"
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define BIG_ANSWER 100 /* TXT records of 200 bytes: no UDP answer holds them */

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

static inline size_t question_end(const uint8_t *query, size_t n)
{
    size_t at = 12;
    while (at < n && query[at])
        at += query[at] + 1U;
    return at + 5 <= n ? at + 5 : 0;
}

/* The header and question of QUERY as a response without records. */
static inline GByteArray *respond(const uint8_t *query, size_t n, unsigned rcode)
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

static inline bool asks(const uint8_t *query, const char *label)
{
    return query[12] >= strlen(label) && memcmp(query + 13, label, strlen(label)) == 0;
}

static inline GByteArray *make_answer(const uint8_t *query, size_t n, bool over_tcp)
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
static inline void check_edns(struct server *server, const uint8_t *query, size_t n)
{
    size_t end = question_end(query, n);
    if (n != end + 11 || query[end + 2] != 41 || (query[end + 3] << 8 | query[end + 4]) != 1232)
        g_atomic_int_inc(&server->edns_sizes_wrong);
}

static inline void answer_udp(struct server *server, const uint8_t *query, size_t n,
                              const struct sockaddr_in *to)
{
    GByteArray *packet = make_answer(query, n, false);
    sendto(server->udp, packet->data, packet->len, 0, (const struct sockaddr *)to, sizeof *to);
    g_byte_array_free(packet, TRUE);
}

static inline void on_udp(struct server *server)
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
static inline void release(struct server *server)
{
    if ((int)server->held > g_atomic_int_get(&server->held_most))
        g_atomic_int_set(&server->held_most, (int)server->held);
    for (unsigned i = 0; i < server->held; i++)
        answer_udp(server, server->hold[i].query, server->hold[i].n, &server->hold[i].from);
    server->held = 0;
}

static inline void on_tcp(struct server *server)
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

static inline gpointer serve(gpointer data)
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

static inline int server_start(void **state)
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

static inline int server_end(void **state)
{
    struct server *server = *state;
    g_atomic_int_set(&server->stop, 1);
    g_thread_join(server->thread);
    close(server->udp);
    close(server->tcp);
    g_free(server);
    return 0;
}

#endif
