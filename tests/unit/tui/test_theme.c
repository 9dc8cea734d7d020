/* SPDX-License-Identifier: ISC */
/* Themes: the words of a style, the files that ship, mistakes in others. */
#include "hopq/error.h"
#include "tui/theme.h"
#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void styles(void **state)
{
    struct hq_style style;
    (void)state;
    assert_true(hq_style_parse("", &style));
    assert_int_equal(style.foreground, -1);
    assert_int_equal(style.background, -1);
    assert_int_equal(style.attributes, 0);
    assert_true(hq_style_parse(" bright-red/208  bold underline", &style));
    assert_int_equal(style.foreground, 9);
    assert_int_equal(style.background, 208);
    assert_int_equal(style.attributes, HQ_ATTRIBUTE_BOLD | HQ_ATTRIBUTE_UNDERLINE);
    assert_true(hq_style_parse("/blue", &style));
    assert_int_equal(style.foreground, -1);
    assert_int_equal(style.background, 4);
    static const char *const wrong[] = {"rred",   "256", "-1",      "red/", "red/blu",
                                        "bolder", "//",  "#ff0000", "0x10", "1/2/3"};
    for (unsigned i = 0; i < G_N_ELEMENTS(wrong); i++)
        if (hq_style_parse(wrong[i], &style))
            fail_msg("taken for a style: %s", wrong[i]);
}

/* The files that ship are whole, and default.theme is what is compiled in. */
static void shipped_themes(void **state)
{
    struct hq_theme built_in, theme;
    const char *folder = HOPQ_SOURCE_DIR "/themes";
    g_autoptr(GDir) files = g_dir_open(folder, 0, NULL);
    unsigned count = 0;
    (void)state;
    assert_non_null(files);
    hq_theme_default(&built_in);
    for (const char *name = g_dir_read_name(files); name; name = g_dir_read_name(files)) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_autoptr(GError) error = NULL;
        hq_theme_default(&theme);
        if (!hq_theme_load(&theme, path, &error))
            fail_msg("%s", error->message);
        if (strcmp(name, "default.theme") == 0)
            assert_memory_equal(&theme, &built_in, sizeof theme);
        count++;
    }
    assert_true(count >= 3);
}

static void default_file_names_every_role(void **state)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    static const char *const sections[] = {"16", "256", "mono"};
    (void)state;
    assert_true(g_key_file_load_from_file(file, HOPQ_SOURCE_DIR "/themes/default.theme",
                                          G_KEY_FILE_NONE, NULL));
    for (unsigned s = 0; s < G_N_ELEMENTS(sections); s++)
        for (unsigned role = 0; role < HQ_ROLE_COUNT; role++)
            assert_true(g_key_file_has_key(file, sections[s], hq_role_names[role], NULL));
}

static bool load_text(const char *text, GError **error)
{
    struct hq_theme theme;
    g_autofree char *folder = g_dir_make_tmp("hopq-theme-XXXXXX", NULL);
    g_autofree char *themes = g_build_filename(folder, "themes", NULL);
    g_autofree char *path = g_build_filename(themes, "mine.theme", NULL);
    assert_int_equal(g_mkdir(themes, 0700), 0);
    assert_true(g_file_set_contents(path, text, -1, NULL));
    bool good = hq_theme_find(&theme, "mine", folder, error);
    g_unlink(path);
    g_rmdir(themes);
    g_rmdir(folder);
    return good;
}

static void mistakes_are_named(void **state)
{
    static const char *const wrong[][2] = {
        {"[16]\nbad=purpel\n", "bad=purpel is no style"},
        {"[256]\nnosuch=red\n", "nosuch=red is no role"},
        {"[mono]\nbad=blink\n", "bad=blink is no style"},
        {"bad=red\n", "mine.theme"},
    };
    (void)state;
    assert_true(load_text("[16]\nbad=red\n", NULL));
    assert_true(load_text("", NULL));
    for (unsigned i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        assert_false(load_text(wrong[i][0], &error));
        assert_true(g_error_matches(error, HQ_ERROR, HQ_EXIT_USAGE));
        assert_non_null(strstr(error->message, wrong[i][1]));
    }
}

/* A tree that was moved, or never installed, has its themes still. */
static void beside_the_program(void **state)
{
    struct hq_theme theme;
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *folder = g_path_get_dirname(program);
    g_autofree char *themes = g_build_filename(folder, "themes", NULL);
    g_autofree char *path = g_build_filename(themes, "beside-the-program.theme", NULL);
    (void)state;
    assert_false(hq_theme_find(&theme, "beside-the-program", NULL, NULL));
    assert_int_equal(g_mkdir_with_parents(themes, 0700), 0);
    assert_true(g_file_set_contents(path, "[16]\nbad=green\n", -1, NULL));
    assert_true(hq_theme_find(&theme, "beside-the-program", NULL, NULL));
    assert_int_equal(theme.styles[HQ_DEPTH_16][HQ_ROLE_BAD].foreground, 2);
    g_unlink(path);
    g_rmdir(themes);
}

static void unknown_themes(void **state)
{
    struct hq_theme theme;
    g_autoptr(GError) error = NULL;
    (void)state;
    assert_false(hq_theme_find(&theme, "no-such-theme", NULL, &error));
    assert_true(g_error_matches(error, HQ_ERROR, HQ_EXIT_USAGE));
    g_clear_error(&error);
    assert_false(hq_theme_find(&theme, "../../etc/passwd", NULL, &error));
    assert_true(hq_theme_find(&theme, NULL, "/nonexistent", NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(styles),
        cmocka_unit_test(shipped_themes),
        cmocka_unit_test(default_file_names_every_role),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(beside_the_program),
        cmocka_unit_test(unknown_themes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
