/* SPDX-License-Identifier: ISC */
/* Content of a Postfix queue file: N records are lines, L records are pieces of one that goes on.
 * What comes out is the message as it was received, with LF line ends. */
#include "base/append.h"
#include "base/scratch.h"
#include "postfix.h"
#include <inttypes.h>

GString *hq_pf_content_read(struct hq_pf_envelope *envelope, bool body, size_t max)
{
    struct hq_pf_reader *reader = &envelope->reader;
    GString *content = hq_scratch_take();
    struct hq_pf_record record;
    enum hq_pf_status status = HQ_PF_END;
    bool line_start = true;

    hq_pf_reader_seek(reader, envelope->content);
    while (content->len < max && (status = hq_pf_next(reader, &record)) == HQ_PF_RECORD) {
        if (record.type != 'N' && record.type != 'L')
            break;
        hq_append(content, record.data, MIN(record.length, max - content->len));
        if (record.type == 'N')
            hq_append_char(content, '\n');
        if (!body && line_start && record.type == 'N' && record.length == 0)
            break; /* the header ends */
        line_start = record.type == 'N';
    }
    if (status == HQ_PF_DAMAGED && envelope->message->incomplete != HQ_YES)
        hq_message_add_problem(envelope->message, envelope->parse->arena, "%s at byte %" PRId64,
                               reader->damage, reader->offset);
    return content;
}
