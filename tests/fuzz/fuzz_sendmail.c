/* SPDX-License-Identifier: ISC */
/* Control files and transcripts of Sendmail, whole: two bytes say how long the control file is and
 * how it is read, the rest of the input is its transcript. */
#include "spool/sendmail/sendmail.h"
#include "spool_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const queues[] = {"q", "q/active", "q/quarantined", "q/lost"};
    struct hq_item item;

    if (size < 2)
        return 0;
    size_t control = MIN((size_t)(data[0] & 0x7f) * 16 + 16, size - 2);
    hq_item_init(&item);
    item.queue = queues[data[1] & 3];
    fuzz_file(&item, HQ_SM_CONTROL, data + 2, control);
    fuzz_file(&item, HQ_SM_TRANSCRIPT, data + 2 + control, size - 2 - control);
    fuzz_one_message(hq_sendmail_parse, &item, "sendmail", data[0] & 0x80);
    return 0;
}
