/* SPDX-License-Identifier: ISC */
/* Lists as Exim's configuration writes them: see list.h. */
#include "list.h"

static void end_item(GPtrArray *items, GString *item)
{
    g_ptr_array_add(items, g_strstrip(g_strdup(item->str)));
    g_string_truncate(item, 0);
}

char **hq_ex_list_split(const char *list)
{
    GPtrArray *items = g_ptr_array_new();
    g_autoptr(GString) item = g_string_new(NULL);
    char separator = ':';

    while (g_ascii_isspace(*list))
        list++;
    if (*list == '<' && g_ascii_ispunct(list[1])) {
        separator = list[1];
        list += 2;
    }
    for (; *list; list++) {
        if (*list == separator && list[1] == separator)
            g_string_append_c(item, *list++);
        else if (*list == separator)
            end_item(items, item);
        else
            g_string_append_c(item, *list);
    }
    end_item(items, item);
    g_ptr_array_add(items, NULL);
    return (char **)g_ptr_array_free(items, FALSE);
}
