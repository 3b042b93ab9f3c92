"""Parameters of ITU-T Q.763 (12/99) as values: everything that can be imported by users of the codec, in one place.

isup_parameters_numbers.py    numbers
isup_parameters_call.py       the basic call and circuit supervision
"""

from __future__ import annotations

from xunhu._ss7.isup_parameters_call import *  # noqa: F403
from xunhu._ss7.isup_parameters_numbers import *  # noqa: F403
