/* SPDX-License-Identifier: ISC */
/* Message ids of Exim: see id.h. */
#include "id.h"
#include <glib.h>
#include <string.h>

static bool has_form(const char *s, size_t n, size_t middle, size_t last)
{
    if (n != 6 + 1 + middle + 1 + last)
        return false;
    for (size_t i = 0; i < n; i++) {
        bool hyphen = i == 6 || i == 7 + middle;
        if (hyphen ? s[i] != '-' : !g_ascii_isalnum(s[i]))
            return false;
    }
    return true;
}

bool hq_ex_id_ok(const char *s, size_t n)
{
    return has_form(s, n, 6, 2) || has_form(s, n, 11, 4);
}

bool hq_ex_id_of_file(const char *name, char id[HQ_EX_ID_MAX + 1], char *kind)
{
    size_t n = strlen(name);

    if (n < 2 || name[n - 2] != '-' || !hq_ex_id_ok(name, n - 2))
        return false;
    memcpy(id, name, n - 2);
    id[n - 2] = '\0';
    *kind = name[n - 1];
    return true;
}
