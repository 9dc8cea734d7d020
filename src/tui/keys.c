/* SPDX-License-Identifier: ISC */
/* The key table and how keys are spelled. */
#include "tui/keys.h"
#include "hopq/error.h"
#include <ncurses.h>
#include <string.h>

struct hq_key_info hq_keys[] = {
#define HQ_KEY(action, name, keys, views, hint, help) \
    {HQ_ACTION_##action, name, keys, views, hint, help, false},
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
        return number > 0 ? HQ_KEY_FUNCTION + KEY_F(number) : 0;
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

static enum hq_action find(int key, enum hq_view_id view, bool bound)
{
    for (unsigned i = 0; i < hq_key_count; i++)
        if (hq_keys[i].bound == bound && (hq_keys[i].views & (1u << view)) &&
            row_has(&hq_keys[i], key))
            return hq_keys[i].action;
    return HQ_ACTION_NONE;
}

enum hq_action hq_key_find(int key, enum hq_view_id view)
{
    enum hq_action action = find(key, view, true);

    return action != HQ_ACTION_NONE ? action : find(key, view, false);
}

static bool all_are_keys(const char *keys)
{
    size_t n;

    for (const char *p = keys; *p; p += n + strspn(p + n, " ")) {
        n = strcspn(p, " ");
        if (hq_key_parse(p, n) == 0)
            return false;
    }
    return *keys != '\0';
}

static struct hq_key_info *find_row(const char *name)
{
    for (unsigned i = 0; i < hq_key_count; i++)
        if (strcmp(hq_keys[i].name, name) == 0)
            return &hq_keys[i];
    return NULL;
}

static bool refuse(const char *what, const char *why, GError **error)
{
    hq_error_set(error, HQ_EXIT_USAGE, 0, "bind key", what, why);
    return false;
}

bool hq_key_bind(const char *name, const char *keys, GError **error)
{
    struct hq_key_info *row = find_row(name);

    if (!row)
        return refuse(name, "no such action: hopq(1) has their names", error);
    if (!all_are_keys(keys))
        return refuse(keys, "no key is spelled like this", error);
    if (!row->bound)
        row->keys = g_intern_string(keys);
    row->bound = true;
    return true;
}

bool hq_key_changes(const struct hq_key_info *info)
{
    static const enum hq_action changes[] = {HQ_ACTION_HOLD,   HQ_ACTION_RELEASE, HQ_ACTION_FLUSH,
                                             HQ_ACTION_EXPIRE, HQ_ACTION_REQUEUE, HQ_ACTION_DELETE};
    bool asks = info->views & (HQ_IN_LISTS | HQ_IN_MESSAGE); /* not the answers to the plan */

    for (unsigned i = 0; asks && i < G_N_ELEMENTS(changes); i++)
        if (info->action == changes[i])
            return true;
    return false;
}

size_t hq_key_first(const struct hq_key_info *info)
{
    return strcspn(info->keys, " ");
}
