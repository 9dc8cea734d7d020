/* SPDX-License-Identifier: ISC */
/* The configuration files: [hopq] and [keys] of an INI file, read, never written. The command line
 * wins; the user's file wins over the system's. */
#include "hopq/error.h"
#include "options.h"
#include "tui/keys.h"

#define SYSTEM_FILE "/etc/hopq/hopq.conf"
#define GROUP       "hopq"
#define KEYS        "keys"

static void fill_string(char **option, GKeyFile *file, const char *key)
{
    if (!*option)
        *option = g_key_file_get_string(file, GROUP, key, NULL);
}

/* Values are separated by commas or blanks. */
static void fill_list(char ***option, GKeyFile *file, const char *key)
{
    g_autofree char *value = g_key_file_get_string(file, GROUP, key, NULL);

    if (*option || !value)
        return;
    g_auto(GStrv) words = g_strsplit_set(value, ", \t", -1);
    g_autoptr(GStrvBuilder) list = g_strv_builder_new();
    for (unsigned i = 0; words[i]; i++) {
        if (*words[i])
            g_strv_builder_add(list, words[i]);
    }
    *option = g_strv_builder_end(list);
}

/* A key that is not known is a mistake that would be searched for long. */
static bool check_keys(GKeyFile *file, const char *path, GError **error)
{
    static const char *const known[] = {"our", "egress", "trust", "dns", "theme", "read-only"};
    g_auto(GStrv) keys = g_key_file_get_keys(file, GROUP, NULL, NULL);

    for (unsigned i = 0; keys && keys[i]; i++) {
        if (hq_name_find(known, G_N_ELEMENTS(known), keys[i]) < 0) {
            g_autofree char *cause = g_strdup_printf("no such key: %s", keys[i]);
            hq_error_set(error, HQ_EXIT_USAGE, 0, "read configuration", path, cause);
            return false;
        }
    }
    return true;
}

static bool bind_keys(GKeyFile *file, GError **error)
{
    g_auto(GStrv) names = g_key_file_get_keys(file, KEYS, NULL, NULL);

    for (unsigned i = 0; names && names[i]; i++) {
        g_autofree char *value = g_key_file_get_string(file, KEYS, names[i], NULL);
        if (!hq_key_bind(names[i], value ? value : "", error))
            return false;
    }
    return true;
}

static bool read_file(struct hq_options *options, const char *path, bool must_be, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(GError) wrong = NULL;

    if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, &wrong)) {
        bool absent = g_error_matches(wrong, G_FILE_ERROR, G_FILE_ERROR_NOENT) ||
                      g_error_matches(wrong, G_FILE_ERROR, G_FILE_ERROR_ACCES);
        if (absent && !must_be)
            return true;
        hq_error_set(error, absent ? HQ_EXIT_NO_SOURCE : HQ_EXIT_USAGE, 0, "read configuration",
                     path, wrong->message);
        return false;
    }
    if (!check_keys(file, path, error) || !bind_keys(file, error))
        return false;
    fill_list(&options->our, file, "our");
    fill_list(&options->egress, file, "egress");
    fill_list(&options->trust, file, "trust");
    fill_string(&options->dns, file, "dns");
    fill_string(&options->theme, file, "theme");
    options->read_only |= g_key_file_get_boolean(file, GROUP, "read-only", NULL);
    if (!options->theme_folder) {
        g_autofree char *folder = g_path_get_dirname(path);
        options->theme_folder = g_build_filename(folder, "themes", NULL);
    }
    return true;
}

bool hq_config_read(struct hq_options *options, const char *file, GError **error)
{
    g_autofree char *users = g_build_filename(g_get_user_config_dir(), "hopq", "hopq.conf", NULL);

    if (file)
        return read_file(options, file, true, error);
    return read_file(options, users, false, error) && read_file(options, SYSTEM_FILE, false, error);
}
