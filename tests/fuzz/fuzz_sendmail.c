/* SPDX-License-Identifier: ISC */
/* Control files and transcripts of Sendmail, whole: two bytes say how long the control file is and
 * how it is read, the rest of the input is its transcript. */
#include "spool/files.h"
#include "spool/sendmail.h"
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void emit(struct hq_parse *parse, struct hq_message *message, const char *content,
                 size_t length)
{
    unsigned *emitted = parse->data;

    for (uint32_t i = 0; i < message->recipient_count; i++)
        if (!message->recipients[i].address)
            __builtin_trap();
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const queues[] = {"q", "q/active", "q/quarantined", "q/lost"};
    static int fds[2] = {-1, -1};
    static struct hq_reasons *reasons;
    static struct hq_arena *arena;
    static struct hq_context *context;
    unsigned emitted = 0;
    struct hq_item item;

    if (size < 2)
        return 0;
    if (!arena) {
        for (unsigned i = 0; i < 2; i++)
            fds[i] = memfd_create("fuzz", MFD_CLOEXEC);
        reasons = hq_reasons_new();
        arena = hq_arena_new();
        context = hq_context_new();
    }
    size_t control = MIN((size_t)(data[0] & 0x7f) * 16 + 16, size - 2);
    struct hq_parse parse = {.context = context,
                             .reasons = reasons,
                             .arena = arena,
                             .mta = "sendmail",
                             .full = data[0] & 0x80,
                             .emit = emit,
                             .data = &emitted};
    hq_item_init(&item);
    item.queue = queues[data[1] & 3];
    make(&item.files[HQ_SM_CONTROL], fds[0], data + 2, control);
    make(&item.files[HQ_SM_TRANSCRIPT], fds[1], data + 2 + control, size - 2 - control);
    hq_sendmail_parse(&parse, &item);
    if (emitted != 1)
        __builtin_trap();
    hq_arena_reset(arena);
    return 0;
}
