# cython: annotation_typing=False
"""Reception control of MTP level 2, basic (ITU-T Q.703 (07/96) §5, Figure 14) and preventive cyclic retransmission
(§6, Figure 16).

A unit is parsed, its sequence numbers are checked, and it is taken: acknowledgements go to transmission control, an
MSU that is the next one to level 3. Verdicts stand in mtp2_tables.SEQUENCE and ACCEPTANCE. What concerns other blocks
(link status, that a FISU or MSU has come, a failure) is the return value, for the owner to pass on; so are the steps,
for link state control hears of a unit before it is taken.
"""

from __future__ import annotations

from xunhu._ss7.mtp2_tables import (
    ACCEPTANCE,
    SEQUENCE,
    Congestion,
    Correction,
    Numbered,
    SequenceEvent,
    SequenceState,
    actions,
)
from xunhu._ss7.mtp2_txc import TransmissionControl
from xunhu._ss7.mtp2_units import LONGEST_MESSAGE

# what a unit is
INVALID, FISU, LSSU, MSU = -1, 0, 1, 2
# what is to be done with a FISU or MSU
TAKE, DISCARD, ACKNOWLEDGE, FAIL_BSN, FAIL_FIB = range(5)

_INVALID, _FISU, _LSSU, _MSU = INVALID, FISU, LSSU, MSU  # C integers in mtp2_rc.pxd
_TAKE, _DISCARD, _ACKNOWLEDGE, _FAIL_BSN, _FAIL_FIB = TAKE, DISCARD, ACKNOWLEDGE, FAIL_BSN, FAIL_FIB
_LONGEST = LONGEST_MESSAGE
_NORMAL = int(SequenceState.NORMAL)
_GOOD, _BAD, _BAD_AWAITING = (int(event) for event in SequenceEvent)
_SEQUENCE_EVENTS = len(SequenceEvent)
_VERDICTS = {"take": TAKE, "discard": DISCARD, "acknowledge": ACKNOWLEDGE, "fail": FAIL_BSN}
_VERDICT = bytes(_VERDICTS[action] for action in actions(SEQUENCE, SequenceEvent))
_NEXT = bytes(row.ends_in[0] for row in sorted(SEQUENCE))  # [state * events + event]

_EXPECTED, _LAST, _OTHER = (int(numbered) for numbered in Numbered)
_NONE = int(Congestion.NONE)
_DELIVER, _WITHHOLD, _NACK, _REMEMBER, _DROP = range(5)
_ACCEPTANCES = {"deliver": _DELIVER, "withhold": _WITHHOLD, "nack": _NACK, "remember": _REMEMBER, "discard": _DROP}
# [correction * 9 + numbered * 3 + congestion]
_ACCEPT = bytes(_ACCEPTANCES[row.action] for row in sorted(ACCEPTANCE))


class ReceptionControl:
    def __init__(self, txc: TransmissionControl) -> None:
        self._txc = txc
        self.extended = txc.extended
        self.mask = txc.mask
        self._correction = int(Correction.PCR if txc.pcr else Correction.BASIC) * 9
        self.running = False
        self.accepting = False  # MSU/FISU accepted
        self.fsnx = 0
        self._fibx = 1
        self._awaiting = False  # retransmission (RTR)
        self._bsn_check = _NORMAL
        self._fib_check = _NORMAL
        self.congestion = _NONE
        self._served = False  # the link has been in service since it was started
        self._kept_bsnt = -1  # BSNT of the time before it was started
        # the unit at hand
        self.bsn = txc.mask  # kept: that of the last unit with a valid header
        self.bib = 1
        self.fsn = 0
        self.fib = 0
        self.kind = _FISU
        self.length = 0
        # counts
        self.messages_received = 0
        self.octets_received = 0
        self.nacks_sent = 0
        self.out_of_sequence = 0
        self.abnormal = 0

    # -- orders ------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Figure 14, start."""
        if self._served:
            self._kept_bsnt = (self.fsnx - 1) & self.mask
            self._served = False
        self.running = True
        self.accepting = False
        self.fsnx = 0
        self._fibx = 1
        self._awaiting = False
        self._bsn_check = _NORMAL
        self._fib_check = _NORMAL
        self.congestion = _NONE

    def stop(self) -> None:
        self.running = False
        self.congestion = _NONE

    def accept(self) -> None:
        """Accept MSU/FISU."""
        self.accepting = True

    def reject(self) -> None:
        """Reject MSU/FISU (processor outage): acknowledgements are taken, nothing else."""
        self.accepting = False

    def in_service(self) -> None:
        self._served = True
        self._kept_bsnt = -1

    def retrieve_bsnt(self) -> int:
        """BSN of the next unit; where the link has been started anew, that which it had before."""
        return self._kept_bsnt if self._kept_bsnt >= 0 else (self.fsnx - 1) & self.mask

    def retrieve_fsnx(self) -> None:
        """The local processor has recovered: what it has accepted is acknowledged, congestion is over."""
        self.congestion = _NONE
        self._txc.acknowledge_up_to(self.fsnx)

    def congested(self, how: int) -> None:
        """how: Congestion."""
        self.congestion = how

    def congestion_ceases(self) -> None:
        """Acknowledgements withheld are given; what had to be discarded is asked for (§9.2)."""
        self.congestion = _NONE
        self._txc.acknowledge_up_to(self.fsnx)
        if self._awaiting and not self._correction:
            self._nack()

    # -- units -------------------------------------------------------------------------------------------------------

    def parse(self, unit: bytes) -> int:
        """Header into the attributes; what it is. INVALID: the length indicator is not that of the unit."""
        size = len(unit)
        if self.extended:
            size -= 6
            if size < 0:
                return _INVALID
            bsn = unit[0] | unit[1] << 8
            fsn = unit[2] | unit[3] << 8
            length = (unit[4] | unit[5] << 8) & 511
            bib = bsn >> 15
            fib = fsn >> 15
            bsn &= 4095
            fsn &= 4095
        else:
            size -= 3
            if size < 0:
                return _INVALID
            bsn = unit[0]
            fsn = unit[1]
            length = unit[2] & 63
            bib = bsn >> 7
            fib = fsn >> 7
            bsn &= 127
            fsn &= 127
            if length == 63 and size > 63:
                length = size
        if length != size or size > _LONGEST:
            return _INVALID
        self.bsn = bsn
        self.bib = bib
        self.fsn = fsn
        self.fib = fib
        self.length = length
        self.kind = _FISU if length == 0 else _LSSU if length <= 2 else _MSU
        return self.kind

    def check(self) -> int:
        """§5.3, §6.2.3: what is to be done with the FISU or MSU at hand."""
        outside = self._txc.outside(self.bsn)
        if outside or self._bsn_check != _NORMAL:
            verdict = self._check_bsn(_BAD if outside else _GOOD)
            if verdict != _TAKE:
                return verdict
        if self._correction:
            return _TAKE
        if self.fib == self._fibx and self._fib_check == _NORMAL:
            return _TAKE
        return self._check_fib()

    def _check_bsn(self, event: int) -> int:
        cell = self._bsn_check * _SEQUENCE_EVENTS + event
        self._bsn_check = _NEXT[cell]
        if event == _BAD:
            self.abnormal += 1
        return _VERDICT[cell]

    def _check_fib(self) -> int:
        event = _BAD_AWAITING if self._awaiting else _BAD
        if self.fib == self._fibx:
            event = _GOOD
        cell = self._fib_check * _SEQUENCE_EVENTS + event
        self._fib_check = _NEXT[cell]
        if event == _BAD:
            self.abnormal += 1
        verdict = _VERDICT[cell]
        return _FAIL_FIB if verdict == _FAIL_BSN else verdict

    def acknowledge(self, now: int) -> None:
        """Of the unit at hand the acknowledgement only."""
        self._txc.acknowledged(self.bsn, self.bib, now)

    def take(self, now: int) -> bool:
        """The unit at hand, which is in order. True: it is an MSU for level 3."""
        self._txc.acknowledged(self.bsn, self.bib, now)
        if not self.accepting:
            return False
        ahead = (self.fsn - self.fsnx) & self.mask
        if ahead == self.mask:
            return False  # LAST is discarded in every row
        numbered = _EXPECTED if ahead == 0 and self.kind == _MSU else _OTHER
        action = _ACCEPT[self._correction + numbered * 3 + self.congestion]
        if action <= _WITHHOLD:
            self.fsnx = (self.fsnx + 1) & self.mask
            self._awaiting = False
            self.messages_received += 1
            self.octets_received += self.length
            if action == _DELIVER:
                self._txc.acknowledge_up_to(self.fsnx)
            return True
        self.out_of_sequence += 1
        if action == _NACK:
            self._nack()
        elif action == _REMEMBER:
            self._awaiting = True
        return False

    def _nack(self) -> None:
        """§5.2.2: the inverted BIB asks for all from FSNX on; they come with the FIB inverted."""
        self._awaiting = True
        self._fibx ^= 1
        self.nacks_sent += 1
        self._txc.nack_to_be_sent()
