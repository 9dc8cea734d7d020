/* SPDX-License-Identifier: ISC */
/* Themes: styles as words, the compiled-in table, files over it. A file is INI: [16], [256] and
 * [mono] give styles by role, [theme] describes. A style of [16] holds for 256 colours too
 * unless [256] says otherwise. */
#include "tui/theme.h"
#include "base/data.h"
#include "hopq/error.h"
#include <string.h>

const char *const hq_role_names[HQ_ROLE_COUNT] = {
#define HQ_ROLE(id, name, c16, c256, mono) [HQ_ROLE_##id] = (name),
#include "tui/roles.def"
#undef HQ_ROLE
};

static const char *const built_in[HQ_ROLE_COUNT][HQ_DEPTH_COUNT] = {
#define HQ_ROLE(id, name, c16, c256, mono) [HQ_ROLE_##id] = {(c16), (c256), (mono)},
#include "tui/roles.def"
#undef HQ_ROLE
};

static const char *const sections[HQ_DEPTH_COUNT] = {"16", "256", "mono"};

static const char *const colors[] = {"black", "red",     "green", "yellow",
                                     "blue",  "magenta", "cyan",  "white"};

static const char *const attributes[] = {"bold", "dim", "reverse", "underline", "italic"};

static bool parse_color(const char *word, short *color)
{
    bool bright = g_str_has_prefix(word, "bright-");
    gint64 number;
    if (strcmp(word, "default") == 0) {
        *color = -1;
        return true;
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(colors); i++) {
        if (strcmp(word + (bright ? strlen("bright-") : 0), colors[i]) == 0) {
            *color = (short)(i + (bright ? 8 : 0));
            return true;
        }
    }
    if (!g_ascii_string_to_signed(word, 10, 0, 255, &number, NULL))
        return false;
    *color = (short)number;
    return true;
}

static bool parse_attribute(const char *word, unsigned *set)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(attributes); i++) {
        if (strcmp(word, attributes[i]) == 0) {
            *set |= 1u << i;
            return true;
        }
    }
    return false;
}

/* "red", "red/blue", "/blue". */
static bool parse_pair(const char *word, struct hq_style *style)
{
    g_auto(GStrv) sides = g_strsplit(word, "/", 2);
    if (sides[0][0] != '\0' && !parse_color(sides[0], &style->foreground))
        return false;
    return !sides[1] || parse_color(sides[1], &style->background);
}

bool hq_style_parse(const char *text, struct hq_style *style)
{
    g_auto(GStrv) words = g_strsplit_set(text, " \t", -1);
    *style = (struct hq_style){.foreground = -1, .background = -1};
    for (char **word = words; *word; word++)
        if (**word && !parse_attribute(*word, &style->attributes) && !parse_pair(*word, style))
            return false;
    return true;
}

void hq_theme_default(struct hq_theme *theme)
{
    for (unsigned role = 0; role < HQ_ROLE_COUNT; role++) {
        for (unsigned depth = 0; depth < HQ_DEPTH_COUNT; depth++) {
            bool good = hq_style_parse(built_in[role][depth], &theme->styles[depth][role]);
            g_assert(good);
        }
    }
}

static int find_role(const char *name)
{
    for (int i = 0; i < HQ_ROLE_COUNT; i++)
        if (strcmp(name, hq_role_names[i]) == 0)
            return i;
    return -1;
}

static bool load_section(struct hq_theme *theme, GKeyFile *file, enum hq_depth from,
                         enum hq_depth to, const char *path, GError **error)
{
    g_auto(GStrv) names = g_key_file_get_keys(file, sections[from], NULL, NULL);
    for (char **name = names; name && *name; name++) {
        g_autofree char *text = g_key_file_get_string(file, sections[from], *name, NULL);
        int role = find_role(*name);
        struct hq_style style;
        if (role < 0 || !text || !hq_style_parse(text, &style)) {
            g_autofree char *cause = g_strdup_printf("[%s] %s=%s is no %s", sections[from], *name,
                                                     text ? text : "", role < 0 ? "role" : "style");
            hq_error_set(error, HQ_EXIT_USAGE, 0, "reading theme", path, cause);
            return false;
        }
        theme->styles[to][role] = style;
    }
    return true;
}

bool hq_theme_load(struct hq_theme *theme, const char *path, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(GError) cause = NULL;
    if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, &cause)) {
        hq_error_set(error, HQ_EXIT_USAGE, 0, "reading theme", path, cause->message);
        return false;
    }
    return load_section(theme, file, HQ_DEPTH_16, HQ_DEPTH_16, path, error) &&
           load_section(theme, file, HQ_DEPTH_16, HQ_DEPTH_256, path, error) &&
           load_section(theme, file, HQ_DEPTH_256, HQ_DEPTH_256, path, error) &&
           load_section(theme, file, HQ_DEPTH_MONO, HQ_DEPTH_MONO, path, error);
}

static char *search(const char *name, const char *folder)
{
    g_autofree char *user = g_build_filename(g_get_user_config_dir(), "hopq", NULL);
    const char *const folders[] = {folder, user, "/etc/hopq"};
    g_autofree char *file = g_strconcat("themes/", name, ".theme", NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(folders); i++) {
        g_autofree char *path = folders[i] ? g_build_filename(folders[i], file, NULL) : NULL;
        if (path && g_file_test(path, G_FILE_TEST_IS_REGULAR))
            return g_steal_pointer(&path);
    }
    return hq_data_find(file);
}

bool hq_theme_find(struct hq_theme *theme, const char *name, const char *folder, GError **error)
{
    const char *wanted = name ? name : "default";
    hq_theme_default(theme);
    g_autofree char *path = strchr(wanted, '/') ? NULL : search(wanted, folder);
    if (path)
        return hq_theme_load(theme, path, error);
    if (strcmp(wanted, "default") == 0)
        return true;
    hq_error_set(error, HQ_EXIT_USAGE, 0, "find theme", wanted, "no such theme");
    return false;
}
