/* SPDX-License-Identifier: ISC */
/* SPF checks in a hostile zone: the first three lines of the input are client address, HELO and
 * sender, every other one an answer; a question gets the lines it hashes to. What no input may do:
 * crash, go on for ever, ask more than RFC 7208 section 4.6.4 allows. */
#include "../unit/core/dns_fixture.h"
#include "hopq/spf.h"

/* The record, ten terms of an MX and ten hosts each, ten PTR names, the explanation. */
#define MAX_QUESTIONS (1 + 10 * 11 + 11 + 1)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void put_labels(GByteArray *out, const char *name)
{
    while (*name) {
        uint8_t length = (uint8_t)MIN(strcspn(name, "."), 63);
        if (length > 0) {
            g_byte_array_append(out, &length, 1);
            g_byte_array_append(out, (const uint8_t *)name, length);
        }
        name += length + (name[length] == '.');
    }
    g_byte_array_append(out, (const uint8_t *)"", 1);
}

static void add_answer(GByteArray *packet, enum hq_dns_type type, const char *line)
{
    GByteArray *data = g_byte_array_new();
    uint8_t address[16] = {0};
    size_t n = strlen(line);
    if (type == HQ_DNS_TXT) {
        g_autofree char *record = g_strconcat(n % 7 ? "v=spf1 " : "", line, NULL);
        zone_txt_string(data, record, strlen(record));
    } else if (type == HQ_DNS_A || type == HQ_DNS_AAAA) {
        inet_pton(type == HQ_DNS_A ? AF_INET : AF_INET6, line, address);
        g_byte_array_append(data, address, type == HQ_DNS_A ? 4 : 16);
    } else {
        if (type == HQ_DNS_MX)
            put16(data, 10);
        put_labels(data, line);
    }
    packet_add(packet, 0, NULL, type, 300, data->data, data->len);
    g_byte_array_free(data, TRUE);
}

static void answer(struct hq_dns_cache *cache, char **lines, guint count, const char *name,
                   enum hq_dns_type type)
{
    char copy[256];
    g_strlcpy(copy, name, sizeof copy);
    guint hash = g_str_hash(copy) + type;
    if (count == 0 || hash % 13 == 0) {
        hq_dns_cache_put(cache, copy, type, count ? HQ_DNS_TEMPFAIL : HQ_DNS_NODATA, NULL, 0);
        return;
    }
    GByteArray *packet = g_byte_array_new();
    for (int i = 0; i < 6; i++)
        put16(packet, i == 1 ? 0x8180 : i == 2);
    put_labels(packet, copy);
    put16(packet, type);
    put16(packet, 1);
    guint records = type == HQ_DNS_TXT ? 1 : hash % 14;
    for (guint i = 0; i < records; i++)
        add_answer(packet, type, lines[(hash + i) % count]);
    hq_dns_cache_put(cache, copy, type, HQ_DNS_OK, packet->data, packet->len);
    g_byte_array_free(packet, TRUE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    hq_spf_init();
    g_autofree char *text = g_strndup((const char *)data, n);
    g_auto(GStrv) lines = g_strsplit(text, "\n", 64);
    guint count = g_strv_length(lines);
    if (count < 4)
        return 0;
    struct hq_dns_cache *cache = hq_dns_cache_new();
    struct hq_arena *arena = hq_arena_new();
    struct hq_spf spf;
    unsigned asked = 0, runs = 0;
    while (!hq_spf_check(cache, lines[0], lines[1], lines[2], NULL, &spf, arena)) {
        const char *name;
        enum hq_dns_type type;
        unsigned before = asked;
        while (hq_dns_cache_take_question(cache, &name, &type)) {
            answer(cache, lines + 3, count - 3, name, type);
            asked++;
        }
        g_assert(asked > before);
        g_assert(++runs < 64);
    }
    g_assert(asked <= MAX_QUESTIONS && spf.question_count >= asked);
    g_assert(spf.pending == HQ_NO);
    g_assert(!spf.term || (spf.record && spf.result >= HQ_RESULT_PASS));
    hq_arena_free(arena);
    hq_dns_cache_free(cache);
    return 0;
}
