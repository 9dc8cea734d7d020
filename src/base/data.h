/* SPDX-License-Identifier: ISC */
/* Finds the files that come with hopq: samples, themes. */
#ifndef HOPQ_BASE_DATA_H
#define HOPQ_BASE_DATA_H

/* A path of this program. */
const char *hq_data_program(void);

/* The absolute path of NAME ("themes/light.theme"): beside the program as built, in the prefix that
 * it is installed under, or where it was to be installed. NULL: nowhere. Caller frees. */
char *hq_data_find(const char *name);

#endif
