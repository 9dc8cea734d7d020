/* SPDX-License-Identifier: ISC */
/* A small spool of each kind, and what is in it: invented mail from two senders. */
#ifndef HOPQ_TEST_CONFORMANCE_FIXTURES_H
#define HOPQ_TEST_CONFORMANCE_FIXTURES_H

#include "collect.h"
#include "postfix_writer.h"
#include <utime.h>

struct wanted {
    const char *id; /* NULL: whatever the spool makes of it */
    const char *sender;
    const char *recipient; /* NULL: there is none */
    enum hq_state state;
};

struct fixture {
    const char *scheme;
    const char *path; /* of the spool, in the directory that it is built in */
    void (*build)(const char *base);
    const char *closed; /* a directory of it that can be closed to readers; NULL: none */
    bool one_file;      /* all messages are in one */
    bool by_ref_only;   /* or there is only one message: any name finds it */
    unsigned count;
    struct wanted wanted[2];
};

#define TEXT(n)                                                     \
    "Received: from a by b; Sat, 21 Nov 2026 10:00:0" #n " +0000\n" \
    "From: a" #n "@here.example\nSubject: number " #n "\n\nbody\n"
#define MAIL(n) "Return-Path: <a" #n "@here.example>\nDelivered-To: b" #n "@there.example\n" TEXT(n)

#define ARRIVED 1795255200 /* 2026-11-21T10:00:00Z */

static inline void put_n(const char *base, const char *name, const char *bytes, size_t n)
{
    const struct utimbuf times = {ARRIVED, ARRIVED};
    g_autofree char *dir = g_path_get_dirname(name);
    g_autofree char *path = g_build_filename(base, name, NULL);

    collect_mkdir(base, dir);
    collect_write(base, name, bytes, n, 0644);
    assert_int_equal(utime(path, &times), 0);
}

static inline void put(const char *base, const char *name, const char *text)
{
    put_n(base, name, text, strlen(text));
}

/* The same with the NULs of a literal. */
#define PUT(base, name, literal) put_n(base, name, literal, sizeof(literal) - 1)

static inline void build_postfix_file(const char *base, const char *name, const char *sender,
                                      const char *recipient)
{
    struct pf_writer writer;

    pf_message(&writer, sender, recipient);
    put_n(base, name, writer.bytes->str, writer.bytes->len);
    g_autofree char *path = g_build_filename(base, name, NULL);
    assert_int_equal(chmod(path, 0700), 0);
    pf_free(&writer);
}

static inline void build_postfix(const char *base)
{
    collect_mkdir(base, "spool/incoming");
    build_postfix_file(base, "spool/deferred/A/A1B2C3D4E5", "a1@here.example", "b1@there.example");
    build_postfix_file(base, "spool/active/B1B2C3D4E5", "a2@here.example", "b2@there.example");
}

static inline void build_maildir(const char *base)
{
    collect_mkdir(base, "box/tmp");
    put(base, "box/new/1795255200.M1.host", MAIL(1));
    put(base, "box/cur/1795255201.M2.host:2,S", MAIL(2));
}

static inline void build_mbox(const char *base)
{
    put(base, "box",
        "From a1@here.example Sat Nov 21 10:00:01 2026\n" MAIL(
            1) "\n"
               "From a2@here.example Sat Nov 21 10:00:02 2026\n" MAIL(2) "\n");
}

static inline void build_eml(const char *base)
{
    put(base, "mail.eml", MAIL(1));
}

#define SNAPSHOT_MESSAGE(n)                                                               \
    "{\"type\":\"message\",\"schema\":1,\"source\":\"postfix:/"                           \
    "x\",\"mta\":\"postfix\",\"id\":\"I" #n "\",\"queue\":\"deferred\",\"sender\":\"a" #n \
    "@here.example\",\"recipients\":[{"                                                   \
    "\"address\":\"b" #n "@there.example\",\"state\":\"deferred\"}]}\n"

static inline void build_snapshot(const char *base)
{
    put(base, "queue.ndjson",
        SNAPSHOT_MESSAGE(1) SNAPSHOT_MESSAGE(
            2) "{\"type\":\"summary\",\"schema\":1,\"messages\":2,\"taken\":\"2026-11-22T12:00:"
               "00Z\",\"notices\":[]}\n");
}

static inline void build_nullmailer(const char *base)
{
    collect_mkdir(base, "spool/tmp");
    put(base, "spool/queue/1795255200.11", "a1@here.example\nb1@there.example\n\n" TEXT(1));
    put(base, "spool/failed/1795255201.12", "a2@here.example\nb2@there.example\n\n" TEXT(2));
}

static inline void build_dma(const char *base)
{
    put(base, "spool/Q1a.55d0c0",
        "ID: 1a.55d0c0\nSender: a1@here.example\nRecipient: b1@there.example\n");
    put(base, "spool/M1a.55d0c0", TEXT(1));
    put(base, "spool/Q2b.55d0c0",
        "ID: 2b.55d0c0\nSender: a2@here.example\nRecipient: b2@there.example\n");
    put(base, "spool/M2b.55d0c0", TEXT(2));
}

static inline void build_qmail(const char *base)
{
    static const char *const empty[] = {"intd", "bounce", "remote", "pid", "lock"};

    for (unsigned i = 0; i < G_N_ELEMENTS(empty); i++) {
        g_autofree char *name = g_build_filename("queue", empty[i], NULL);
        collect_mkdir(base, name);
    }
    put(base, "queue/mess/2/25", TEXT(1));
    PUT(base, "queue/info/2/25", "Fa1@here.example\0");
    PUT(base, "queue/local/2/25", "Db1@there.example\0");
    put(base, "queue/bounce/25", "<b1@there.example>:\nno such user\n\n");
    put(base, "queue/mess/3/26", TEXT(2));
    PUT(base, "queue/todo/26", "u0\0p1\0Fa2@here.example\0Tb2@there.example\0");
}

#define COURIER_CONTROL(n, id)                                                               \
    "sa" #n "@here.example\nfdns; localhost (localhost [127.0.0.1])\ne\nt\nM" id "\nrb" #n   \
    "@there.example\nRrfc822;b" #n "@there.example\nN\nulocal\nE1795860000\n"                \
    "A1795255500\nI0 P mx.there.example [192.0.2.9]\nI0 S RCPT TO:<b" #n "@there.example>\n" \
    "I0 R 450 4.2.1 busy\nD0 1795255205\nC1795255206\n"

static inline void build_courier(const char *base)
{
    collect_mkdir(base, "courier/msgq");
    collect_mkdir(base, "courier/tmp");
    put(base, "courier/msgs/7/C4711", COURIER_CONTROL(1, "0000000000001267.6A0.1"));
    put(base, "courier/msgs/7/D4711", TEXT(1));
    put(base, "courier/msgs/8/C4712", COURIER_CONTROL(2, "0000000000001268.6A0.2"));
    put(base, "courier/msgs/8/D4712", TEXT(2));
}

static inline void build_sendmail(const char *base)
{
    put(base, "mqueue/qf6ALA00ab000001",
        "V8\nT1795255200\nK0\nN0\nP30000\nSa1@here.example\nRPFD:b1@there.example\n"
        "H??Subject: one\n.\n");
    put(base, "mqueue/df6ALA00ab000001", "body\n");
    put(base, "mqueue/qf6ALA00ab000002",
        "V8\nT1795255201\nK0\nN0\nP30000\nSa2@here.example\nRPFD:b2@there.example\n"
        "H??Subject: two\n.\n");
    put(base, "mqueue/df6ALA00ab000002", "body\n");
}

#define EXIM_HEADER(n, id)                                                                 \
    id "-H\nroot 0 0\n<a" #n "@here.example>\n1795255200 0\n-received_time_usec .000001\n" \
       "-local\nXX\n1\nb" #n "@there.example\n\n033F From: a" #n "@here.example (somebody)\n"

static inline void build_exim(const char *base)
{
    collect_mkdir(base, "exim/msglog");
    collect_mkdir(base, "exim/db");
    put(base, "exim/input/1xUw9T-000001-AB-H", EXIM_HEADER(1, "1xUw9T-000001-AB"));
    put(base, "exim/input/1xUw9T-000001-AB-D", "1xUw9T-000001-AB-D\nbody\n");
    put(base, "exim/input/1xUw9T-000002-AB-H", EXIM_HEADER(2, "1xUw9T-000002-AB"));
    put(base, "exim/input/1xUw9T-000002-AB-D", "1xUw9T-000002-AB-D\nbody\n");
}

#define SMTPD_ENVELOPE(n)                                                                     \
    "version: 3\ndispatcher: relay\ntype: mta\nsmtpname: here.example\nhelo: here.example\n"  \
    "hostname: here.example\nerrorline: \nsockaddr: local\nsender: a" #n                      \
    "@here.example\nrcpt: b" #n "@there.example\ndest: b" #n                                  \
    "@there.example\nctime: 1795255200\nlast-try: 0\nlast-bounce: 0\nttl: 345600\nretry: 0\n" \
    "flags: \ndsn-notify: \nesc-class: 0\nesc-code: 0\n"

static inline void build_opensmtpd(const char *base)
{
    collect_mkdir(base, "smtpd/incoming");
    collect_mkdir(base, "smtpd/offline");
    put(base, "smtpd/queue/af/af85bf09/af85bf097c548799", SMTPD_ENVELOPE(1));
    put(base, "smtpd/queue/af/af85bf09/message", TEXT(1));
    put(base, "smtpd/queue/b0/b085bf09/b085bf097c548799", SMTPD_ENVELOPE(2));
    put(base, "smtpd/queue/b0/b085bf09/message", TEXT(2));
}

#define A1 "a1@here.example"
#define B1 "b1@there.example"
#define A2 "a2@here.example"
#define B2 "b2@there.example"

static const struct fixture fixtures[] = {
    {"postfix",
     "spool",
     build_postfix,
     "deferred",
     false,
     false,
     2,
     {{"A1B2C3D4E5", A1, B1, HQ_STATE_DEFERRED}, {"B1B2C3D4E5", A2, B2, HQ_STATE_QUEUED}}},
    {"sendmail",
     "mqueue",
     build_sendmail,
     ".",
     false,
     false,
     2,
     {{"6ALA00ab000001", A1, B1, HQ_STATE_QUEUED}, {"6ALA00ab000002", A2, B2, HQ_STATE_QUEUED}}},
    {"exim",
     "exim",
     build_exim,
     "input",
     false,
     false,
     2,
     {{"1xUw9T-000001-AB", A1, B1, HQ_STATE_QUEUED},
      {"1xUw9T-000002-AB", A2, B2, HQ_STATE_QUEUED}}},
    {"opensmtpd",
     "smtpd",
     build_opensmtpd,
     "queue",
     false,
     false,
     2,
     {{NULL, A1, B1, HQ_STATE_DEFERRED}, {NULL, A2, B2, HQ_STATE_DEFERRED}}},
    {"qmail",
     "queue",
     build_qmail,
     "mess",
     false,
     false,
     2,
     {{"25", A1, B1, HQ_STATE_FAILED}, {"26", A2, B2, HQ_STATE_QUEUED}}},
    {"courier",
     "courier",
     build_courier,
     "msgs",
     false,
     false,
     2,
     {{"0000000000001267.6A0.1", A1, B1, HQ_STATE_DEFERRED},
      {"0000000000001268.6A0.2", A2, B2, HQ_STATE_DEFERRED}}},
    {"nullmailer",
     "spool",
     build_nullmailer,
     "queue",
     false,
     false,
     2,
     {{"1795255200.11", A1, B1, HQ_STATE_DEFERRED}, {"1795255201.12", A2, B2, HQ_STATE_FAILED}}},
    {"dma",
     "spool",
     build_dma,
     ".",
     false,
     false,
     2,
     {{"1a.55d0c0", A1, B1, HQ_STATE_DEFERRED}, {"2b.55d0c0", A2, B2, HQ_STATE_DEFERRED}}},
    {"maildir",
     "box",
     build_maildir,
     "new",
     false,
     false,
     2,
     {{"1795255200.M1.host", A1, B1, HQ_STATE_DELIVERED},
      {"1795255201.M2.host", A2, B2, HQ_STATE_DELIVERED}}},
    {"mbox",
     "box",
     build_mbox,
     NULL,
     true,
     false,
     2,
     {{NULL, A1, B1, HQ_STATE_DELIVERED}, {NULL, A2, B2, HQ_STATE_DELIVERED}}},
    {"snapshot",
     "queue.ndjson",
     build_snapshot,
     NULL,
     true,
     false,
     2,
     {{"I1", A1, B1, HQ_STATE_DEFERRED}, {"I2", A2, B2, HQ_STATE_DEFERRED}}},
    {"eml", "mail.eml", build_eml, NULL, true, true, 1, {{"mail.eml", A1, B1, HQ_STATE_DELIVERED}}},
};

#endif
