"""What goes wrong on the command line, as plain sentences.

What nobody foresaw is a mistake of ours: it is shown raw, so that it can be reported.
"""

from __future__ import annotations

import sqlalchemy as sa

from meetingsvc.cli import Stop
from meetingsvc.config import ConfigError
from meetingsvc.core.kernel import Refused, UnfoldableEntry
from meetingsvc.core.presets import BrokenPreset
from meetingsvc.imports import Unreadable
from meetingsvc.store.engine import Busy
from meetingsvc.store.faults import BUSY
from meetingsvc.store.migrate import Unmigrated
from meetingsvc.translations import Catalogues

_SPOKEN = (Stop, ConfigError, BrokenPreset, Unreadable, Unmigrated)


def sentence(fault: Exception) -> str | None:
    """The sentence for a fault, or None when nobody foresaw it."""
    if isinstance(fault, _SPOKEN):
        return str(fault)
    if isinstance(fault, Refused):
        return Catalogues.load()["en"].refusal(fault.code, fault.facts)
    if isinstance(fault, Busy):
        why = "" if fault.code == BUSY else " " + Catalogues.load()["en"].refusal(fault.code, {})
        return f"The database cannot be used at the moment ({fault}). Nothing was written; try again.{why}"
    if isinstance(fault, UnfoldableEntry):
        return f"The log of this meeting cannot be read further than {fault}. Nothing was written."
    if isinstance(fault, sa.exc.DatabaseError) and "file is not a database" in str(fault.orig):
        return "The file of the database is not an SQLite database. See MEETINGSVC_DATABASE_URL."
    if isinstance(fault, OSError) and fault.strerror:
        return f"{fault.filename or 'A file'}: {fault.strerror}."
    return None
