/* SPDX-License-Identifier: ISC */
/* Errors of the world (not of our code, not of the mail): a GError of this domain carries the
 * exit status it leads to. Only the top prints it, as "hopq: what was attempted: object: cause". */
#ifndef HOPQ_ERROR_H
#define HOPQ_ERROR_H

#include <glib.h>

#define HQ_ERROR (hq_error_quark())
GQuark hq_error_quark(void);

/* Codes are the exit statuses that hopq(1) promises. */
enum hq_exit {
    HQ_EXIT_OK = 0,
    HQ_EXIT_FINDINGS = 1, /* --fail-on met, or an action failed for some messages */
    HQ_EXIT_PARTIAL = 2,  /* something could not be read; it is listed as a problem */
    HQ_EXIT_USAGE = 64,
    HQ_EXIT_NO_SOURCE = 66,
    HQ_EXIT_NO_MTA = 69,
    HQ_EXIT_INTERNAL = 70,
    HQ_EXIT_DENIED = 77
};

/* Sets ERROR to "attempted: object: cause"; OBJECT may be NULL. CAUSE from strerror(errnum) when
 * NULL. */
void hq_error_set(GError **error, enum hq_exit code, int errnum, const char *attempted,
                  const char *object, const char *cause);
/* Takes LATER (may be NULL): it becomes ERROR unless something went wrong before. */
void hq_error_keep(GError **error, GError *later);

#endif
