/* SPDX-License-Identifier: ISC */
/* A sound control file of Sendmail, and items of such files, for the tests of its parser. */
#ifndef HOPQ_TEST_SENDMAIL_FILE_H
#define HOPQ_TEST_SENDMAIL_FILE_H

#include "collect.h"
#include "spool/sendmail/sendmail.h"

#define SOUND                                                                                  \
    "V8\nT1795000000\nK1795003600\nN3\nP120345\nI254/0/4711\nB8BITMIME\n"                      \
    "MDeferred: 452 4.2.2 <b@full.example>: Mailbox full\nF8bs\n"                              \
    "$_mx.client.example [192.0.2.7] (may be forged)\n$rESMTPS\n$shelo.example\n"              \
    "${daemon_flags}\nS<ann@sender.example>\nZenvid\nAann+40sender.example\n"                  \
    "MDeferred: 451 4.7.1 <a@grey.example>: Greylisted\n"                                      \
    "Qrfc822;before+40list@old.example\nrRFC822; a@grey.example\nRPNF:<a@grey.example>\n"      \
    "MDeferred: 452 4.2.2 <b@full.example>: Mailbox full\n"                                    \
    "Cinfo:8:12:<info@ours.example>\nrRFC822; info@ours.example\nRFDA:b@full.example\n"        \
    "C\nrRFC822; c@silent.example\nRPFD:Cee \"x<\" <c@silent.example> (third)\n"               \
    "H?P?Return-Path: <\201g>\nH??Received: from x\n\tby y; Sat, 21 Nov 2026 01:00:00 +0000\n" \
    "H?D?Date: Sat, 21 Nov 2026 01:00:00 +0000\nH??Subject: one\n two\n"                       \
    "H?${x}?X-Quoted: \342\377\200\377\224 \201{odd}end\n.\n"

static inline void set_files(struct hq_item *item, const char *control, size_t n, const char *data)
{
    hq_item_init(item);
    item->id = "6AL00000001234";
    item->queue = "mqueue";
    item->ref = "0:qf6AL00000001234";
    if (control)
        collect_file(&item->files[HQ_SM_CONTROL], control, n, 0600);
    if (data)
        collect_file(&item->files[HQ_SM_DATA], data, strlen(data), 0600);
    else
        item->files[HQ_SM_DATA].error = ENOENT;
}

static inline const struct hq_message *read_item(struct collect *collect, struct hq_item *item)
{
    unsigned before = collect->messages->len;

    collect->parse.mta = "sendmail";
    hq_sendmail_parse(&collect->parse, item);
    hq_item_close(item);
    assert_int_equal(collect->messages->len, before + 1);
    return collect->messages->pdata[before];
}

static inline const struct hq_message *read_control(struct collect *collect, const char *control)
{
    struct hq_item item;

    set_files(&item, control, strlen(control), "body\n");
    return read_item(collect, &item);
}

static inline const char *text_of(const struct hq_message *message, unsigned i)
{
    const struct hq_reason *reason = message->recipients[i].reason;

    return reason ? reason->text : "";
}

#endif
