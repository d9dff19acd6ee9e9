"""Files in, commands out: a secretariat's list of delegations becomes one batch of commands.

csv_table.py reads bytes, csv_columns.py finds columns, states.py and ranks.py understand cells, delegations.py makes
the report and the commands. Nothing here writes to a meeting except `delegations.bring_in`, through `Meetings`.
"""

from meetingsvc.imports.csv_table import Unreadable
from meetingsvc.imports.delegations import Finding, Present, Report, Row, bring_in, present_in, read_delegations

__all__ = ["Finding", "Present", "Report", "Row", "Unreadable", "bring_in", "present_in", "read_delegations"]
