/* SPDX-License-Identifier: ISC */
/* Themes: which style each role of text has, from the table in roles.def and theme files. */
#ifndef HOPQ_TUI_THEME_H
#define HOPQ_TUI_THEME_H

#include <glib.h>
#include <stdbool.h>

enum hq_role {
#define HQ_ROLE(id, name, c16, c256, mono) HQ_ROLE_##id,
#include "tui/roles.def"
#undef HQ_ROLE
    HQ_ROLE_COUNT
};

/* What a terminal can show; also the sections of a theme file. */
enum hq_depth { HQ_DEPTH_16, HQ_DEPTH_256, HQ_DEPTH_MONO, HQ_DEPTH_COUNT };

enum hq_attribute {
    HQ_ATTRIBUTE_BOLD = 1 << 0,
    HQ_ATTRIBUTE_DIM = 1 << 1,
    HQ_ATTRIBUTE_REVERSE = 1 << 2,
    HQ_ATTRIBUTE_UNDERLINE = 1 << 3,
    HQ_ATTRIBUTE_ITALIC = 1 << 4
};

struct hq_style {
    short foreground; /* -1: the terminal's own */
    short background;
    unsigned attributes; /* enum hq_attribute */
};

struct hq_theme {
    struct hq_style styles[HQ_DEPTH_COUNT][HQ_ROLE_COUNT];
};

extern const char *const hq_role_names[HQ_ROLE_COUNT];

/* "red/default bold", "208", "": false when it is no style. */
bool hq_style_parse(const char *text, struct hq_style *style);

/* The compiled-in theme. */
void hq_theme_default(struct hq_theme *theme);
/* Lays the file's words over THEME. False with ERROR (HQ_EXIT_USAGE) naming file, section and role
 * for what is no style or no role; what was read before it stays. */
bool hq_theme_load(struct hq_theme *theme, const char *path, GError **error);
/* The default theme with NAME over it: "NAME.theme" of FOLDER/themes (NULL: none), the user's
 * and the system's configuration, what comes with hopq (base/data.h). NAME NULL or "default" may be
 * nowhere. */
bool hq_theme_find(struct hq_theme *theme, const char *name, const char *folder, GError **error);

#endif
