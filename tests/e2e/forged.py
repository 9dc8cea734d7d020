# SPDX-License-Identifier: ISC
"""A message with a hop that its sender made up."""

# The host's own hop is Sendmail's; what is claimed under it says "(Postfix)", but ends as no Postfix
# ends a field: a zone without an offset, and a bracket that closes nothing. It shows the same second
# as Date, and the host that it names never handed anything on.
FORGED = """\
Received: from mail.shop.example (dsl-4-7.access.example [203.0.114.7])
\tby mx.ours.example (8.15.2/8.15.2) with ESMTP id t8NBMj3o012345
\tfor <user@ours.example>; Wed, 23 Sep 2015 13:22:45 +0200
Received: from ws4.bank.example (ws4.bank.example [203.0.115.9])
\tby gate.bank.example (Postfix) with ESMTP id 7F3A21C0DE
\tfor <user@ours.example>; Wed, 23 Sep 2015 11:22:43 GMT)
Date: Wed, 23 Sep 2015 11:22:43 +0000
From: Bank <service@bank.example>
To: user@ours.example
Subject: your account
Message-ID: <20150923112243.1@bank.example>

Click here.
"""
