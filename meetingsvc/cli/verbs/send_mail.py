"""Looks once after the mail: plans what changed, sends what is due, and looks into the mailbox.

`serve` does it by itself every two seconds; this is for those who run it from a timer, or want to see what happens.
"""

from __future__ import annotations

import argparse
import sys

from meetingsvc.cli import DONE, FAILED
from meetingsvc.cli.setup import counted, open_setup
from meetingsvc.invitations import Invitations
from meetingsvc.mail.mail_sender import Done, MailSender
from meetingsvc.translations import Catalogues

HELP = "send the mails that are due and read the answers that came in (serve does it by itself)"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing to say."""


def run(args: argparse.Namespace) -> int:
    with open_setup() as services:
        config, words = services.config, Catalogues.load()
        invitations = Invitations.of(config, services.meetings, services.links, words)
        done = MailSender(services.meetings, invitations, words, config).round()
    print("\n".join(lines(done, out=bool(config.smtp_url), back=bool(config.imap_url))))
    for fault in done.faults:
        print(fault, file=sys.stderr)
    return FAILED if done.faults else DONE


def lines(done: Done, *, out: bool, back: bool) -> list[str]:
    """What a round did, for whoever reads the terminal."""
    made = [f"{counted(done.planned, 'letter')} planned."]
    if out:
        made.append(f"{done.sent} sent, {done.put_off} to be tried again, {done.failed} failed.")
    else:
        made.append("Nothing is sent: MEETINGSVC_SMTP_URL names no mail server. Letters wait.")
    if back:
        made.append(f"{counted(done.read, 'mail')} read in the mailbox.")
    return made
