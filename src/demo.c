/* SPDX-License-Identifier: ISC */
/* The samples that come with hopq, as sources and as configuration. */
#include "demo.h"
#include "base/data.h"
#include "hopq/error.h"
#include "hopq/io.h"
#include "options.h"

#define CLOCK_FILE "taken-at"

static char *find_samples(void)
{
    g_autofree char *clock = hq_data_find("samples/" CLOCK_FILE);

    return clock ? g_path_get_dirname(clock) : g_strdup(HOPQ_DATADIR "/samples");
}

gboolean hq_demo_configure(struct hq_options *options, GError **error)
{
    g_autofree char *samples = find_samples();
    g_autofree char *clock = g_build_filename(samples, CLOCK_FILE, NULL);
    g_autofree char *configuration = g_build_filename(samples, "hopq.conf", NULL);
    g_autofree char *now = hq_io_slurp(clock, 64, NULL, NULL);

    if (!now) {
        hq_error_set(error, HQ_EXIT_NO_SOURCE, 0, "open the samples", samples,
                     "they are not there");
        return FALSE;
    }
    g_setenv("HOPQ_NOW", g_strstrip(now), FALSE);
    if (!hq_config_read(options, configuration, error))
        return FALSE;
    /* themes are the user's */
    g_clear_pointer(&options->theme_folder, g_free);
    return TRUE;
}

char **hq_demo_sources(void)
{
    static const char *const schemes[] = {"postfix", "maildir"};
    g_autofree char *samples = find_samples();
    g_autoptr(GStrvBuilder) sources = g_strv_builder_new();

    for (unsigned i = 0; i < G_N_ELEMENTS(schemes); i++) {
        g_autofree char *source = g_strdup_printf("%s:%s/%s", schemes[i], samples, schemes[i]);
        g_strv_builder_add(sources, source);
    }
    return g_strv_builder_end(sources);
}
