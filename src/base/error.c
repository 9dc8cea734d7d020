/* SPDX-License-Identifier: ISC */
/* Errors of the world, worded the same everywhere. */
#include "hopq/error.h"

G_DEFINE_QUARK(hq - error - quark, hq_error)

void hq_error_set(GError **error, enum hq_exit code, int errnum, const char *attempted,
                  const char *object, const char *cause)
{
    if (!cause)
        cause = g_strerror(errnum);
    if (object)
        g_set_error(error, HQ_ERROR, code, "%s: %s: %s", attempted, object, cause);
    else
        g_set_error(error, HQ_ERROR, code, "%s: %s", attempted, cause);
}

void hq_error_keep(GError **error, GError *later)
{
    if (later && error && !*error)
        g_propagate_error(error, later);
    else
        g_clear_error(&later);
}
