/* SPDX-License-Identifier: ISC */
/* Exim's files, whole: four bytes say how long the first ones are, the rest of the input is cut
 * into -H, -J, the log and the retry hints. */
#include "spool/exim/exim.h"
#include "spool_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hq_item item;

    if (size < 4)
        return 0;
    const uint8_t *rest = data + 4;
    size_t left = size - 4;
    hq_item_init(&item);
    item.id = "1vMabc-0000AB-1x";
    item.queue = "input";
    for (unsigned i = 0; i <= HQ_EX_RETRY; i++) {
        size_t n = i < HQ_EX_RETRY ? MIN((size_t)data[MIN(i, 3)] * 8, left) : left;
        fuzz_file(&item, i, rest, n);
        rest += n;
        left -= n;
    }
    fuzz_one_message(hq_exim_parse, &item, "exim", data[0] & 0x80);
    return 0;
}
