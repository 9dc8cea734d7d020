/* SPDX-License-Identifier: ISC */
/* What reply codes and enhanced status codes say by themselves. RFC 3463 and the registry it
 * started (RFC 5248; RFC 7372 X.7.20 to X.7.26, RFC 7505 X.1.10 and X.7.27, RFC 4954). */
#include "parts.h"
#include <string.h>

struct status_row {
    const char *tail; /* behind the class: "2.2" of "5.2.2" */
    char class;       /* '4', '5', 0: both */
    uint8_t category;
};

/* Servers use these for nothing else; they need no words. */
static const struct status_row safe[] = {
    {"2.3", '5', HQ_CATEGORY_TOO_LARGE},
    {"3.4", 0, HQ_CATEGORY_TOO_LARGE},
    {"7.20", 0, HQ_CATEGORY_AUTH_FAIL},
    {"7.21", 0, HQ_CATEGORY_AUTH_FAIL},
    {"7.22", 0, HQ_CATEGORY_AUTH_FAIL},
    {"7.23", '5', HQ_CATEGORY_AUTH_FAIL}, /* Gmail's 4.7.23 is about the PTR */
    {"7.24", 0, HQ_CATEGORY_AUTH_FAIL},
    {"7.25", 0, HQ_CATEGORY_PTR_HELO},
    {"7.26", 0, HQ_CATEGORY_AUTH_FAIL},
    {"7.10", 0, HQ_CATEGORY_TLS},
    {"7.28", '4', HQ_CATEGORY_THROTTLED},
    {"7.509", 0, HQ_CATEGORY_AUTH_FAIL},
    {"7.515", 0, HQ_CATEGORY_AUTH_FAIL},
    {"7.606", '5', HQ_CATEGORY_REPUTATION},
    {"7.57", '5', HQ_CATEGORY_AUTH_REQUIRED},
    /* Exchange Online's own: "Email non-delivery reports and SMTP errors in Exchange Online". */
    {"1.90", '5', HQ_CATEGORY_THROTTLED},
    {"2.121", '5', HQ_CATEGORY_THROTTLED},
    {"2.122", '5', HQ_CATEGORY_THROTTLED},
    {"4.310", 0, HQ_CATEGORY_NO_DOMAIN},
    {"4.312", 0, HQ_CATEGORY_DNS_TEMP},
    {"4.316", 0, HQ_CATEGORY_NETWORK},
    {"7.64", '5', HQ_CATEGORY_RELAY_DENIED},
    {"7.124", '5', HQ_CATEGORY_POLICY},
    {"7.129", '5', HQ_CATEGORY_POLICY},
    {"7.133", '5', HQ_CATEGORY_POLICY},
    {"7.134", '5', HQ_CATEGORY_POLICY},
    {"7.135", '5', HQ_CATEGORY_POLICY},
    {"7.136", '5', HQ_CATEGORY_POLICY},
    {"7.232", 0, HQ_CATEGORY_THROTTLED},
    {"7.233", 0, HQ_CATEGORY_THROTTLED},
    {"7.321", 0, HQ_CATEGORY_TLS},
    {"7.322", 0, HQ_CATEGORY_TLS},
    {"7.323", 0, HQ_CATEGORY_TLS},
    {"7.324", 0, HQ_CATEGORY_TLS},
    {"7.501", '5', HQ_CATEGORY_SPAM},
    {"7.502", '5', HQ_CATEGORY_REPUTATION},
    {"7.503", '5', HQ_CATEGORY_REPUTATION},
    {"7.504", '5', HQ_CATEGORY_POLICY},
    {"7.505", '5', HQ_CATEGORY_POLICY},
    {"7.506", '5', HQ_CATEGORY_PTR_HELO},
    {"7.507", '5', HQ_CATEGORY_POLICY},
    {"7.508", '5', HQ_CATEGORY_THROTTLED},
    {"7.510", '5', HQ_CATEGORY_POLICY},
    {"7.512", '5', HQ_CATEGORY_FORMAT},
    {"7.650", '4', HQ_CATEGORY_THROTTLED},
    {"7.651", '4', HQ_CATEGORY_THROTTLED},
    {"7.703", '5', HQ_CATEGORY_POLICY},
    {"7.708", 0, HQ_CATEGORY_REPUTATION},
    {"7.750", '5', HQ_CATEGORY_SENDER_BAD},
};

/* The rest of the registry, for texts that no phrase knows (Gmail has its own use of X.7.27, X.7.29
 * and X.7.30). */
static const struct status_row late[] = {
    {"1.1", 0, HQ_CATEGORY_USER_UNKNOWN},
    {"1.2", 0, HQ_CATEGORY_NO_DOMAIN},
    {"1.3", 0, HQ_CATEGORY_USER_UNKNOWN},
    {"1.4", 0, HQ_CATEGORY_USER_UNKNOWN},
    {"1.6", 0, HQ_CATEGORY_USER_UNKNOWN},
    {"1.7", 0, HQ_CATEGORY_SENDER_BAD},
    {"1.8", 0, HQ_CATEGORY_SENDER_BAD},
    {"1.9", 0, HQ_CATEGORY_FORMAT},
    {"1.10", 0, HQ_CATEGORY_NO_DOMAIN},
    {"1.0", '5', HQ_CATEGORY_USER_UNKNOWN},
    {"2.1", '5', HQ_CATEGORY_MAILBOX_DISABLED},
    {"2.2", 0, HQ_CATEGORY_MAILBOX_FULL},
    {"2.3", '4', HQ_CATEGORY_TOO_LARGE},
    {"2.4", 0, HQ_CATEGORY_LOCAL_ERROR},
    {"3.1", 0, HQ_CATEGORY_REMOTE_ERROR},
    {"3.2", 0, HQ_CATEGORY_REMOTE_ERROR},
    {"3.3", 0, HQ_CATEGORY_REMOTE_ERROR},
    {"3.0", 0, HQ_CATEGORY_REMOTE_ERROR},
    {"3.5", 0, HQ_CATEGORY_LOCAL_ERROR},
    {"4.0", 0, HQ_CATEGORY_NETWORK},
    {"4.1", 0, HQ_CATEGORY_NETWORK},
    {"4.2", 0, HQ_CATEGORY_NETWORK},
    {"4.3", 0, HQ_CATEGORY_DNS_TEMP},
    {"4.4", '5', HQ_CATEGORY_NO_DOMAIN},
    {"4.4", '4', HQ_CATEGORY_DNS_TEMP},
    {"4.5", 0, HQ_CATEGORY_REMOTE_ERROR},
    {"4.6", 0, HQ_CATEGORY_LOCAL_ERROR},
    {"4.7", 0, HQ_CATEGORY_NETWORK},
    {"4.14", 0, HQ_CATEGORY_LOCAL_ERROR},
    {"5.0", 0, HQ_CATEGORY_FORMAT},
    {"5.1", 0, HQ_CATEGORY_FORMAT},
    {"5.2", 0, HQ_CATEGORY_FORMAT},
    {"5.3", 0, HQ_CATEGORY_THROTTLED},
    {"5.4", 0, HQ_CATEGORY_FORMAT},
    {"5.5", 0, HQ_CATEGORY_FORMAT},
    {"5.6", 0, HQ_CATEGORY_AUTH_REQUIRED},
    {"6.0", 0, HQ_CATEGORY_FORMAT},
    {"6.1", 0, HQ_CATEGORY_FORMAT},
    {"6.2", 0, HQ_CATEGORY_FORMAT},
    {"6.3", 0, HQ_CATEGORY_FORMAT},
    {"6.5", 0, HQ_CATEGORY_FORMAT},
    {"6.6", 0, HQ_CATEGORY_FORMAT},
    {"6.7", 0, HQ_CATEGORY_FORMAT},
    {"6.8", 0, HQ_CATEGORY_FORMAT},
    {"6.9", 0, HQ_CATEGORY_FORMAT},
    {"7.0", 0, HQ_CATEGORY_POLICY},
    {"7.1", 0, HQ_CATEGORY_POLICY},
    {"7.2", 0, HQ_CATEGORY_POLICY},
    {"7.3", 0, HQ_CATEGORY_POLICY},
    {"7.4", 0, HQ_CATEGORY_TLS},
    {"7.5", 0, HQ_CATEGORY_TLS},
    {"7.6", 0, HQ_CATEGORY_TLS},
    {"7.7", 0, HQ_CATEGORY_POLICY},
    {"7.8", 0, HQ_CATEGORY_AUTH_REQUIRED},
    {"7.9", 0, HQ_CATEGORY_POLICY},
    {"7.11", 0, HQ_CATEGORY_TLS},
    {"7.12", 0, HQ_CATEGORY_AUTH_REQUIRED},
    {"7.13", 0, HQ_CATEGORY_MAILBOX_DISABLED},
    {"7.17", 0, HQ_CATEGORY_USER_UNKNOWN},
    {"7.18", 0, HQ_CATEGORY_NO_DOMAIN},
    {"7.23", '4', HQ_CATEGORY_PTR_HELO},
    {"7.500", '4', HQ_CATEGORY_THROTTLED},
    {"7.28", '5', HQ_CATEGORY_THROTTLED},
    {"7.29", 0, HQ_CATEGORY_AUTH_FAIL},
    {"7.30", 0, HQ_CATEGORY_TLS},
    {"7.27", 0, HQ_CATEGORY_SENDER_BAD},
};

/* RFC 5321 section 4.2.3, RFC 4954 section 6, RFC 7504. 450 to 452 mean a try later at least; 55x
 * say too little: servers that no phrase knows use them as they like. */
static const struct {
    int16_t code;
    uint8_t category;
} replies[] = {
    {421, HQ_CATEGORY_REMOTE_ERROR},  {430, HQ_CATEGORY_AUTH_REQUIRED},
    {432, HQ_CATEGORY_AUTH_REQUIRED}, {450, HQ_CATEGORY_REMOTE_ERROR},
    {451, HQ_CATEGORY_REMOTE_ERROR},  {452, HQ_CATEGORY_REMOTE_ERROR},
    {454, HQ_CATEGORY_TLS},           {455, HQ_CATEGORY_FORMAT},
    {500, HQ_CATEGORY_FORMAT},        {501, HQ_CATEGORY_FORMAT},
    {502, HQ_CATEGORY_FORMAT},        {503, HQ_CATEGORY_FORMAT},
    {504, HQ_CATEGORY_FORMAT},        {521, HQ_CATEGORY_NO_DOMAIN},
    {523, HQ_CATEGORY_TOO_LARGE},     {530, HQ_CATEGORY_AUTH_REQUIRED},
    {534, HQ_CATEGORY_AUTH_REQUIRED}, {535, HQ_CATEGORY_AUTH_REQUIRED},
    {538, HQ_CATEGORY_AUTH_REQUIRED}, {555, HQ_CATEGORY_FORMAT},
};

static enum hq_category status_find(const struct status_row *rows, unsigned n, const char *status)
{
    for (unsigned i = 0; i < n; i++)
        if ((!rows[i].class || rows[i].class == status[0]) && strcmp(rows[i].tail, status + 2) == 0)
            return rows[i].category;
    return HQ_CATEGORY_UNKNOWN;
}

/* 550 and 554 mean what the step was about. */
static enum hq_category phase_category(const struct hq_reply *reply)
{
    switch (reply->phase) {
    case HQ_PHASE_GREETING:
        return HQ_CATEGORY_REPUTATION;
    case HQ_PHASE_HELO:
        return HQ_CATEGORY_PTR_HELO;
    case HQ_PHASE_STARTTLS:
        return HQ_CATEGORY_TLS;
    case HQ_PHASE_AUTH:
        return HQ_CATEGORY_AUTH_REQUIRED;
    case HQ_PHASE_MAIL:
        return HQ_CATEGORY_SENDER_BAD;
    case HQ_PHASE_RCPT:
        return HQ_CATEGORY_USER_UNKNOWN;
    case HQ_PHASE_DATA:
    case HQ_PHASE_END_OF_DATA:
        return HQ_CATEGORY_POLICY;
    default:
        return HQ_CATEGORY_UNKNOWN;
    }
}

enum hq_category hq_codes_category(const struct hq_reply *reply, bool use_safe)
{
    enum hq_category category = HQ_CATEGORY_UNKNOWN;
    if (reply->enhanced[0])
        category = use_safe ? status_find(safe, G_N_ELEMENTS(safe), reply->enhanced)
                            : status_find(late, G_N_ELEMENTS(late), reply->enhanced);
    if (use_safe && reply->code == 535) /* RFC 4954 section 6 */
        return HQ_CATEGORY_AUTH_REQUIRED;
    /* X.3: a mail system, of the host that speaks */
    if (category == HQ_CATEGORY_LOCAL_ERROR && reply->remote && reply->enhanced[2] == '3')
        return HQ_CATEGORY_REMOTE_ERROR;
    if (use_safe || category != HQ_CATEGORY_UNKNOWN)
        return category;
    for (unsigned i = 0; i < G_N_ELEMENTS(replies); i++)
        if (replies[i].code == reply->code)
            return replies[i].category;
    if (reply->code >= 500)
        return phase_category(reply);
    /* A 4xx of no known kind; or the delivery waits though the last answer was "yes": the two sides
     * lost step. */
    return reply->code >= 200 ? HQ_CATEGORY_REMOTE_ERROR : category;
}
