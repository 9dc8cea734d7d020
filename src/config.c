/* SPDX-License-Identifier: ISC */
/* The configuration files: [hopq] and [keys] of an INI file, read, never written. The command line
 * wins; the user's file wins over the system's. A mistake is told with its line. */
#include "hopq/error.h"
#include "hopq/io.h"
#include "options.h"
#include "tui/keys.h"
#include <string.h>

#define SYSTEM_FILE "/etc/hopq/hopq.conf"
#define GROUP       "hopq"
#define KEYS        "keys"

enum { MAX_FILE = 1 << 20 };

struct config {
    const char *path;
    char *text;
    GKeyFile *file;
};

/* ---- mistakes ---- */

static bool refuse(const struct config *config, unsigned line, const char *cause, GError **error)
{
    g_autofree char *object = g_strdup_printf("%s:%u", config->path, line);

    hq_error_set(error, HQ_EXIT_USAGE, 0, "read configuration", line ? object : config->path,
                 cause);
    return false;
}

/* Where "KEY =" stands in [GROUP]; without a KEY, where the group begins. 0: nowhere. */
static unsigned line_of(const struct config *config, const char *group, const char *key)
{
    g_auto(GStrv) lines = g_strsplit(config->text, "\n", -1);
    g_autofree char *title = g_strdup_printf("[%s]", group);
    bool inside = false;

    for (unsigned i = 0; lines[i]; i++) {
        char *line = g_strstrip(lines[i]);
        if (*line == '[')
            inside = strcmp(line, title) == 0;
        if (inside && !key)
            return i + 1;
        line[strcspn(line, "=")] = '\0';
        if (inside && strcmp(g_strchomp(line), key) == 0)
            return i + 1;
    }
    return 0;
}

static bool refuse_key(const struct config *config, const char *group, const char *key,
                       const char *what, const char *cause, GError **error)
{
    g_autofree char *words = g_strdup_printf("%s: %s", what, cause);

    return refuse(config, line_of(config, group, key), words, error);
}

/* The first line that is nothing; GLib does not tell which. */
static bool check_lines(const struct config *config, GError **error)
{
    g_auto(GStrv) lines = g_strsplit(config->text, "\n", -1);
    bool inside = false;

    for (unsigned i = 0; lines[i]; i++) {
        const char *line = g_strstrip(lines[i]);
        bool title = *line == '[';
        if (!*line || *line == '#')
            continue;
        if (!g_utf8_validate(line, -1, NULL))
            return refuse(config, i + 1, "not valid UTF-8", error);
        if (title ? !g_str_has_suffix(line, "]") : !strchr(line, '=') || *line == '=')
            return refuse(config, i + 1, "neither [group] nor key=value", error);
        if (!title && !inside)
            return refuse(config, i + 1, "no [" GROUP "] or [" KEYS "] stands above it", error);
        inside = true;
    }
    return true;
}

/* A name that is not known is a mistake that would be searched for long. */
static bool check_names(const struct config *config, GError **error)
{
    static const char *const known[] = {"our", "egress", "trust", "dns", "theme", "read-only"};
    g_auto(GStrv) groups = g_key_file_get_groups(config->file, NULL);
    g_auto(GStrv) keys = g_key_file_get_keys(config->file, GROUP, NULL, NULL);

    for (unsigned i = 0; groups[i]; i++)
        if (strcmp(groups[i], GROUP) != 0 && strcmp(groups[i], KEYS) != 0)
            return refuse_key(config, groups[i], NULL, groups[i], "no such group", error);
    for (unsigned i = 0; keys && keys[i]; i++)
        if (hq_name_find(known, G_N_ELEMENTS(known), keys[i]) < 0)
            return refuse_key(config, GROUP, keys[i], keys[i], "no such key", error);
    return true;
}

/* ---- values ---- */

static bool check_value(const struct config *config, const char *key, const char *value,
                        GError **error)
{
    const char *cause = hq_options_wrong(key, value);

    return !cause || refuse_key(config, GROUP, key, value, cause, error);
}

static bool fill_string(char **option, const struct config *config, const char *key, GError **error)
{
    g_autofree char *value = g_key_file_get_string(config->file, GROUP, key, NULL);

    if (!value)
        return true;
    if (!*option)
        *option = g_strdup(value);
    return check_value(config, key, value, error);
}

/* Values are separated by commas, semicolons or blanks. */
static bool fill_list(char ***option, const struct config *config, const char *key, GError **error)
{
    g_autofree char *value = g_key_file_get_string(config->file, GROUP, key, NULL);

    if (!value)
        return true;
    g_auto(GStrv) words = g_strsplit_set(value, ",; \t", -1);
    g_autoptr(GStrvBuilder) list = g_strv_builder_new();
    for (unsigned i = 0; words[i]; i++) {
        if (*words[i] && !check_value(config, key, words[i], error))
            return false;
        if (*words[i])
            g_strv_builder_add(list, words[i]);
    }
    if (!*option)
        *option = g_strv_builder_end(list);
    return true;
}

/* What was meant to forbid must not be read as permission. */
static bool fill_flag(gboolean *option, const struct config *config, const char *key,
                      GError **error)
{
    static const char *const words[] = {"no", "false", "0", "off", "yes", "true", "1", "on"};
    g_autofree char *value = g_key_file_get_string(config->file, GROUP, key, NULL);
    int word = value ? hq_name_find(words, G_N_ELEMENTS(words), g_strchomp(value)) : 0;

    if (word < 0)
        return refuse_key(config, GROUP, key, value, "wants yes or no", error);
    *option |= word >= 4;
    return true;
}

static bool bind_keys(const struct config *config, GError **error)
{
    g_auto(GStrv) names = g_key_file_get_keys(config->file, KEYS, NULL, NULL);

    for (unsigned i = 0; names && names[i]; i++) {
        g_autofree char *value = g_key_file_get_string(config->file, KEYS, names[i], NULL);
        g_autoptr(GError) wrong = NULL;
        if (!hq_key_bind(names[i], value ? value : "", &wrong))
            return refuse(config, line_of(config, KEYS, names[i]), wrong->message, error);
    }
    return true;
}

static bool take(struct hq_options *options, const struct config *config, GError **error)
{
    g_autoptr(GError) wrong = NULL;

    if (!check_lines(config, error))
        return false;
    if (!g_key_file_load_from_data(config->file, config->text, strlen(config->text),
                                   G_KEY_FILE_NONE, &wrong))
        return *config->text ? refuse(config, 0, wrong->message, error) : true;
    return check_names(config, error) && bind_keys(config, error) &&
           fill_list(&options->our, config, "our", error) &&
           fill_list(&options->egress, config, "egress", error) &&
           fill_list(&options->trust, config, "trust", error) &&
           fill_string(&options->dns, config, "dns", error) &&
           fill_string(&options->theme, config, "theme", error) &&
           fill_flag(&options->read_only, config, "read-only", error);
}

/* ---- files ---- */

static bool read_file(struct hq_options *options, const char *path, bool must_be, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    struct config config = {.path = path, .file = file};
    GError *wrong = NULL;

    config.text = hq_io_slurp(path, MAX_FILE, NULL, &wrong);
    if (!config.text && !must_be &&
        (wrong->code == HQ_EXIT_NO_SOURCE || wrong->code == HQ_EXIT_DENIED)) {
        g_error_free(wrong);
        return true;
    }
    if (!config.text) {
        g_propagate_error(error, wrong);
        return false;
    }
    bool good = take(options, &config, error);
    g_free(config.text);
    if (!options->theme_folder) {
        g_autofree char *folder = g_path_get_dirname(path);
        options->theme_folder = g_build_filename(folder, "themes", NULL);
    }
    return good;
}

bool hq_config_read(struct hq_options *options, const char *file, GError **error)
{
    g_autofree char *users = g_build_filename(g_get_user_config_dir(), "hopq", "hopq.conf", NULL);

    if (file)
        return read_file(options, file, true, error);
    return read_file(options, users, false, error) && read_file(options, SYSTEM_FILE, false, error);
}
