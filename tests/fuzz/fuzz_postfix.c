/* SPDX-License-Identifier: ISC */
/* Postfix queue files and logs, whole: two bytes say how long the queue file is and how it is
 * read, the rest of the input is its defer log. */
#include "spool/postfix/postfix.h"
#include "spool_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t modes[] = {0700, 0600, 0710, 0400};
    static const char *const queues[] = {"deferred", "active", "hold", "maildrop"};
    struct hq_item item;

    if (size < 2)
        return 0;
    size_t queue_file = MIN((size_t)(data[0] & 0x7f) * 16 + 16, size - 2);
    hq_item_init(&item);
    item.queue = queues[data[1] & 3];
    fuzz_file(&item, 0, data + 2, queue_file);
    item.files[0].mode = S_IFREG | modes[(data[1] >> 2) & 3];
    fuzz_file(&item, 1, data + 2 + queue_file, size - 2 - queue_file);
    fuzz_one_message(hq_postfix_parse, &item, "postfix", data[0] & 0x80);
    return 0;
}
