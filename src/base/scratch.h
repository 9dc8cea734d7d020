/* SPDX-License-Identifier: ISC */
/* Strings for the length of a function. Each message needs half a dozen, of some KiB each: what
 * malloc does to give and take those is a tenth of the work on it. */
#ifndef HOPQ_BASE_SCRATCH_H
#define HOPQ_BASE_SCRATCH_H

#include <glib.h>

/* An empty string; given back with hq_scratch_give(), by the same thread. */
GString *hq_scratch_take(void);
void hq_scratch_give(GString *string);

#endif
