/* SPDX-License-Identifier: ISC */
/* Finds files by where the program is: a prefix may be moved after it was built. */
#include "base/data.h"
#include <glib.h>
#include <sys/auxv.h>

/* In a chroot without /proc: the path that it was started by. */
const char *hq_data_program(void)
{
    static const char link[] = "/proc/self/exe";
    unsigned long started_by = getauxval(AT_EXECFN);

    if (!started_by || g_file_test(link, G_FILE_TEST_EXISTS))
        return link;
    /* so is getauxval(3) defined. NOLINTNEXTLINE(performance-no-int-to-ptr) */
    return (const char *)started_by;
}

char *hq_data_find(const char *name)
{
    const char *started = hq_data_program();
    g_autofree char *target = g_file_read_link(started, NULL);
    const char *program = target && g_path_is_absolute(target) ? target : started;
    g_autofree char *folder = g_path_get_dirname(program);
    g_autofree char *share = g_build_filename(folder, "..", "share", "hopq", NULL);
    const char *const places[] = {folder, share, HOPQ_DATADIR};

    for (unsigned i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autofree char *path = g_build_filename(places[i], name, NULL);
        if (g_file_test(path, G_FILE_TEST_EXISTS))
            return g_canonicalize_filename(path, NULL);
    }
    return NULL;
}
