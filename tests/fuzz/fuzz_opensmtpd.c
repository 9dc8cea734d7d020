/* SPDX-License-Identifier: ISC */
/* OpenSMTPD: the first byte says what the rest is (an envelope, a pack as it stands, a file of
 * offline/, an envelope with a line of smtpctl, a text) and how it is read. */
#include "spool/opensmtpd/opensmtpd.h"
#include "spool_fuzz.h"

/* A pack of one envelope. */
static void put_pack(struct hq_item *item, const uint8_t *bytes, size_t n)
{
    struct hq_smtpd_part part = {.name = "1f0a2b3c00000001", .size = (int64_t)n};

    part.copied = (uint32_t)MIN(n, HQ_SMTPD_ENVELOPE_MAX);
    g_autoptr(GString) pack = g_string_new_len((const char *)&part, sizeof part);
    g_string_append_len(pack, (const char *)bytes, part.copied);
    fuzz_file(item, HQ_SMTPD_ENVELOPES, (const uint8_t *)pack->str, pack->len + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { ENVELOPE, PACK, OFFLINE, STATES, TEXT, KINDS };
    struct hq_item item;

    if (size < 1)
        return 0;
    unsigned kind = (data[0] & 0x7f) % KINDS;
    const uint8_t *rest = data + 1;
    size_t n = size - 1, half = kind == STATES ? n / 2 : n;
    hq_item_init(&item);
    item.queue = kind == OFFLINE ? "offline" : data[0] & 0x40 ? "incoming" : "queue";
    if (kind == PACK || kind == OFFLINE)
        fuzz_file(&item, HQ_SMTPD_ENVELOPES, rest, n);
    else
        put_pack(&item, rest, half);
    if (kind == STATES)
        fuzz_file(&item, HQ_SMTPD_STATES, rest + half, n - half);
    if (kind == TEXT)
        fuzz_file(&item, HQ_SMTPD_MESSAGE, rest, n);
    fuzz_one_message(hq_opensmtpd_parse, &item, "opensmtpd", data[0] & 0x80);
    return 0;
}
