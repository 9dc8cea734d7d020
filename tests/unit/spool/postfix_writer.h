/* SPDX-License-Identifier: ISC */
/* Writes Postfix queue files of invented mail, as cleanup(8) does, for the tests. */
#ifndef HOPQ_TEST_POSTFIX_WRITER_H
#define HOPQ_TEST_POSTFIX_WRITER_H

#include <glib.h>
#include <inttypes.h>
#include <string.h>

struct pf_writer {
    GString *bytes;
    int64_t data_offset;
    int64_t data_size;
    int recipients;
};

#define PF_SIZE_RECORD 97 /* type, length, 95 bytes of six numbers */

static inline void pf_record_n(struct pf_writer *writer, char type, const char *data, size_t n)
{
    g_string_append_c(writer->bytes, type);
    for (size_t rest = n;;) {
        g_string_append_c(writer->bytes, (char)((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0)));
        rest >>= 7;
        if (!rest)
            break;
    }
    g_string_append_len(writer->bytes, data, (gssize)n);
    if (type == 'R' || type == 'D')
        writer->recipients++;
}

static inline void pf_record(struct pf_writer *writer, char type, const char *data)
{
    pf_record_n(writer, type, data, strlen(data));
}

/* A file that is still being written: the size record is all zero. */
static inline void pf_begin(struct pf_writer *writer)
{
    *writer = (struct pf_writer){.bytes = g_string_new(NULL)};
    g_autofree char *zero = g_strdup_printf("%15d %15d %15d %15d %15d %15d", 0, 0, 0, 0, 0, 0);
    pf_record(writer, 'C', zero);
}

static inline void pf_begin_content(struct pf_writer *writer)
{
    pf_record(writer, 'M', "");
    writer->data_offset = (int64_t)writer->bytes->len;
}

/* N records for the lines of TEXT. */
static inline void pf_lines(struct pf_writer *writer, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (unsigned i = 0; lines[i] && (lines[i][0] || lines[i + 1]); i++)
        pf_record(writer, 'N', lines[i]);
}

static inline void pf_end_content(struct pf_writer *writer)
{
    writer->data_size = (int64_t)writer->bytes->len - writer->data_offset;
    pf_record(writer, 'X', "");
}

/* Completes the file: the end record, and the numbers of the size record. */
static inline void pf_end(struct pf_writer *writer)
{
    pf_record(writer, 'E', "");
    g_autofree char *size = g_strdup_printf(
        "%15" PRId64 " %15" PRId64 " %15d %15d %15" PRId64 " %15d", writer->data_size,
        writer->data_offset, writer->recipients, 0, writer->data_size, 0);
    memcpy(writer->bytes->str + 2, size, strlen(size));
}

static inline void pf_free(struct pf_writer *writer)
{
    g_string_free(writer->bytes, TRUE);
}

/* A whole small message. */
static inline void pf_message(struct pf_writer *writer, const char *sender, const char *recipient)
{
    pf_begin(writer);
    pf_record(writer, 'T', "1700000000 250000");
    pf_record(writer, 'S', sender);
    pf_record(writer, 'R', recipient);
    pf_begin_content(writer);
    pf_lines(writer, "Subject: small\n\nbody\n");
    pf_end_content(writer);
    pf_end(writer);
}

#endif
