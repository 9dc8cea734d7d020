/* SPDX-License-Identifier: ISC */
/* Which host an Exim hands all its mail to. */
#ifndef HOPQ_SPOOL_EXIM_ROUTERS_H
#define HOPQ_SPOOL_EXIM_ROUTERS_H

#include <glib.h>
#include <stdbool.h>

/* ROUTERS: the lines behind "begin routers", macros resolved. NULL: mail goes out by itself, or it
 * cannot be told. Caller frees. */
char *hq_ex_smart_host(const char *routers);

#endif
