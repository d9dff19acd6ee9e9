"""What is set right when the service starts: rows that an older version wrote, and zones whose rules have changed.

Not here: the rule that a local time stays (core), the data of the zones (calendars.zones).
"""

from __future__ import annotations

from meetingsvc.core.commands.meeting.sessions import ShiftTimes
from meetingsvc.core.kernel import CLOCK, Refused, UnfoldableEntry
from meetingsvc.environment import moment
from meetingsvc.invitations.base import Base
from meetingsvc.store import index
from meetingsvc.store.index import MeetingRow


class Waking(Base):
    """Before anybody is served."""

    def wake(self) -> list[str]:
        """Sets right what an update of the service or of its zones made wrong; a sentence for each meeting moved."""
        for meeting in self._read(index.old):
            try:
                whole = self.meetings.history(meeting).whole
            except (Refused, UnfoldableEntry):
                continue  # what cannot be read is not shown either
            self._write(lambda c, meeting=meeting, whole=whole: index.made_again(c, meeting, whole))  # type: ignore[misc]
        return [said for row in self.meetings.meeting_rows() if (said := self._shifted(row))]

    def _shifted(self, row: MeetingRow) -> str | None:
        if row.state in ("closed", "cancelled") or not self._moved(row):
            return None
        try:
            done = self.meetings.perform(row.id, CLOCK, [ShiftTimes()])
        except (Refused, UnfoldableEntry):
            return None
        if not done.said:
            return None
        return f"Meeting {row.id}: the rules of its time zone changed; its local times stay, in UTC they moved."

    def _moved(self, row: MeetingRow) -> bool:
        """Whether a session ahead stands at another moment by today's data: cheap, and nearly always not."""
        now = self.now()
        for each in row.sessions:
            if each["starts_at"] <= now:
                continue
            try:
                moments = moment(each["starts"], each["zone"]), moment(each["ends"], each["zone"])
            except Refused:
                continue  # a local time that the new rules skip or show twice: the moment that was agreed stays
            if moments != (each["starts_at"], each["ends_at"]):
                return True
        return False
