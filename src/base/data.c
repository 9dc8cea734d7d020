/* SPDX-License-Identifier: ISC */
/* Where the program is tells where its files are: a prefix may be moved after it was built. */
#include "base/data.h"
#include <glib.h>

char *hq_data_find(const char *name)
{
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *folder = program ? g_path_get_dirname(program) : NULL;
    g_autofree char *share = folder ? g_build_filename(folder, "..", "share", "hopq", NULL) : NULL;
    const char *const places[] = {folder, share, HOPQ_DATADIR};

    for (unsigned i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autofree char *path = places[i] ? g_build_filename(places[i], name, NULL) : NULL;
        if (path && g_file_test(path, G_FILE_TEST_EXISTS))
            return g_canonicalize_filename(path, "/");
    }
    return NULL;
}
