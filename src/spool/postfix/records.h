/* SPDX-License-Identifier: ISC */
/* Records of a Postfix queue file: one type byte, the length in groups of 7 bits (low first, 0x80:
 * more follow), the data. global/record.c and global/rec_type.h of Postfix 3.7. */
#ifndef HOPQ_SPOOL_POSTFIX_RECORDS_H
#define HOPQ_SPOOL_POSTFIX_RECORDS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct hq_pf_record {
    unsigned char type;
    const char *data; /* valid until the next call */
    size_t length;
    int64_t offset; /* of the type byte in the file */
};

enum hq_pf_status {
    HQ_PF_RECORD,
    HQ_PF_END,       /* the file ends here, between records */
    HQ_PF_TRUNCATED, /* the file ends inside a record */
    HQ_PF_DAMAGED    /* OFFSET holds no record; DAMAGE says why */
};

struct hq_pf_reader {
    int fd;
    int64_t size;   /* of the file; nothing behind it is read, so that a growing file has an end */
    int64_t offset; /* of the next record */
    int64_t budget; /* bytes of records that may still be passed */
    const char *damage; /* static text */
    GString *buffer;    /* the file from START on */
    int64_t start;
    unsigned fills;
};

void hq_pf_reader_init(struct hq_pf_reader *reader, int fd, int64_t size);
void hq_pf_reader_clear(struct hq_pf_reader *reader);
void hq_pf_reader_seek(struct hq_pf_reader *reader, int64_t offset);

/* The next record. Pointer records ("p") are followed, padding ("w") is passed over: the caller
 * sees neither. Every byte is passed at most once between two seeks, so records that lead back to
 * themselves end in HQ_PF_DAMAGED. */
enum hq_pf_status hq_pf_next(struct hq_pf_reader *reader, struct hq_pf_record *record);

/* The bytes from OFFSET on can be had without another read. */
bool hq_pf_is_buffered(const struct hq_pf_reader *reader, int64_t offset);

/* Reads a decimal number at *CURSOR (blanks before it are skipped), moving it; false when there is
 * none. */
bool hq_pf_number(const char **cursor, const char *end, int64_t *value);

#endif
