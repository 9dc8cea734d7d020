/* SPDX-License-Identifier: ISC */
/* The -D file of a message in Exim's spool: "ID-D", then the body. Nothing at its end says that it
 * is whole, but -H has the number of its lines (src/spool_out.c of 4.96). */
#include "base/scratch.h"
#include "exim.h"
#include "hopq/io.h"
#include "spool/files.h"
#include <inttypes.h>
#include <string.h>

#define PIECE ((size_t)64 * 1024)

int64_t hq_ex_body_start(const struct hq_ex_envelope *envelope)
{
    return (int64_t)strlen(envelope->item->id) + (int64_t)strlen("-D\n");
}

void hq_ex_body_read(struct hq_ex_envelope *envelope, size_t max)
{
    const struct hq_item_file *file = &envelope->item->files[HQ_EX_DATA];
    size_t before = envelope->header->len;

    if (file->fd < 0 || before >= max)
        return;
    hq_io_read_at(file->fd, hq_ex_body_start(envelope), max - before, envelope->header);
}

int64_t hq_ex_body_size(const struct hq_ex_envelope *envelope)
{
    const struct hq_item_file *data = &envelope->item->files[HQ_EX_DATA];

    if (data->fd < 0)
        return HQ_NONE;
    return envelope->header_size + MAX(data->size - hq_ex_body_start(envelope), 0) + 1;
}

static int64_t count_lines(const struct hq_item_file *file, int64_t start)
{
    GString *piece = hq_scratch_take();
    int64_t lines = 0;

    for (int64_t at = start; at < file->size; at += (int64_t)piece->len) {
        g_string_truncate(piece, 0);
        hq_io_read_at(file->fd, at, PIECE, piece);
        if (piece->len == 0)
            break;
        for (const char *p = piece->str, *end = p + piece->len; (p = memchr(p, '\n', end - p)); p++)
            lines++;
    }
    hq_scratch_give(piece);
    return lines;
}

/* To list a queue bodies are not read: there only those are counted that end within a line, which
 * nearly all do that were cut off. */
void hq_ex_body_check(const struct hq_ex_envelope *envelope)
{
    const struct hq_item_file *data = &envelope->item->files[HQ_EX_DATA];
    bool wanted =
        hq_spool_wanted(envelope->parse) > HQ_HEADER_MAX && data->size <= (int64_t)HQ_CONTENT_MAX;

    if (envelope->lines == HQ_NONE || (!wanted && hq_file_ends_line(data)))
        return;
    int64_t lines = count_lines(data, hq_ex_body_start(envelope));
    if (lines < envelope->lines)
        hq_message_add_problem(envelope->message, envelope->parse->arena,
                               "its data file (-D) is cut off: %" PRIi64 " of %" PRIi64
                               " lines are there",
                               lines, envelope->lines);
}
