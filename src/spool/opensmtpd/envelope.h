/* SPDX-License-Identifier: ISC */
/* An envelope of OpenSMTPD: "name: value" lines, one file a recipient. envelope.c of OpenSMTPD 6.4
 * to 7.7 (version 3); 5.4 to 6.0 wrote version 2, with "expire" for "ttl". */
#ifndef HOPQ_SPOOL_OPENSMTPD_ENVELOPE_H
#define HOPQ_SPOOL_OPENSMTPD_ENVELOPE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Strings lie in the text that was read, NULL where it does not say; numbers HQ_NONE. */
struct hq_smtpd_envelope {
    int64_t version;
    const char *dispatcher; /* name of the action that delivers it */
    const char *type;       /* "mta", "mda", "bounce" */
    const char *helo;
    const char *hostname; /* reverse name of the client */
    const char *username; /* who authenticated: 7.0 and later */
    const char *errorline;
    const char *sockaddr;         /* "local", "192.0.2.1", "[2001:db8::1]" */
    const char *sender;           /* "@" is the null sender */
    const char *rcpt;             /* as it came in */
    const char *dest;             /* after aliases */
    int64_t ctime, last_try, ttl; /* seconds */
    int64_t last_bounce;          /* the moment that the last delay warning was for; 0: none */
    int64_t retry;                /* attempts that failed */
    const char *flags;            /* "authenticated", "bounce", "internal" */
    const char *orcpt;
    int64_t esc_class, esc_code; /* enhanced status 4.7.1 is 4 and 71 */
    const char *bounce_type;     /* "failed", "delayed", "delivered" */
};

/* Reads TEXT (N bytes and a NUL), which it cuts into strings. False: it is damaged, and DAMAGE says
 * where; what is sound of it is there. */
bool hq_smtpd_envelope_read(struct hq_smtpd_envelope *envelope, char *text, size_t n,
                            GString *damage);

/* WORD is one of the words of FLAGS, which may be NULL. */
bool hq_smtpd_flag(const char *flags, const char *word);

#endif
