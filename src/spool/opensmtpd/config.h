/* SPDX-License-Identifier: ISC */
/* Configuration of OpenSMTPD: smtpd.conf(5), read by ourselves, since no tool of smtpd prints it.
 * A file is believed only when none but root can write to it. */
#ifndef HOPQ_SPOOL_OPENSMTPD_CONFIG_H
#define HOPQ_SPOOL_OPENSMTPD_CONFIG_H

#include "hopq/context.h"

#define HQ_SMTPD_CONFIG "/etc/smtpd.conf"

/* Adds what the file PATH tells, if it is there: settings ("queue ttl", "action NAME ttl"), own
 * domains, networks that may relay, sending addresses, the host name. Tables that are no text are
 * named in the setting "hopq_unread_tables". */
void hq_smtpd_config_read(const char *path, struct hq_context *context);

/* ---- for it and its test ---- */

/* Statements: each a NULL-terminated list of words, in which braces and commas are words of their
 * own. Macros ("$name") are replaced; what is included is not. */
GPtrArray *hq_smtpd_config_split(const char *text, GHashTable *macros);

/* The same as hq_smtpd_config_read() of a file's TEXT. */
void hq_smtpd_config_apply(const char *text, struct hq_context *context);

#endif
