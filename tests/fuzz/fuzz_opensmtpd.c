/* SPDX-License-Identifier: ISC */
/* OpenSMTPD: the first byte says what the rest is (an envelope, a pack as it stands, a file of
 * offline/, an envelope with a line of smtpctl, a text) and how it is read. */
#include "spool/files.h"
#include "spool/opensmtpd.h"
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void emit(struct hq_parse *parse, struct hq_message *message, const char *content,
                 size_t length)
{
    unsigned *emitted = parse->data;

    (void)message;
    /* every byte handed on must be there */
    if (length && memchr(content, '\0', length) == content + length)
        __builtin_trap();
    ++*emitted;
}

static void make(struct hq_item_file *file, int fd, const uint8_t *bytes, size_t n)
{
    if (ftruncate(fd, 0) != 0 || pwrite(fd, bytes, n, 0) != (ssize_t)n)
        __builtin_trap();
    *file = (struct hq_item_file){.fd = fd, .size = (int64_t)n, .mode = S_IFREG | 0600};
}

/* A pack of one envelope. */
static void make_pack(struct hq_item_file *file, int fd, const uint8_t *bytes, size_t n)
{
    struct hq_smtpd_part part = {.name = "1f0a2b3c00000001", .size = (int64_t)n};

    part.copied = (uint32_t)MIN(n, HQ_SMTPD_ENVELOPE_MAX);
    g_autoptr(GString) pack = g_string_new_len((const char *)&part, sizeof part);
    g_string_append_len(pack, (const char *)bytes, part.copied);
    make(file, fd, (const uint8_t *)pack->str, pack->len + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { ENVELOPE, PACK, OFFLINE, STATES, TEXT, KINDS };
    static int fds[3] = {-1, -1, -1};
    static struct hq_reasons *reasons;
    static struct hq_arena *arena;
    static struct hq_context *context;
    unsigned emitted = 0;
    struct hq_item item;

    if (size < 1)
        return 0;
    if (!arena) {
        for (unsigned i = 0; i < G_N_ELEMENTS(fds); i++)
            fds[i] = memfd_create("fuzz", MFD_CLOEXEC);
        reasons = hq_reasons_new();
        arena = hq_arena_new();
        context = hq_context_new();
    }
    unsigned kind = (data[0] & 0x7f) % KINDS;
    const uint8_t *rest = data + 1;
    size_t n = size - 1, half = kind == STATES ? n / 2 : n;
    struct hq_parse parse = {.context = context,
                             .reasons = reasons,
                             .arena = arena,
                             .full = data[0] & 0x80,
                             .emit = emit,
                             .data = &emitted};
    hq_item_init(&item);
    item.queue = kind == OFFLINE ? "offline" : data[0] & 0x40 ? "incoming" : "queue";
    if (kind == PACK || kind == OFFLINE)
        make(&item.files[HQ_SMTPD_ENVELOPES], fds[0], rest, n);
    else
        make_pack(&item.files[HQ_SMTPD_ENVELOPES], fds[0], rest, half);
    if (kind == STATES)
        make(&item.files[HQ_SMTPD_STATES], fds[2], rest + half, n - half);
    if (kind == TEXT)
        make(&item.files[HQ_SMTPD_MESSAGE], fds[1], rest, n);
    hq_opensmtpd_parse(&parse, &item);
    if (emitted != 1)
        __builtin_trap();
    hq_arena_reset(arena);
    return 0;
}
