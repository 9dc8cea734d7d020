/* SPDX-License-Identifier: ISC */
/* Lists as Exim's configuration writes them. */
#ifndef HOPQ_SPOOL_EXIM_LIST_H
#define HOPQ_SPOOL_EXIM_LIST_H

#include <glib.h>

/* "a : b::c", "<; 192.0.2.1 ; 2001:db8::1": items without the blanks around them; a separator
 * that is doubled stands for itself (specification, "Lists"). Caller frees with g_strfreev(). */
char **hq_ex_list_split(const char *list);

#endif
