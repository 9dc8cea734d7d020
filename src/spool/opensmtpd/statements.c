/* SPDX-License-Identifier: ISC */
/* Words and statements of smtpd.conf: parse.y of OpenSMTPD 6.8 and 7. A statement ends with its
 * line, but not within braces; "\" joins lines; "name = value" makes a macro, which is replaced
 * outside of quotes. */
#include "config.h"
#include <string.h>

#define WORDS_MAX 100000 /* of a file; macros cannot grow, their values are words */

struct splitter {
    const char *p;
    GHashTable *macros;
    GPtrArray *statements; /* char ** */
    GPtrArray *words;      /* of the statement at hand */
    unsigned depth;        /* of braces */
    unsigned count;
};

static void end_statement(struct splitter *splitter)
{
    GPtrArray *words = splitter->words;

    if (words->len == 3 && strcmp(words->pdata[1], "=") == 0) {
        g_hash_table_replace(splitter->macros, g_strdup(words->pdata[0]),
                             g_strdup(words->pdata[2]));
        g_ptr_array_set_size(words, 0);
    }
    if (words->len == 0)
        return;
    g_ptr_array_set_free_func(words, NULL);
    g_ptr_array_add(words, NULL);
    g_ptr_array_add(splitter->statements, g_ptr_array_free(words, FALSE));
    splitter->words = g_ptr_array_new_with_free_func(g_free);
}

static void add_word(struct splitter *splitter, const char *word, size_t n)
{
    if (splitter->count++ < WORDS_MAX)
        g_ptr_array_add(splitter->words, g_strndup(word, n));
}

/* yylex(): a quote of either kind up to the same one; "\" keeps the next byte, or joins lines. */
static void take_quoted(struct splitter *splitter)
{
    char quote = *splitter->p++;
    g_autoptr(GString) word = g_string_new(NULL);

    while (*splitter->p && *splitter->p != quote) {
        if (*splitter->p == '\\' && splitter->p[1])
            splitter->p++;
        if (*splitter->p != '\n')
            g_string_append_c(word, *splitter->p);
        splitter->p++;
    }
    if (*splitter->p)
        splitter->p++;
    add_word(splitter, word->str, word->len);
}

static void take_macro(struct splitter *splitter)
{
    size_t n = strspn(++splitter->p, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_");
    g_autofree char *name = g_strndup(splitter->p, n);
    const char *value = g_hash_table_lookup(splitter->macros, name);

    splitter->p += n;
    if (value)
        add_word(splitter, value, strlen(value));
}

static void take_sign(struct splitter *splitter)
{
    if (*splitter->p == '{')
        splitter->depth++;
    else if (*splitter->p == '}' && splitter->depth)
        splitter->depth--;
    add_word(splitter, splitter->p++, 1);
}

static void take_token(struct splitter *splitter)
{
    char c = *splitter->p;

    if (c == '#') {
        splitter->p += strcspn(splitter->p, "\n");
    } else if (c == '\\' && splitter->p[1] == '\n') {
        splitter->p += 2;
    } else if (c == '\n') {
        splitter->p++;
        if (splitter->depth == 0)
            end_statement(splitter);
    } else if (g_ascii_isspace(c)) {
        splitter->p++;
    } else if (c == '"' || c == '\'') {
        take_quoted(splitter);
    } else if (c == '$') {
        take_macro(splitter);
    } else if (strchr("{},=!", c)) {
        take_sign(splitter);
    } else {
        size_t n = MAX(strcspn(splitter->p, " \t\r\n\v\f\"'{},=!#"), 1);
        add_word(splitter, splitter->p, n);
        splitter->p += n;
    }
}

GPtrArray *hq_smtpd_config_split(const char *text, GHashTable *macros)
{
    struct splitter splitter = {.p = text, .macros = macros};

    splitter.statements = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
    splitter.words = g_ptr_array_new_with_free_func(g_free);
    while (*splitter.p)
        take_token(&splitter);
    end_statement(&splitter);
    g_ptr_array_free(splitter.words, TRUE);
    return splitter.statements;
}
