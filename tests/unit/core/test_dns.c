/* SPDX-License-Identifier: ISC */
/* The DNS cache and its reader of messages, with well-made and with hostile packets. */
#include "core/dns/packet.h"
#include "dns_fixture.h"
#include "hopq/time.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const uint8_t host[] = {192, 0, 2, 1};

static const struct hq_dns_answer *put(struct hq_dns_cache *cache, const char *name, int type,
                                       GByteArray *packet)
{
    hq_dns_cache_put(cache, name, (enum hq_dns_type)type, HQ_DNS_OK, packet->data, packet->len);
    g_byte_array_free(packet, TRUE);
    return hq_dns_cache_get(cache, name, (enum hq_dns_type)type);
}

static void test_names(void **state)
{
    char out[HQ_DNS_NAME_SIZE], name[300];
    (void)state;
    assert_true(hq_dns_name_normalise("Mail.EXAMPLE.com.", out));
    assert_string_equal(out, "mail.example.com");
    static const char *const bad[] = {"", ".", "a..b", ".a", "a..", "..", "a...b"};
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++)
        assert_false(hq_dns_name_valid(bad[i]));
    memset(name, 'a', sizeof name);
    for (int i = 49; i < 253; i += 50)
        name[i] = '.';
    name[253] = '\0';
    assert_true(hq_dns_name_valid(name));
    name[253] = '.';
    name[254] = '\0';
    assert_true(hq_dns_name_valid(name)); /* the final dot is no part */
    name[253] = 'a';
    assert_false(hq_dns_name_valid(name));
    memset(name, 'a', 64);
    name[63] = '\0';
    assert_true(hq_dns_name_valid(name));
    name[63] = 'a';
    name[64] = '\0';
    assert_false(hq_dns_name_valid(name));
}

static void test_questions_once(void **state)
{
    struct hq_dns_cache *cache = hq_dns_cache_new();
    const char *name;
    enum hq_dns_type type;
    (void)state;
    assert_null(hq_dns_cache_get(cache, "A.Example", HQ_DNS_A));
    assert_null(hq_dns_cache_get(cache, "a.example.", HQ_DNS_A));
    assert_null(hq_dns_cache_get(cache, "a.example", HQ_DNS_MX));
    assert_true(hq_dns_cache_take_question(cache, &name, &type));
    assert_string_equal(name, "a.example");
    assert_int_equal(type, HQ_DNS_A);
    assert_null(hq_dns_cache_get(cache, "a.example", HQ_DNS_A)); /* under way: not noted again */
    assert_true(hq_dns_cache_take_question(cache, &name, &type));
    assert_int_equal(type, HQ_DNS_MX);
    assert_false(hq_dns_cache_take_question(cache, &name, &type));
    hq_dns_cache_put(cache, "A.EXAMPLE.", HQ_DNS_A, HQ_DNS_NXDOMAIN, NULL, 0);
    assert_int_equal(hq_dns_cache_get(cache, "a.example", HQ_DNS_A)->status, HQ_DNS_NXDOMAIN);
    assert_int_equal(hq_dns_cache_get(cache, "a..b", HQ_DNS_A)->status, HQ_DNS_NXDOMAIN);
    assert_false(hq_dns_cache_take_question(cache, &name, &type));
    hq_dns_cache_free(cache);
}

static void test_close(void **state)
{
    struct hq_dns_cache *cache = hq_dns_cache_new();
    const char *name;
    enum hq_dns_type type;
    (void)state;
    hq_dns_cache_put(cache, "known.example", HQ_DNS_A, HQ_DNS_NODATA, NULL, 0);
    assert_null(hq_dns_cache_get(cache, "asked.example", HQ_DNS_A));
    assert_true(hq_dns_cache_take_question(cache, &name, &type));
    assert_null(hq_dns_cache_get(cache, "noted.example", HQ_DNS_A));
    assert_null(hq_dns_cache_why_closed(cache));
    hq_dns_cache_close(cache, HQ_DNS_OFF);
    assert_string_equal(hq_dns_cache_why_closed(cache), HQ_DNS_OFF);
    assert_false(hq_dns_cache_take_question(cache, &name, &type));
    static const char *const names[] = {"asked.example", "noted.example", "new.example"};
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
        assert_int_equal(hq_dns_cache_get(cache, names[i], HQ_DNS_A)->status, HQ_DNS_TEMPFAIL);
    assert_int_equal(hq_dns_cache_get(cache, "known.example", HQ_DNS_A)->status, HQ_DNS_NODATA);
    hq_dns_cache_free(cache);
}

static void test_records(void **state)
{
    struct zone *zone = zone_new();
    struct hq_dns_cache *cache = hq_dns_cache_new();
    (void)state;
    static const char *const lines[] = {"m.example MX MX1.Example",
                                        "m.example MX mx2.example",
                                        "a.example A 192.0.2.1",
                                        "a.example A 192.0.2.2",
                                        "a.example AAAA 2001:db8::1",
                                        "t.example TXT v=spf1 -all",
                                        "1.2.0.192.in-addr.arpa PTR a.example"};
    for (unsigned i = 0; i < G_N_ELEMENTS(lines); i++)
        zone_line(zone, lines[i]);
    static const struct {
        const char *name;
        enum hq_dns_type type;
        unsigned count;
        const char *text;
    } cases[] = {{"m.example", HQ_DNS_MX, 2, "mx1.example"},
                 {"a.example", HQ_DNS_A, 2, NULL},
                 {"a.example", HQ_DNS_AAAA, 1, NULL},
                 {"t.example", HQ_DNS_TXT, 1, "v=spf1 -all"},
                 {"1.2.0.192.in-addr.arpa", HQ_DNS_PTR, 1, "a.example"}};
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        assert_null(hq_dns_cache_get(cache, cases[i].name, cases[i].type));
        zone_serve(zone, cache);
        const struct hq_dns_answer *a = hq_dns_cache_get(cache, cases[i].name, cases[i].type);
        assert_int_equal(a->status, HQ_DNS_OK);
        assert_int_equal(a->count, cases[i].count);
        if (cases[i].text)
            assert_string_equal(a->records[0].text, cases[i].text);
    }
    assert_int_equal(hq_dns_cache_get(cache, "m.example", HQ_DNS_MX)->records[0].preference, 10);
    zone_free(zone);
    hq_dns_cache_free(cache);
}

static void test_txt_is_joined_and_counted(void **state)
{
    struct hq_dns_cache *cache = hq_dns_cache_new();
    GByteArray *packet = packet_new("t.example", HQ_DNS_TXT, 0);
    (void)state;
    packet_add(packet, 0, NULL, HQ_DNS_TXT, 60, (const uint8_t *)"\3ab\0\0\2cd", 8);
    packet_add(packet, 0, NULL, HQ_DNS_TXT, 60, (const uint8_t *)"", 0);
    const struct hq_dns_answer *a = put(cache, "t.example", HQ_DNS_TXT, packet);
    assert_int_equal(a->count, 2);
    assert_int_equal(a->records[0].length, 5);
    assert_memory_equal(a->records[0].text, "ab\0cd", 6);
    assert_int_equal(a->records[1].length, 0);
    packet = packet_new("t.example", HQ_DNS_TXT, 0); /* the string is longer than its record */
    packet_add(packet, 0, NULL, HQ_DNS_TXT, 60, (const uint8_t *)"\4ab", 3);
    assert_int_equal(put(cache, "t.example", HQ_DNS_TXT, packet)->status, HQ_DNS_TEMPFAIL);
    hq_dns_cache_free(cache);
}

static GByteArray *alias(const char *const *names, bool backwards)
{
    GByteArray *packet = packet_new(names[0], HQ_DNS_A, 0);
    unsigned n = 0;
    while (names[n + 1])
        n++;
    for (unsigned i = 0; i < n; i++) {
        unsigned k = backwards ? n - 1 - i : i;
        GByteArray *data = g_byte_array_new();
        put_name(data, names[k + 1]);
        packet_add(packet, 0, names[k], HQ_DNS_CNAME, 20 + k, data->data, data->len);
        g_byte_array_free(data, TRUE);
    }
    return packet;
}

static void test_aliases(void **state)
{
    static const char *const chain[] = {"a.example", "B.example", "c.example", "d.example", NULL};
    static const char *const loop[] = {"a.example", "b.example", "a.example", NULL};
    struct hq_dns_cache *cache = hq_dns_cache_new();
    (void)state;
    for (int backwards = 0; backwards < 2; backwards++) {
        GByteArray *packet = alias(chain, backwards);
        packet_add(packet, 0, "d.example", HQ_DNS_A, 300, host, 4);
        packet_add(packet, 0, "stranger.example", HQ_DNS_A, 300, host, 4);
        const struct hq_dns_answer *a = put(cache, "a.example", HQ_DNS_A, packet);
        assert_int_equal(a->status, HQ_DNS_OK);
        assert_int_equal(a->count, 1); /* the stranger's is not ours */
        int64_t left = a->expires - g_get_monotonic_time();
        assert_in_range(left, 15 * HQ_SECOND, 20 * HQ_SECOND); /* the least of the chain */
        assert_int_equal(put(cache, "a.example", HQ_DNS_A, alias(loop, backwards))->status,
                         HQ_DNS_TEMPFAIL);
    }
    assert_int_equal(put(cache, "a.example", HQ_DNS_A, alias(chain, false))->status,
                     HQ_DNS_NODATA); /* leads nowhere */
    hq_dns_cache_free(cache);
}

static int64_t ttl_of(struct hq_dns_cache *cache, unsigned ttl)
{
    GByteArray *packet = packet_new("a.example", HQ_DNS_A, 0);
    packet_add(packet, 0, NULL, HQ_DNS_A, ttl, host, 4);
    const struct hq_dns_answer *a = put(cache, "a.example", HQ_DNS_A, packet);
    assert_int_equal(a->status, HQ_DNS_OK);
    return (a->expires - g_get_monotonic_time() + HQ_SECOND / 2) / HQ_SECOND;
}

static void test_ttl(void **state)
{
    static const uint8_t soa[] = "\0\0\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\x2a"; /* 42 s */
    struct hq_dns_cache *cache = hq_dns_cache_new();
    (void)state;
    assert_int_equal(ttl_of(cache, 0), 1);
    assert_int_equal(ttl_of(cache, 300), 300);
    assert_int_equal(ttl_of(cache, 86400), 3600);
    assert_int_equal(ttl_of(cache, 0xFFFFFFFF), 1); /* RFC 2181 section 8 */
    GByteArray *packet = packet_new("a.example", HQ_DNS_A, 3);
    packet_add(packet, 1, "", 6, 900, soa, 22);
    const struct hq_dns_answer *a = put(cache, "a.example", HQ_DNS_A, packet);
    assert_int_equal(a->status, HQ_DNS_NXDOMAIN);
    assert_in_range(a->expires - g_get_monotonic_time(), 40 * HQ_SECOND, 42 * HQ_SECOND);
    hq_dns_cache_free(cache);
}

static void test_return_codes(void **state)
{
    struct hq_dns_cache *cache = hq_dns_cache_new();
    (void)state;
    static const enum hq_dns_status wanted[] = {HQ_DNS_NODATA,   HQ_DNS_TEMPFAIL, HQ_DNS_TEMPFAIL,
                                                HQ_DNS_NXDOMAIN, HQ_DNS_TEMPFAIL, HQ_DNS_TEMPFAIL};
    for (unsigned rcode = 0; rcode < G_N_ELEMENTS(wanted); rcode++)
        assert_int_equal(
            put(cache, "a.example", HQ_DNS_A, packet_new("a.example", HQ_DNS_A, rcode))->status,
            wanted[rcode]);
    GByteArray *packet = packet_new("a.example", HQ_DNS_A, 0);
    packet->data[2] &= 0x7F; /* a query */
    assert_int_equal(put(cache, "a.example", HQ_DNS_A, packet)->status, HQ_DNS_TEMPFAIL);
    packet = packet_new("a.example", HQ_DNS_A, 0);
    packet->data[2] |= 0x02; /* cut short */
    assert_int_equal(put(cache, "a.example", HQ_DNS_A, packet)->status, HQ_DNS_TEMPFAIL);
    hq_dns_cache_free(cache);
}

/* An MX whose target is the N bytes of NAME in wire form, at offset 12 + 15 + 14 of the packet. */
static enum hq_dns_status mx_with(const char *name, size_t n, const char **text)
{
    static struct hq_dns_cache *cache;
    uint8_t data[600] = {0, 10};
    if (cache)
        hq_dns_cache_free(cache);
    if (n == 0) {
        cache = NULL;
        return HQ_DNS_OK;
    }
    cache = hq_dns_cache_new();
    memcpy(data + 2, name, n);
    GByteArray *packet = packet_new("a.example", HQ_DNS_MX, 0);
    packet_add(packet, 0, NULL, HQ_DNS_MX, 60, data, n + 2);
    const struct hq_dns_answer *a = put(cache, "a.example", HQ_DNS_MX, packet);
    *text = a->count > 0 ? a->records[0].text : NULL;
    return a->status;
}

static void test_names_in_packets(void **state)
{
    const char *text;
    char longest[300];
    (void)state;
    assert_int_equal(mx_with("\2mx\300\14", 5, &text), HQ_DNS_OK);
    assert_string_equal(text, "mx.a.example");
    assert_int_equal(mx_with("", 1, &text), HQ_DNS_OK); /* RFC 7505: no mail here */
    assert_string_equal(text, "");
    assert_int_equal(mx_with("\3a\0b\0", 5, &text), HQ_DNS_NODATA); /* no text can hold these */
    assert_int_equal(mx_with("\3a.b\0", 5, &text), HQ_DNS_NODATA);
    assert_int_equal(mx_with("\300\53", 2, &text), HQ_DNS_TEMPFAIL);    /* points to itself */
    assert_int_equal(mx_with("\1a\300\53", 4, &text), HQ_DNS_TEMPFAIL); /* a loop */
    assert_int_equal(mx_with("\300\377", 2, &text), HQ_DNS_TEMPFAIL);   /* behind the end */
    assert_int_equal(mx_with("\300", 1, &text), HQ_DNS_TEMPFAIL);       /* half a pointer */
    assert_int_equal(mx_with("\77abc", 4, &text), HQ_DNS_TEMPFAIL);
    assert_int_equal(mx_with("\100abc", 4, &text), HQ_DNS_TEMPFAIL); /* label types 01 and 10 */
    assert_int_equal(mx_with("\200abc", 4, &text), HQ_DNS_TEMPFAIL);
    assert_int_equal(mx_with("\1a", 2, &text), HQ_DNS_TEMPFAIL); /* no end */
    for (size_t i = 0; i < 127; i++)
        memcpy(longest + 2 * i, "\1a", 2);
    longest[254] = '\0';
    assert_int_equal(mx_with(longest, 255, &text), HQ_DNS_OK); /* RFC 1035: 255 octets */
    assert_int_equal(strlen(text), 253);
    memcpy(longest + 254, "\1a", 3);
    assert_int_equal(mx_with(longest, 257, &text), HQ_DNS_TEMPFAIL);
    mx_with(NULL, 0, NULL);
}

/* Every prefix of a good packet, and every byte of it changed: never a crash, and a cut one never
 * passes for whole. */
static void test_damage(void **state)
{
    static const char *const chain[] = {"a.example", "b.example", NULL};
    GByteArray *packet = alias(chain, false);
    struct hq_dns_cache *cache = hq_dns_cache_new();
    (void)state;
    packet_add(packet, 0, "b.example", HQ_DNS_A, 300, host, 4);
    for (guint n = 0; n < packet->len; n++) {
        uint8_t *exact = g_memdup2(packet->data, n); /* the sanitizer sees the end */
        hq_dns_cache_put(cache, "a.example", HQ_DNS_A, HQ_DNS_OK, exact, n);
        assert_int_equal(hq_dns_cache_get(cache, "a.example", HQ_DNS_A)->status, HQ_DNS_TEMPFAIL);
        g_free(exact);
    }
    for (guint i = 0; i < packet->len; i++)
        for (unsigned value = 0; value < 256; value += 5) {
            uint8_t *changed = g_memdup2(packet->data, packet->len);
            changed[i] = (uint8_t)value;
            hq_dns_cache_put(cache, "a.example", HQ_DNS_A, HQ_DNS_OK, changed, packet->len);
            g_free(changed);
        }
    g_byte_array_free(packet, TRUE);
    hq_dns_cache_free(cache);
}

/* 5,000 records whose owners are the longest chains of pointers there can be. */
static void test_pointer_chains_are_cheap(void **state)
{
    struct hq_dns_cache *cache = hq_dns_cache_new();
    GByteArray *packet = packet_new("a.example", HQ_DNS_A, 0);
    (void)state;
    GByteArray *pointers = g_byte_array_new();
    guint start = packet->len + 12;
    put16(pointers, 0xC00C);
    for (guint i = 1; i < 8000; i++)
        put16(pointers, 0xC000 | (start + 2 * (i - 1)));
    packet_add(packet, 0, NULL, HQ_DNS_TXT, 60, pointers->data, pointers->len);
    while (packet->len < 65000) {
        packet->data[7]++;
        packet->data[6] += packet->data[7] == 0;
        put16(packet, 0xC000 | (start + 15000));
        for (int i = 0; i < 5; i++)
            put16(packet, 0);
    }
    gint64 before = g_get_monotonic_time();
    assert_int_equal(put(cache, "a.example", HQ_DNS_A, packet)->status, HQ_DNS_TEMPFAIL);
    assert_true(g_get_monotonic_time() - before < HQ_SECOND);
    g_byte_array_free(pointers, TRUE);
    hq_dns_cache_free(cache);
}

/* The cache forgets rather than grows; what is under way is kept. */
static void test_bounded(void **state)
{
    struct hq_dns_cache *cache = hq_dns_cache_new();
    const char *name;
    enum hq_dns_type type;
    (void)state;
    assert_null(hq_dns_cache_get(cache, "waiting.example", HQ_DNS_A));
    for (int i = 0; i < 100001; i++) {
        char buf[32];
        g_snprintf(buf, sizeof buf, "n%d.example", i);
        hq_dns_cache_put(cache, buf, HQ_DNS_A, HQ_DNS_NODATA, NULL, 0);
    }
    assert_non_null(hq_dns_cache_get(cache, "n100000.example", HQ_DNS_A));
    assert_null(hq_dns_cache_get(cache, "n5.example", HQ_DNS_A));
    assert_true(hq_dns_cache_take_question(cache, &name, &type));
    assert_string_equal(name, "waiting.example");
    hq_dns_cache_free(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_questions_once),
        cmocka_unit_test(test_close),
        cmocka_unit_test(test_records),
        cmocka_unit_test(test_txt_is_joined_and_counted),
        cmocka_unit_test(test_aliases),
        cmocka_unit_test(test_ttl),
        cmocka_unit_test(test_return_codes),
        cmocka_unit_test(test_names_in_packets),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_pointer_chains_are_cheap),
        cmocka_unit_test(test_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
