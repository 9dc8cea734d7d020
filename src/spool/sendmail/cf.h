/* SPDX-License-Identifier: ISC */
/* Lines of sendmail.cf, and files of Sendmail's configuration. */
#ifndef HOPQ_SPOOL_SENDMAIL_CF_H
#define HOPQ_SPOOL_SENDMAIL_CF_H

/* A file of root's, whole; NULL: it is none, or too large. Caller frees. */
char *hq_sm_config_slurp(const char *path);

#endif
