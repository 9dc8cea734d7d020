/* SPDX-License-Identifier: ISC */
/* libFuzzer: what the targets of the spools share. The input becomes the files of an item, in
 * memory, and the spool's parser reads them. */
#ifndef HOPQ_TESTS_SPOOL_FUZZ_H
#define HOPQ_TESTS_SPOOL_FUZZ_H

#include "spool/files.h"
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Puts N bytes into file I of ITEM. */
static inline void fuzz_file(struct hq_item *item, unsigned i, const uint8_t *bytes, size_t n)
{
    static int fds[HQ_ITEM_FILES];
    static int64_t moment; /* a file of another time is read anew where parts of it are kept */

    if (!fds[i])
        fds[i] = memfd_create("fuzz", MFD_CLOEXEC);
    if (ftruncate(fds[i], 0) != 0 || pwrite(fds[i], bytes, n, 0) != (ssize_t)n)
        __builtin_trap();
    item->files[i] = (struct hq_item_file){
        .fd = fds[i], .size = (int64_t)n, .mode = S_IFREG | 0600, .mtime = ++moment};
}

/* Every byte that is handed on must be there. */
static inline void fuzz_touch(const char *content, size_t length)
{
    if (length && memchr(content, '\0', length) == content + length)
        __builtin_trap();
}

static inline void fuzz_emit(struct hq_parse *parse, struct hq_message *message,
                             const char *content, size_t length)
{
    for (uint32_t i = 0; i < message->recipient_count; i++)
        if (!message->recipients[i].address)
            __builtin_trap();
    fuzz_touch(content, length);
    ++*(unsigned *)parse->data;
}

/* Reads ITEM, which is one message whatever is in it. */
static inline void fuzz_one_message(void (*read)(struct hq_parse *, const struct hq_item *),
                                    const struct hq_item *item, const char *mta, bool full)
{
    static struct hq_parse parse;
    unsigned emitted = 0;

    if (!parse.arena)
        parse = (struct hq_parse){.context = hq_context_new(),
                                  .reasons = hq_reasons_new(),
                                  .arena = hq_arena_new(),
                                  .emit = fuzz_emit};
    parse.mta = mta;
    parse.full = full;
    parse.data = &emitted;
    read(&parse, item);
    if (emitted != 1)
        __builtin_trap();
    hq_arena_reset(parse.arena);
}

#endif
