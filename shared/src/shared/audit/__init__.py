"""The audit: who did what, to what, from where, with which result; kept so that a change to it is found.

A change's entry is written in the transaction of the change, a read's within a fifth of a second. Entries are
sealed into one gapless chain of keyed hashes, which `verify` follows from the beginning.
"""

from shared.audit.entries import Entry
from shared.audit.journal import Journal

__all__ = ["Entry", "Journal"]
