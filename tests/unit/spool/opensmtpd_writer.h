/* SPDX-License-Identifier: ISC */
/* A spool of OpenSMTPD as its tests want it: directories, envelopes with the lines of 6.8, texts.
 */
#ifndef HOPQ_TEST_SMTPD_WRITER_H
#define HOPQ_TEST_SMTPD_WRITER_H

#include "collect.h"

#define SMTPD_TEXT \
    "Received: from a by b; Sun, 22 Nov 2026 01:00:00 +0000\nSubject: hello\n\nbody\n"

static inline char *smtpd_new(void)
{
    static const char *const dirs[] = {"queue", "incoming", "offline", "temporary", "purge"};
    char *path = collect_tempdir();

    for (unsigned i = 0; i < G_N_ELEMENTS(dirs); i++)
        collect_mkdir(path, dirs[i]);
    return path;
}

/* Lines behind "version"; MORE are those that are there only now and then. */
static inline char *smtpd_envelope(const char *rcpt, const char *dest, unsigned retry,
                                   const char *more)
{
    return g_strdup_printf("version: 3\ndispatcher: out\ntype: mta\nsmtpname: mail.ours.test\n"
                           "helo: client.test\nhostname: rev.client.test\n%ssockaddr: 192.0.2.9\n"
                           "sender: s@far.test\nrcpt: %s\ndest: %s\nctime: 1000000\nlast-try: 0\n"
                           "last-bounce: 0\nttl: 0\nretry: %u\ndsn-notify: 0\n",
                           more, rcpt, dest, retry);
}

static inline void smtpd_put(const char *path, const char *name, const char *bytes, size_t n)
{
    g_autofree char *dir = g_path_get_dirname(name);

    collect_mkdir(path, dir);
    collect_write(path, name, bytes, n, 0600);
}

static inline void smtpd_put_text(const char *path, const char *name, const char *text)
{
    smtpd_put(path, name, text, strlen(text));
}

/* queue/XX/ID with a text and one envelope. */
static inline void smtpd_message(const char *path, const char *id, const char *envelope)
{
    g_autofree char *text = g_strdup_printf("queue/%.2s/%s/message", id, id);
    g_autofree char *name = g_strdup_printf("queue/%.2s/%s/%s00000001", id, id, id);

    smtpd_put_text(path, text, SMTPD_TEXT);
    smtpd_put_text(path, name, envelope);
}

static inline struct collect *smtpd_list(const char *path)
{
    const struct hq_spool *spool = hq_spool_find("opensmtpd", strlen("opensmtpd"));
    struct collect *collect = collect_new();
    struct hq_layout *layout = spool->layout->open(path, NULL);

    assert_non_null(layout);
    collect_all(collect, spool, layout);
    spool->layout->close(layout);
    return collect;
}

static inline void smtpd_free(char *path)
{
    collect_remove(path);
    g_free(path);
}

#endif
