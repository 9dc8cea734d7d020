/* SPDX-License-Identifier: ISC */
/* Data that only developers have: the folder that HOPQ_DATA names, else the one beside the
 * checkout. Tests that want it are skipped, and say so, where it is not. */
#ifndef HOPQ_TESTS_DEV_DATA_H
#define HOPQ_TESTS_DEV_DATA_H

#include <glib.h>

/* Path of NAME, valid until the next call; without the file the test ends here, skipped. Call it
 * before anything is allocated: a skipped test frees nothing. */
static inline const char *dev_data(const char *name)
{
    static char path[4096];
    const char *root = g_getenv("HOPQ_DATA");

    g_snprintf(path, sizeof path, "%s/%s", root ? root : HOPQ_SOURCE_DIR "/../shared/data", name);
    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        print_message("SKIP: no %s (set HOPQ_DATA)\n", path);
        skip();
    }
    return path;
}

#endif
