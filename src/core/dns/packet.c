/* SPDX-License-Identifier: ISC */
/* DNS messages: header, question, answers, the SOA of a negative answer. Two passes over the
 * answers: CNAMEs first, then the records at the chain's end. Cost is linear in the message: a
 * name costs at most 128 labels and 128 pointers, a chain at most 16 rounds. */
#include "packet.h"
#include <string.h>

#define HEADER_SIZE 12
#define CLASS_IN    1
#define TYPE_SOA    6
#define MAX_CHAIN   16  /* CNAMEs followed; resolvers stop at about as many */
#define MAX_JUMPS   128 /* compression pointers in a name: more than it can have labels */

struct cursor {
    const uint8_t *bytes;
    size_t n;
    size_t at;
};

struct rr {
    char owner[HQ_DNS_NAME_SIZE];
    uint16_t type;
    uint16_t klass;
    uint32_t ttl;
    size_t data; /* offset in the message */
    uint16_t length;
};

enum name_kind { NAME_BAD, NAME_ODD, NAME_FINE };

bool hq_dns_name_normalise(const char *name, char out[HQ_DNS_NAME_SIZE])
{
    size_t n = strnlen(name, HQ_DNS_NAME_SIZE + 1);
    if (n > 0 && name[n - 1] == '.')
        n--;
    if (n == 0 || n >= HQ_DNS_NAME_SIZE)
        return false;
    size_t label = 0;
    for (size_t i = 0; i <= n; i++) {
        bool end = i == n || name[i] == '.';
        if (end && (label == 0 || label > 63))
            return false;
        label = end ? 0 : label + 1;
        out[i] = i == n ? '\0' : g_ascii_tolower(name[i]);
    }
    return true;
}

bool hq_dns_name_valid(const char *name)
{
    char out[HQ_DNS_NAME_SIZE];
    return hq_dns_name_normalise(name, out);
}

static bool read16(struct cursor *c, uint16_t *value)
{
    if (c->n - c->at < 2)
        return false;
    *value = (uint16_t)(c->bytes[c->at] << 8 | c->bytes[c->at + 1]);
    c->at += 2;
    return true;
}

static bool read32(struct cursor *c, uint32_t *value)
{
    uint16_t high, low;
    if (!read16(c, &high) || !read16(c, &low))
        return false;
    *value = (uint32_t)high << 16 | low;
    return true;
}

/* Appends a label and its dot; false when the name grows too long. */
static bool add_label(char out[HQ_DNS_NAME_SIZE], size_t *used, const uint8_t *label, size_t n,
                      bool *odd)
{
    if (*used + n + 1 > HQ_DNS_NAME_SIZE)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (label[i] == '.' || label[i] == '\0')
            *odd = true;
        out[(*used)++] = g_ascii_tolower((char)label[i]);
    }
    out[(*used)++] = '.';
    return true;
}

/* Reads a name that may be compressed; the cursor stands behind it. A pointer must lead before the
 * place where the part now read began, so no chain of them can loop (RFC 1035 section 4.1.4: "a
 * prior occurrence"). ODD is a name that text cannot hold: a dot or NUL inside a label. */
static enum name_kind read_name(struct cursor *c, char out[HQ_DNS_NAME_SIZE])
{
    size_t at = c->at, floor = c->at, used = 0;
    unsigned jumps = 0;
    bool odd = false;
    for (;;) {
        if (at >= c->n)
            return NAME_BAD;
        uint8_t length = c->bytes[at++];
        if (length == 0)
            break;
        if (length >= 0xC0) {
            if (at >= c->n)
                return NAME_BAD;
            size_t target = (size_t)(length & 0x3F) << 8 | c->bytes[at++];
            if (jumps == 0)
                c->at = at;
            if (target >= floor || ++jumps > MAX_JUMPS)
                return NAME_BAD;
            at = floor = target;
            continue;
        }
        if (length > 63 || c->n - at < length ||
            !add_label(out, &used, c->bytes + at, length, &odd))
            return NAME_BAD;
        at += length;
    }
    if (jumps == 0)
        c->at = at;
    out[used > 0 ? used - 1 : 0] = '\0';
    return odd ? NAME_ODD : NAME_FINE;
}

static bool read_rr(struct cursor *c, struct rr *rr)
{
    enum name_kind kind = read_name(c, rr->owner);
    if (kind == NAME_BAD || !read16(c, &rr->type) || !read16(c, &rr->klass) ||
        !read32(c, &rr->ttl) || !read16(c, &rr->length) || c->n - c->at < rr->length)
        return false;
    if (kind == NAME_ODD)
        rr->klass = 0; /* no question can have been about such a name: the record is skipped */
    if (rr->ttl > INT32_MAX)
        rr->ttl = 0; /* RFC 2181 section 8 */
    rr->data = c->at;
    c->at += rr->length;
    return true;
}

/* A name inside record data; the data must hold it. */
static enum name_kind data_name(const struct cursor *c, const struct rr *rr, size_t skip,
                                char out[HQ_DNS_NAME_SIZE])
{
    if (rr->length <= skip)
        return NAME_BAD;
    struct cursor in = {c->bytes, c->n, rr->data + skip};
    enum name_kind kind = read_name(&in, out);
    return in.at > rr->data + rr->length ? NAME_BAD : kind;
}

static bool take_name(const struct cursor *c, const struct rr *rr, size_t skip, GArray *records)
{
    struct hq_dns_record record = {0};
    char name[HQ_DNS_NAME_SIZE];
    enum name_kind kind = data_name(c, rr, skip, name);
    if (kind != NAME_FINE)
        return kind == NAME_ODD; /* no host is called so: the record is passed over */
    if (skip == 2)
        record.preference = (uint16_t)(c->bytes[rr->data] << 8 | c->bytes[rr->data + 1]);
    record.length = strlen(name);
    record.text = g_strdup(name);
    g_array_append_val(records, record);
    return true;
}

/* RFC 7208 section 3.3: the strings are joined without anything between. */
static bool take_txt(const struct cursor *c, const struct rr *rr, GArray *records)
{
    const uint8_t *data = c->bytes + rr->data;
    struct hq_dns_record record = {.text = g_malloc((size_t)rr->length + 1)};
    for (size_t i = 0; i < rr->length;) {
        size_t n = data[i++];
        if (n > rr->length - i) {
            g_free(record.text);
            return false;
        }
        memcpy(record.text + record.length, data + i, n);
        record.length += n;
        i += n;
    }
    record.text[record.length] = '\0';
    g_array_append_val(records, record);
    return true;
}

static bool take_address(const struct cursor *c, const struct rr *rr, size_t size, GArray *records)
{
    struct hq_dns_record record = {0};
    if (rr->length != size)
        return false;
    memcpy(record.address, c->bytes + rr->data, size);
    g_array_append_val(records, record);
    return true;
}

static bool take_record(const struct cursor *c, const struct rr *rr, GArray *records)
{
    switch (rr->type) {
    case HQ_DNS_A:
        return take_address(c, rr, 4, records);
    case HQ_DNS_AAAA:
        return take_address(c, rr, 16, records);
    case HQ_DNS_TXT:
        return take_txt(c, rr, records);
    case HQ_DNS_MX:
        return take_name(c, rr, 2, records);
    default:
        return take_name(c, rr, 0, records);
    }
}

/* Walks COUNT records from the cursor on and replaces OWNER by the target of the last CNAME that
 * leads on from it. Aliases stand in order in what servers send; other orders take more rounds. */
static bool follow_aliases(struct cursor start, unsigned count, char owner[HQ_DNS_NAME_SIZE],
                           int64_t *ttl)
{
    for (unsigned hops = 0, before = 1; before != hops;) {
        struct cursor c = start;
        before = hops;
        for (unsigned i = 0; i < count; i++) {
            struct rr rr;
            char target[HQ_DNS_NAME_SIZE];
            if (!read_rr(&c, &rr))
                return false;
            if (rr.type != HQ_DNS_CNAME || rr.klass != CLASS_IN || strcmp(rr.owner, owner) != 0)
                continue;
            if (++hops > MAX_CHAIN || data_name(&c, &rr, 0, target) != NAME_FINE)
                return false;
            memcpy(owner, target, sizeof target);
            *ttl = MIN(*ttl, rr.ttl);
        }
    }
    return true;
}

static bool collect(struct cursor *c, unsigned count, const char *owner, enum hq_dns_type type,
                    GArray *records, int64_t *ttl)
{
    for (unsigned i = 0; i < count; i++) {
        struct rr rr;
        if (!read_rr(c, &rr))
            return false;
        if (rr.type != type || rr.klass != CLASS_IN || strcmp(rr.owner, owner) != 0)
            continue;
        if (!take_record(c, &rr, records))
            return false;
        *ttl = MIN(*ttl, rr.ttl);
    }
    return true;
}

/* RFC 2308 section 5: the lesser of the SOA's TTL and its last field. Damage here only loses the
 * TTL. */
static int64_t negative_ttl(struct cursor *c, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct rr rr;
        uint32_t minimum;
        if (!read_rr(c, &rr))
            return -1;
        struct cursor last = {c->bytes, c->at, c->at - 4};
        if (rr.type == TYPE_SOA && rr.length >= 22 && read32(&last, &minimum))
            return MIN(rr.ttl, minimum);
    }
    return -1;
}

static bool skip_questions(struct cursor *c, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char name[HQ_DNS_NAME_SIZE];
        uint32_t type_and_class;
        if (read_name(c, name) == NAME_BAD || !read32(c, &type_and_class))
            return false;
    }
    return true;
}

bool hq_dns_packet_read(const uint8_t *packet, size_t n, const char *name, enum hq_dns_type type,
                        struct hq_dns_answer *answer, int64_t *ttl)
{
    enum { ID, FLAGS, QUESTIONS, ANSWERS, AUTHORITY, ADDITIONAL };
    struct cursor c = {packet, n, 0};
    uint16_t header[6];
    char owner[HQ_DNS_NAME_SIZE];
    *answer = (struct hq_dns_answer){.status = HQ_DNS_TEMPFAIL};
    *ttl = INT64_MAX;
    if (n < HEADER_SIZE || !hq_dns_name_normalise(name, owner))
        return false;
    for (unsigned i = 0; i < G_N_ELEMENTS(header); i++)
        read16(&c, &header[i]);
    unsigned rcode = header[FLAGS] & 0xF;
    bool truncated = header[FLAGS] & 0x0200;
    if (!(header[FLAGS] & 0x8000) || truncated || (rcode != 0 && rcode != 3) ||
        !skip_questions(&c, header[QUESTIONS]) || !follow_aliases(c, header[ANSWERS], owner, ttl))
        return false;
    GArray *records = g_array_new(FALSE, TRUE, sizeof(struct hq_dns_record));
    bool fine = collect(&c, header[ANSWERS], owner, type, records, ttl);
    answer->count = records->len;
    answer->records = (struct hq_dns_record *)(void *)g_array_free(records, FALSE);
    if (!fine) {
        hq_dns_answer_clear(answer);
        return false;
    }
    answer->status = answer->count > 0 ? HQ_DNS_OK : rcode == 3 ? HQ_DNS_NXDOMAIN : HQ_DNS_NODATA;
    if (answer->count == 0)
        *ttl = negative_ttl(&c, header[AUTHORITY]);
    return true;
}

void hq_dns_answer_clear(struct hq_dns_answer *answer)
{
    for (unsigned i = 0; i < answer->count; i++)
        g_free(answer->records[i].text);
    g_free(answer->records);
    answer->records = NULL;
    answer->count = 0;
}
