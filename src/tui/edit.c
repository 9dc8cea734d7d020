/* SPDX-License-Identifier: ISC */
/* One line of text with the keys that readline taught everybody. */
#include "tui/edit.h"
#include "tui/keys.h"
#include <ncurses.h>
#include <string.h>

#define EDIT_MAX 1024 /* bytes; longer filters come from a script */

void hq_edit_start(struct hq_edit *edit, const char *text)
{
    if (!edit->text)
        edit->text = g_string_new(NULL);
    g_string_assign(edit->text, text ? text : "");
    edit->cursor = edit->text->len;
}

static size_t before(const struct hq_edit *edit)
{
    const char *p = g_utf8_find_prev_char(edit->text->str, edit->text->str + edit->cursor);
    return p ? (size_t)(p - edit->text->str) : 0;
}

static size_t after(const struct hq_edit *edit)
{
    if (edit->cursor >= edit->text->len)
        return edit->text->len;
    return (size_t)(g_utf8_next_char(edit->text->str + edit->cursor) - edit->text->str);
}

static size_t word_before(const struct hq_edit *edit)
{
    size_t i = edit->cursor;
    while (i > 0 && edit->text->str[i - 1] == ' ')
        i--;
    while (i > 0 && edit->text->str[i - 1] != ' ')
        i--;
    return i;
}

static void erase_between(struct hq_edit *edit, size_t from, size_t to)
{
    g_string_erase(edit->text, (gssize)from, (gssize)(to - from));
    edit->cursor = from;
}

static void insert(struct hq_edit *edit, int key)
{
    char bytes[6];
    gunichar c = (gunichar)key;
    if (key >= HQ_KEY_FUNCTION || !g_unichar_isprint(c) || edit->text->len > EDIT_MAX)
        return;
    int n = g_unichar_to_utf8(c, bytes);
    g_string_insert_len(edit->text, (gssize)edit->cursor, bytes, n);
    edit->cursor += (size_t)n;
}

void hq_edit_paste(struct hq_edit *edit, int key)
{
    insert(edit, key == '\t' ? ' ' : key);
}

enum hq_edit_result hq_edit_key(struct hq_edit *edit, int key)
{
    switch (key) {
    case '\r':
        return HQ_EDIT_DONE;
    case 27:
    case 'G' & 0x1f:
        return HQ_EDIT_CANCELLED;
    case 127:
    case 'H' & 0x1f:
    case HQ_KEY_FUNCTION + KEY_BACKSPACE:
        if (edit->text->len == 0)
            return HQ_EDIT_CANCELLED; /* as in vi and less: rubbing out the prompt leaves it */
        erase_between(edit, before(edit), edit->cursor);
        break;
    case 'D' & 0x1f:
    case HQ_KEY_FUNCTION + KEY_DC:
        erase_between(edit, edit->cursor, after(edit));
        break;
    case 'U' & 0x1f:
        erase_between(edit, 0, edit->cursor);
        break;
    case 'K' & 0x1f:
        g_string_truncate(edit->text, edit->cursor);
        break;
    case 'W' & 0x1f:
        erase_between(edit, word_before(edit), edit->cursor);
        break;
    case 'B' & 0x1f:
    case HQ_KEY_FUNCTION + KEY_LEFT:
        edit->cursor = before(edit);
        break;
    case 'F' & 0x1f:
    case HQ_KEY_FUNCTION + KEY_RIGHT:
        edit->cursor = after(edit);
        break;
    case 'A' & 0x1f:
    case HQ_KEY_FUNCTION + KEY_HOME:
        edit->cursor = 0;
        break;
    case 'E' & 0x1f:
    case HQ_KEY_FUNCTION + KEY_END:
        edit->cursor = edit->text->len;
        break;
    default:
        insert(edit, key);
    }
    return HQ_EDIT_MORE;
}

int hq_edit_draw(const struct hq_edit *edit, struct hq_term *term, int y, int width,
                 const char *prompt)
{
    int x = hq_term_put(term, y, 0, width / 2, HQ_ROLE_PROMPT, prompt);
    int room = MAX(width - x - 1, 1);
    g_autoptr(GString) safe = g_string_new(NULL);
    hq_text_safe(safe, edit->text->str, edit->cursor, term->text);
    int at = hq_text_width(safe->str);
    int left = at > room ? at - room : 0;
    hq_text_safe(safe, edit->text->str + edit->cursor, edit->text->len - edit->cursor, term->text);
    size_t skip = hq_text_cut(safe->str, left);
    hq_term_slice(term, y, x, room, HQ_ROLE_NORMAL, safe->str + skip, safe->len - skip);
    return x + at - left;
}
