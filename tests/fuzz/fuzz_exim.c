/* SPDX-License-Identifier: ISC */
/* Exim's files, whole: four bytes say how long the first ones are, the rest of the input is cut
 * into -H, -J, the log and the retry hints. */
#include "spool/exim.h"
#include "spool/files.h"
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

    (void)message;
    /* every byte handed on must be there */
    if (length && memchr(content, '\0', length) == content + length)
        __builtin_trap();
    ++*emitted;
}

static void make(struct hq_item_file *file, int fd, const uint8_t *bytes, size_t n)
{
    static int64_t moment; /* hints of another time are read anew */

    if (ftruncate(fd, 0) != 0 || pwrite(fd, bytes, n, 0) != (ssize_t)n)
        __builtin_trap();
    *file = (struct hq_item_file){
        .fd = fd, .size = (int64_t)n, .mode = S_IFREG | 0640, .mtime = ++moment};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fds[HQ_ITEM_FILES];
    static struct hq_reasons *reasons;
    static struct hq_arena *arena;
    static struct hq_context *context;
    unsigned emitted = 0;
    struct hq_item item;

    if (size < 4)
        return 0;
    if (!arena) {
        for (unsigned i = 0; i < HQ_ITEM_FILES; i++)
            fds[i] = memfd_create("fuzz", MFD_CLOEXEC);
        reasons = hq_reasons_new();
        arena = hq_arena_new();
        context = hq_context_new();
    }
    const uint8_t *rest = data + 4;
    size_t left = size - 4;
    struct hq_parse parse = {.context = context,
                             .reasons = reasons,
                             .arena = arena,
                             .full = data[0] & 0x80,
                             .emit = emit,
                             .data = &emitted};
    hq_item_init(&item);
    item.id = "1vMabc-0000AB-1x";
    item.queue = "input";
    for (unsigned i = 0; i <= HQ_EX_RETRY; i++) {
        size_t n = i < HQ_EX_RETRY ? MIN((size_t)data[MIN(i, 3)] * 8, left) : left;
        make(&item.files[i], fds[i], rest, n);
        rest += n;
        left -= n;
    }
    hq_exim_parse(&parse, &item);
    if (emitted != 1)
        __builtin_trap();
    hq_arena_reset(arena);
    return 0;
}
