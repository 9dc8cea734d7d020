/* SPDX-License-Identifier: ISC */
/* What the tests of Postfix's parser share: a file with everything, the log of a recipient, a
 * parse. */
#ifndef HOPQ_TEST_POSTFIX_PARSING_H
#define HOPQ_TEST_POSTFIX_PARSING_H

#include "collect.h"
#include "postfix_writer.h"
#include "spool/postfix/postfix.h"

static inline void parse_bytes(struct collect *collect, const char *queue, const GString *bytes,
                               uint32_t mode, const char *defer, const char *bounce)
{
    struct hq_item item;

    hq_item_init(&item);
    item.queue = queue;
    item.id = "A1B2C3D4E5";
    item.ref = "ref";
    collect_file(&item.files[0], bytes->str, bytes->len, mode);
    if (defer)
        collect_file(&item.files[1], defer, strlen(defer), 0600);
    if (bounce)
        collect_file(&item.files[2], bounce, strlen(bounce), 0600);
    hq_postfix_parse(&collect->parse, &item);
    hq_item_close(&item);
}

static inline void write_full(struct pf_writer *writer)
{
    pf_begin(writer);
    pf_record(writer, 'T', "1700000000 250000");
    pf_record(writer, 'A', "create_time=1700000000");
    pf_record(writer, 'A', "client_name=unknown");
    pf_record(writer, 'A', "client_address=127.0.0.1");
    pf_record(writer, 'A', "log_client_name=mail.sender.example");
    pf_record(writer, 'A', "log_client_address=192.0.2.9");
    pf_record(writer, 'A', "log_helo_name=helo.sender.example");
    pf_record(writer, 'A', "log_protocol_name=ESMTP");
    pf_record(writer, 'A', "helo_name=later.example");
    pf_record(writer, 'A', "sasl_username=alice");
    pf_record(writer, 'A', "without a value");
    pf_record(writer, 'F', "Full Name");
    pf_record(writer, 'S', "alice@sender.example");
    pf_record(writer, 'W', "     1700014400");
    pf_record(writer, 'A', "dsn_orig_rcpt=rfc822;First@old.example");
    pf_record(writer, 'O', "first@alias.example");
    pf_record(writer, 'R', "first@dest.example");
    pf_record(writer, 'O', "second@dest.example");
    pf_record(writer, 'R', "second@dest.example");
    pf_record(writer, 'A', "dsn_orig_rcpt=rfc822;third@dsn.example");
    pf_record(writer, 'D', "third@dest.example");
    pf_record(writer, 'R', "odd local@dest.example");
    pf_record(writer, '/', "taken.back@dest.example");
    pf_begin_content(writer);
    pf_lines(writer, "Received: from x\n\tby y\nSubject: =?x\n\nline one\n");
    pf_record(writer, 'L', "a long ");
    pf_record(writer, 'L', "line in ");
    pf_record(writer, 'N', "pieces");
    pf_end_content(writer);
    pf_record(writer, 'A', "encoding=8bit");
    pf_record(writer, 'R', "extracted@dest.example");
    pf_end(writer);
}

/* A block as bounce(8) writes it. */
static inline char *block(const char *recipient, size_t offset, const char *status,
                          const char *reason)
{
    return g_strdup_printf("<%s>: %s\nrecipient=%s\noffset=%zu\nstatus=%s\naction=delayed\n"
                           "diag_type=smtp\ndiag_text=451 %s text\nmta_type=dns\n"
                           "mta_mname=mx.dest.example\nreason=%s\n\n",
                           recipient, reason, recipient, offset, status, status, reason);
}

#endif
