/* SPDX-License-Identifier: ISC */
/* The key table and how keys are spelled. */
#include "tui/keys.h"
#include <ncurses.h>
#include <string.h>

const struct hq_key_info hq_keys[] = {
#define HQ_KEY(action, name, keys, views, hint, help) \
    {HQ_ACTION_##action, name, keys, views, hint, help},
#include "tui/keys.def"
#undef HQ_KEY
};
const unsigned hq_key_count = G_N_ELEMENTS(hq_keys);

static const struct {
    const char *name;
    int key;
} named[] = {
    {"Enter", '\r'},
    {"Esc", 27},
    {"Space", ' '},
    {"Tab", '\t'},
    {"BackTab", HQ_KEY_FUNCTION + KEY_BTAB},
    {"Up", HQ_KEY_FUNCTION + KEY_UP},
    {"Down", HQ_KEY_FUNCTION + KEY_DOWN},
    {"Left", HQ_KEY_FUNCTION + KEY_LEFT},
    {"Right", HQ_KEY_FUNCTION + KEY_RIGHT},
    {"Home", HQ_KEY_FUNCTION + KEY_HOME},
    {"End", HQ_KEY_FUNCTION + KEY_END},
    {"PgUp", HQ_KEY_FUNCTION + KEY_PPAGE},
    {"PgDn", HQ_KEY_FUNCTION + KEY_NPAGE},
};

static bool is_name(const char *name, size_t n, const char *other)
{
    return strlen(other) == n && memcmp(name, other, n) == 0;
}

int hq_key_parse(const char *name, size_t n)
{
    if (n == 1)
        return (unsigned char)name[0];
    if (n == 3 && name[0] == 'C' && name[1] == '-')
        return name[2] & 0x1f;
    if (n >= 2 && n <= 3 && name[0] == 'F') {
        int number = (int)g_ascii_strtoll(name + 1, NULL, 10);
        return HQ_KEY_FUNCTION + KEY_F(number);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(named); i++)
        if (is_name(name, n, named[i].name))
            return named[i].key;
    return 0;
}

static bool row_has(const struct hq_key_info *info, int key)
{
    for (const char *p = info->keys; *p != '\0';) {
        size_t n = strcspn(p, " ");
        if (hq_key_parse(p, n) == key)
            return true;
        p += n + strspn(p + n, " ");
    }
    return false;
}

enum hq_action hq_key_find(int key, enum hq_view_id view)
{
    for (unsigned i = 0; i < hq_key_count; i++)
        if ((hq_keys[i].views & (1u << view)) && row_has(&hq_keys[i], key))
            return hq_keys[i].action;
    return HQ_ACTION_NONE;
}

bool hq_key_changes(const struct hq_key_info *info)
{
    return strchr("HLFEQD", info->keys[0]) && info->keys[1] == '\0' &&
           info->action != HQ_ACTION_NONE;
}

size_t hq_key_first(const struct hq_key_info *info)
{
    return strcspn(info->keys, " ");
}
