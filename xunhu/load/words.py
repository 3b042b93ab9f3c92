"""The words of a report for people, in English and Chinese: why calls failed, what their talk paths were, what the figures are called."""

from __future__ import annotations

from xunhu.text import tr


def failure(name: str) -> str:
    """Of an `Outcome.result` (tally.py), or of a failure that SIPp has counted."""
    if name.startswith("cause:"):
        number = int(name.removeprefix("cause:"))
        return tr(f"refused, cause {number}", f"被拒绝，原因 {number}") + (f" ({text})" if (text := cause(number)) else "")
    if name.startswith("status:"):
        number = int(name.removeprefix("status:"))
        return tr(f"refused, SIP {number}", f"被拒绝，SIP {number}")
    pair = _FAILURES.get(name)
    return tr(*pair) if pair else name


_FAILURES = {
    "no-answer": ("not answered in time", "超时未应答"),
    "no-circuit": ("no circuit was free", "无空闲电路"),
    "cut-off": ("released by the switch during the talk", "通话中被交换机挂断"),
    "stuck": ("the release was not confirmed", "释放未得到确认"),
    "no-callee": ("answered, but no party was called", "已应答，但未呼叫任何被叫"),
    "no-prompt": ("no prompt was heard", "未听到提示音"),
    "far-end-full": ("the load tool itself was full", "压测工具自身资源不足"),
    "key-missed": ("a key was not heard", "按键未被识别"),
    "key-wrong": ("a key was taken for another", "按键识别错误"),
    "one-way": ("one party heard nothing", "单向通话"),
    "silent": ("neither party heard anything", "双向无声"),
    "crossed": ("somebody else's voice was heard", "串音"),
    "looped": ("a party heard itself", "听到自己的声音"),
    "garbled": ("the voice was broken", "语音损坏"),
    # of SIPp
    "unexpected": ("an unexpected message", "收到意外消息"),
    "retransmissions": ("no answer to all repetitions", "多次重发无响应"),
    "timeout": ("a message did not come in time", "消息超时未到"),
    "not-sent": ("could not be sent", "发送失败"),
    "rejected": ("rejected", "被拒绝"),
    "other": ("other", "其他"),
}


def cause(number: int) -> str:
    """A word on a Q.850 cause; "" for a rare one."""
    pair = _CAUSES.get(number)
    return tr(*pair) if pair else ""


_CAUSES = {
    1: ("unallocated number", "空号"),
    16: ("normal clearing", "正常释放"),
    17: ("busy", "用户忙"),
    18: ("no response", "用户无响应"),
    19: ("no answer", "无应答"),
    21: ("rejected", "呼叫被拒绝"),
    27: ("out of order", "目的地故障"),
    28: ("incomplete number", "号码不全"),
    31: ("normal, unspecified", "正常，未指定"),
    34: ("no circuit", "无可用电路"),
    38: ("network out of order", "网络故障"),
    41: ("temporary failure", "临时故障"),
    42: ("congestion", "设备拥塞"),
    44: ("circuit not available", "请求的电路不可用"),
    102: ("timer expired", "定时器超时"),
    111: ("protocol error", "协议错误"),
}

_PATHS = {
    "right": ("both hear each other", "双方互听正常"),
    "one-way": ("one-way", "单通"),
    "silent": ("silent", "无声"),
    "crossed": ("crossed", "串音"),
    "looped": ("looped", "环回"),
    "garbled": ("broken", "损坏"),
}


def talk_path(name: str) -> str:
    return tr(*_PATHS[name]) if name in _PATHS else name


_TIMES = {
    "setup_ms": ("set-up to answer", "呼叫建立到应答"),
    "alert_ms": ("set-up to ringing", "呼叫建立到振铃"),
    "answer_to_audio_ms": ("answer to audio", "应答到出声"),
    "key_ms": ("key to its effect", "按键到响应"),
    "bye_ms": ("release", "释放"),
    "hold_ms": ("hold", "保持"),
    "retrieve_ms": ("retrieve", "恢复"),
    "transfer_ms": ("transfer accepted", "转接被接受"),
    "register_ms": ("registration", "注册"),
}


def time_name(key: str) -> str:
    return tr(*_TIMES[key]) if key in _TIMES else key


TIME_KEYS = tuple(_TIMES)
