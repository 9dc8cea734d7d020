/* SPDX-License-Identifier: ISC */
/* An mbox, whole and in two pieces: each message that begins in the file is emitted, and each one
 * that is found in the whole is found in its piece. The first byte says where it is cut. */
#include "spool/spools.h"
#include "spool_fuzz.h"

static void emit(struct hq_parse *parse, struct hq_message *message, const char *content,
                 size_t length)
{
    unsigned *emitted = parse->data;

    fuzz_touch(content, length);
    *emitted += *message->id != '\0';
    hq_arena_reset(parse->arena);
}

static unsigned list(struct hq_parse *parse, const uint8_t *text, size_t size, const char *ref)
{
    unsigned emitted = 0;
    struct hq_item item;

    hq_item_init(&item);
    item.queue = "box";
    item.ref = ref;
    fuzz_file(&item, 0, text, size);
    parse->data = &emitted;
    hq_mbox_parse(parse, &item);
    return emitted;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct hq_parse parse;
    char all[32], first[32], second[32];

    if (size < 1)
        return 0;
    if (!parse.arena)
        parse = (struct hq_parse){.context = hq_context_new(),
                                  .reasons = hq_reasons_new(),
                                  .arena = hq_arena_new(),
                                  .emit = emit};
    size_t rest = size - 1, cut = rest * data[0] / 256;
    g_snprintf(all, sizeof all, "0-%zu", rest);
    g_snprintf(first, sizeof first, "0-%zu", cut);
    g_snprintf(second, sizeof second, "%zu-%zu", cut, rest);
    if (list(&parse, data + 1, rest, all) !=
        list(&parse, data + 1, rest, first) + list(&parse, data + 1, rest, second))
        __builtin_trap();
    return 0;
}
