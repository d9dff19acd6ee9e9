"""What is derived from the service's secret key: the secrets of personal links, and the ids of mails.

So a mail can hold a link of which only the digest is stored. Not here: the links that are thrown by dice (store.links).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from meetingsvc.store.contacts import Invitation

_HOST = re.compile(r"[a-z0-9.-]{1,80}\Z")


@dataclass(frozen=True, slots=True)
class DerivedSecrets:
    """The same in every process that has the key."""

    key: str = field(repr=False)
    public_url: str

    def link_secret(self, grant: str) -> str:
        """The secret of an invitee's link."""
        return urlsafe_b64encode(self._mac(f"personal link\0{grant}")).rstrip(b"=").decode()

    def personal_link(self, invitation: Invitation) -> str | None:
        """Where somebody answers and subscribes; None once they were taken off the list."""
        if invitation.grant is None or invitation.removed_at is not None:
            return None
        return f"{self.public_url}/join/{self.link_secret(invitation.grant)}"

    def message_id(self, *what: object) -> str:
        """Without its angle brackets. Nobody can guess it, so that an answer to it proves that it was received."""
        host = urlsplit(self.public_url).hostname or ""
        made = self._mac("message id\0" + "\0".join(map(str, what))).hex()[:40]
        return f"{made}@{host if _HOST.match(host) else 'meetings.invalid'}"

    def _mac(self, what: str) -> bytes:
        return hmac.new(self.key.encode(), what.encode(), hashlib.sha256).digest()
