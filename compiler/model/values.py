"""One line of the merged spec as `stackc values` prints it."""

from typing import NamedTuple


class ValueRow(NamedTuple):
    """A line of YAML, and who set the value on it.

    Shape: `text` holds no line break; `origin` is empty for lines that carry no value of their own.
    """

    text: str
    origin: str = ""
