/* SPDX-License-Identifier: ISC */
/* Finds the samples: beside the program as built, else where they are installed. */
#include "demo.h"
#include "hopq/error.h"
#include "hopq/io.h"

static char *beside_program(void)
{
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *folder = program ? g_path_get_dirname(program) : NULL;

    return folder ? g_build_filename(folder, "samples", NULL) : NULL;
}

/* Source of the sample that lies at FOLDER/NAME. */
static void add_sample(GStrvBuilder *sources, const char *folder, const char *scheme)
{
    g_autofree char *path = g_build_filename(folder, scheme, NULL);
    g_autofree char *source = g_strdup_printf("%s:%s", scheme, path);

    if (g_file_test(path, G_FILE_TEST_IS_DIR))
        g_strv_builder_add(sources, source);
}

char **hq_demo_sources(GError **error)
{
    static const char *const schemes[] = {"postfix", "maildir"};
    g_autofree char *built = beside_program();
    const char *folder =
        built && g_file_test(built, G_FILE_TEST_IS_DIR) ? built : HOPQ_DATADIR "/samples";
    g_autofree char *clock = g_build_filename(folder, "taken-at", NULL);
    g_autofree char *now = hq_io_slurp(clock, 64, NULL, NULL);
    g_autoptr(GStrvBuilder) sources = g_strv_builder_new();

    if (!now) {
        hq_error_set(error, HQ_EXIT_NO_SOURCE, 0, "open the samples", folder, "they are not there");
        return NULL;
    }
    g_setenv("HOPQ_NOW", g_strstrip(now), FALSE);
    for (unsigned i = 0; i < G_N_ELEMENTS(schemes); i++)
        add_sample(sources, folder, schemes[i]);
    return g_strv_builder_end(sources);
}
