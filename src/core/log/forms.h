/* SPDX-License-Identifier: ISC */
/* The forms of log lines: what is behind the program's name, held against those of its MTA. */
#ifndef HOPQ_CORE_LOG_FORMS_H
#define HOPQ_CORE_LOG_FORMS_H

#include "hopq/log.h"

enum hq_log_mta { HQ_LOG_POSTFIX, HQ_LOG_EXIM, HQ_LOG_SENDMAIL, HQ_LOG_OPENSMTPD, HQ_LOG_NO_MTA };

/* What a pattern takes out of the line. */
enum hq_log_value {
    HQ_LOG_VALUE_ID,
    HQ_LOG_VALUE_TO,
    HQ_LOG_VALUE_ORIGINAL,
    HQ_LOG_VALUE_SENDER,
    HQ_LOG_VALUE_RELAY,
    HQ_LOG_VALUE_STATUS,
    HQ_LOG_VALUE_DELAY,
    HQ_LOG_VALUE_SESSION,
    HQ_LOG_VALUE_TEXT,
    HQ_LOG_VALUE_SKIPPED,
    HQ_LOG_VALUES
};

#define HQ_OUTCOME_STATUS HQ_OUTCOME_COUNT /* a form's result: by the status word */

/* A row of forms.def. */
struct hq_log_form {
    const char *name;
    enum hq_log_mta mta;
    enum hq_log_kind kind;
    int result;
    const char *pattern;
};

struct hq_log_cursor {
    const char *s, *end;
    struct hq_log_span values[HQ_LOG_VALUES];
};

/* The form of MTA that fits what is left at CURSOR, with its values; NULL: none does. */
const struct hq_log_form *hq_log_form_find(enum hq_log_mta mta, struct hq_log_cursor *cursor);

#endif
