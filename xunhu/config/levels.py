"""RxGain, TxGain, RxAgc, TxAgc of a trunk in Tce1-32.ini."""

from __future__ import annotations

import re
from typing import Any

from xunhu.call.media_level import Level, agc, fixed
from xunhu.config.problems import Problems
from xunhu.config.values import ValueFaultError
from xunhu.text import tr

_NUMBER = re.compile(r"[+-]?[0-9]{1,2}(\.[0-9])?", re.ASCII)


def gain(value: str) -> float:
    """dB."""
    if _NUMBER.fullmatch(value) and -30 <= float(value) <= 30:
        return float(value)
    raise ValueFaultError(
        tr("dB from -30 to 30, such as 3 or -2.5; 0 for none", "应为 -30 到 30 的分贝数，例如 3 或 -2.5；0 表示不用")
    )


def agc_target(value: str) -> float:
    """dBm0; 0: off."""
    if value.lower() == "off":
        return 0.0
    if _NUMBER.fullmatch(value) and -40 <= float(value) <= -3:
        return float(value)
    raise ValueFaultError(
        tr("the voice's level, -40 to -3 dBm0, such as -18; or off", "应为话音电平 -40 到 -3 dBm0，例如 -18；或 off")
    )


def level_of(gain_db: float, target_dbm0: float) -> Level:
    """Of one direction."""
    return agc(target_dbm0) if target_dbm0 else fixed(gain_db)


def check_levels(name: str, given: dict[str, Any], lines: dict[str, int], problems: Problems) -> None:
    """A direction has a fixed gain or an automatic one. given, lines: by field of TrunkLine."""
    for direction in ("rx", "tx"):
        one, other = f"{direction}_gain", f"{direction}_agc"
        if given.get(one) and given.get(other):
            gain_key, agc_key = f"{direction.capitalize()}Gain", f"{direction.capitalize()}Agc"
            problems.add(
                lines[one],
                tr(f"{name} has {gain_key} and {agc_key}", f"{name} 同时有 {gain_key} 和 {agc_key}"),
                tr(
                    f"remove one: {agc_key} finds the gain itself",
                    f"请删除其中一个：{agc_key} 会自己找到增益",
                ),
                value=str(given[one]),
            )
