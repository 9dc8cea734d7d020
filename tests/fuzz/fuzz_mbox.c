/* SPDX-License-Identifier: ISC */
/* An mbox, whole and in two pieces: each message that begins in the file is emitted, and each one
 * that is found in the whole is found in its piece. The first byte says where it is cut. */
#include "spool/files.h"
#include "spool/spools.h"
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

    if (length && memchr(content, '\0', length) == content + length)
        __builtin_trap(); /* every byte handed on must be there */
    *emitted += *message->id != '\0';
    hq_arena_reset(parse->arena);
}

static unsigned list(struct hq_parse *parse, int fd, size_t size, const char *ref)
{
    unsigned emitted = 0;
    struct hq_item item;

    hq_item_init(&item);
    item.queue = "box";
    item.ref = ref;
    item.files[0] = (struct hq_item_file){.fd = fd, .size = (int64_t)size, .mode = S_IFREG | 0600};
    parse->data = &emitted;
    hq_mbox_parse(parse, &item);
    return emitted;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct hq_parse parse;
    static int fd = -1;
    char all[32], first[32], second[32];

    if (size < 1)
        return 0;
    if (fd < 0) {
        fd = memfd_create("fuzz", MFD_CLOEXEC);
        parse = (struct hq_parse){.context = hq_context_new(),
                                  .reasons = hq_reasons_new(),
                                  .arena = hq_arena_new(),
                                  .emit = emit};
    }
    size_t rest = size - 1, cut = rest * data[0] / 256;
    if (ftruncate(fd, 0) != 0 || pwrite(fd, data + 1, rest, 0) != (ssize_t)rest)
        __builtin_trap();
    g_snprintf(all, sizeof all, "0-%zu", rest);
    g_snprintf(first, sizeof first, "0-%zu", cut);
    g_snprintf(second, sizeof second, "%zu-%zu", cut, rest);
    if (list(&parse, fd, rest, all) !=
        list(&parse, fd, rest, first) + list(&parse, fd, rest, second))
        __builtin_trap();
    return 0;
}
