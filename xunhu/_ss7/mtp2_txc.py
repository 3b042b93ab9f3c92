# cython: annotation_typing=False
"""Transmission control of MTP level 2, basic (ITU-T Q.703 (07/96) §5, Figure 13) and preventive cyclic retransmission
(§6, Figure 15).

It holds the transmission buffer (TB: not yet sent) and the retransmission buffer (RTB: sent, not acknowledged), and is
asked for the next unit of the line. What it has been told to send and what waits make the unit (mtp2_tables.CHOICE).

How: RTB is a ring by sequence number. FISUs and LSSUs are given when they differ from the unit before, for the line
repeats the last one by itself and follows an MSU by a FISU of its numbers. T6 and T7 run here; their deadlines are
attributes, T7 only while MSUs may be sent.

Own decisions. What a link held when it is started anew is kept for level 3 (changeover, Q.704 §5.5, asks for it when
the link is already being aligned) until the link is in service. T6 stops with T7 when MSUs are inhibited: a processor
that is out acknowledges nothing. When buffers are flushed in processor outage, sequence numbers go on from the BSN
seen last, that of an LSSU included (§8).
"""

from __future__ import annotations

import cython

from xunhu._ss7.mtp2_tables import CHOICE, Transmission, Unit, Waiting
from xunhu._ss7.mtp2_units import BASIC_MASK, EXTENDED_MASK, SIB

if not cython.compiled:  # else their C form
    from xunhu._ss7.mtp2_units import basic_unit, extended_unit

NEVER = 1 << 62
_NEVER = NEVER  # C integers in mtp2_txc.pxd
_IDLE, _LSSU, _FISU, _MSU = (int(t) for t in Transmission)
_W_SIB, _W_RETRANSMISSION, _W_NEW, _W_CYCLE, _W_NOTHING = (int(w) for w in Waiting)
_U_NONE, _U_LSSU, _U_SIB, _U_FISU, _U_OLD, _U_NEW = (int(u) for u in Unit)
_WAITINGS = len(Waiting)
_UNITS = bytes(choice.unit for choice in CHOICE)  # [transmission * waitings + waiting]
_SIB = SIB
_NO_STATUS = 6  # in the place of a status: a FISU
_STATUS = [bytes((status,)) for status in range(6)]
_EMPTY = b""
_DEAD = 64  # places before the head of TB that are left alone


class TransmissionControl:
    """n1, n2: thresholds; basic uses n1 only. thresholds: onset and abatement of levels 1, 2, 3 and the limit, in
    messages."""

    def __init__(
        self, extended: bool, pcr: bool, n1: int, n2: int, t6_ns: int, t7_ns: int, thresholds: tuple[int, ...]
    ) -> None:
        self.extended = extended
        self.pcr = pcr
        self.mask = EXTENDED_MASK if extended else BASIC_MASK
        self.n1 = n1
        self.n2 = n2
        self._t6_ns = t6_ns
        self._t7_ns = t7_ns
        self._onset = [0, thresholds[0], thresholds[2], thresholds[4], _NEVER]  # [level]
        self._abate = [0, thresholds[1], thresholds[3], thresholds[5]]
        self.limit = thresholds[6]
        self.transmission = _IDLE
        self.timed = False  # T7 may run
        self.status = 0  # of the LSSU that is being sent
        self.sib_waits = False
        self._tb: list[bytes] = []
        self._tb_head = 0
        self._rtb: list[bytes] = [_EMPTY] * (self.mask + 1)
        self.waiting = 0  # in TB
        self.unacknowledged = 0  # in RTB
        self.octets = 0  # of those, header included (N2)
        self.fsnf = 0  # of the oldest in RTB
        self.fsnt = self.mask  # of the last MSU sent for the first time (FSNL)
        self.fsnx = 0  # of the next MSU expected, as acknowledged
        self.fib = 1
        self.bib = 1
        self._z = 0  # the next one to be sent again
        self._retransmitting = False  # basic: until FSNT; PCR: forced, until the end of the cycle
        self.sib_received = False
        self._given = -1  # the unit that the line repeats
        self.t6_at = _NEVER
        self.t7_at = _NEVER
        self.level = 0
        self._up = self._onset[1]
        self._down = 0
        self.level_changed = False
        self._kept_first = -1  # FSN of the first of `_kept`
        self._kept: list[bytes] = []
        self._kept_new: list[bytes] = []
        # Q.752 Table 1
        self.messages_sent = 0
        self.octets_sent = 0
        self.messages_again = 0
        self.octets_again = 0
        self.nacks = 0
        self.sibs = 0
        self.discarded = 0

    # -- orders of link state control, congestion control and reception control --------------------------------------

    def start(self) -> None:
        """Figure 13, start: numbers as after power on, buffers empty."""
        self._keep()
        self._retransmitting = False
        self.fsnf = 0
        self.fsnt = self.mask
        self.fsnx = 0
        self.fib = 1
        self.bib = 1
        self._z = 0
        self._inhibit()

    def send_lssu(self, status: int) -> None:
        self.transmission = _LSSU
        self.status = status
        self._inhibit()

    def send_fisu(self) -> None:
        self.transmission = _FISU
        self._inhibit()

    def send_msu(self, timed: bool, now: int) -> None:
        """MSUs, and FISUs between. timed: False while the far end need not acknowledge yet (aligned ready)."""
        self.transmission = _MSU
        self.timed = timed
        if timed:
            self._kept_first = -1
            self._kept = []
            self._kept_new = []
            if self.unacknowledged:
                self.t7_at = now + self._t7_ns

    def _inhibit(self) -> None:
        self.timed = False
        self.sib_waits = False
        self.sib_received = False
        self.t6_at = _NEVER
        self.t7_at = _NEVER

    def power_off(self) -> None:
        self.transmission = _IDLE

    def send_sib(self) -> None:
        self.sib_waits = True

    def acknowledge_up_to(self, fsnx: int) -> None:
        """FSNX value, of reception control: what is before it is acknowledged by the next unit."""
        self.fsnx = fsnx

    def nack_to_be_sent(self) -> None:
        self.bib ^= 1

    def sib_has_come(self, now: int) -> None:
        """§9.3: T7 anew; T6 at the first. Without an MSU to be acknowledged neither has a meaning."""
        if not self.unacknowledged or not self.timed:
            return
        if not self.sib_received:
            self.sib_received = True
            self.t6_at = now + self._t6_ns
        self.t7_at = now + self._t7_ns

    def message(self, octets: bytes) -> bool:
        """SIO and SIF for transmission. False: the buffers are full, it is discarded."""
        if self.waiting + self.unacknowledged >= self.limit:
            self.discarded += 1
            return False
        self._tb.append(octets)
        self.waiting += 1
        if self.waiting + self.unacknowledged >= self._up:
            self._measure()
        return True

    def flush(self, bsn: int) -> None:
        """Figure 13, flush buffers. bsn: seen last; what is sent next has the number after it."""
        self._drop_new()
        if not self.outside(bsn):
            self.fsnf = (bsn + 1) & self.mask
        self._drop_old()
        self._retransmitting = False
        self._measure()

    # -- acknowledgements --------------------------------------------------------------------------------------------

    def outside(self, bsn: int) -> bool:
        """BSNR is not within FSNF - 1 ... FSNT (§5.3.1)."""
        return ((bsn + 1 - self.fsnf) & self.mask) > self.unacknowledged

    def acknowledged(self, bsn: int, bib: int, now: int) -> None:
        """BSNR and BIBR, of reception control. bsn: not outside."""
        n = (bsn + 1 - self.fsnf) & self.mask
        if n:
            self._release(n)
            self._stop_t6()
            if self.timed:
                self.t7_at = now + self._t7_ns if self.unacknowledged else _NEVER
        if bib != self.fib and not self.pcr:
            # §5.2.3: all that is not acknowledged, in its order
            self.nacks += 1
            self._stop_t6()
            self.fib = bib
            self._z = self.fsnf
            self._retransmitting = self.unacknowledged > 0

    def _stop_t6(self) -> None:
        if self.sib_received:
            self.sib_received = False
            self.t6_at = _NEVER

    def _release(self, n: int) -> None:
        fsn = self.fsnf
        mask = self.mask
        rtb = self._rtb
        done = ((self._z - fsn) & mask) < n  # the next to be sent again is among them
        for _ in range(n):
            if self.pcr:
                self.octets -= len(rtb[fsn]) + (6 if self.extended else 3)
            rtb[fsn] = _EMPTY
            fsn = (fsn + 1) & mask
        self.fsnf = fsn
        self.unacknowledged -= n
        if done:
            self._z = fsn
        if not self.unacknowledged:
            self._z = fsn
            self._retransmitting = False
        if self.waiting + self.unacknowledged < self._down:
            self._measure()

    def _measure(self) -> None:
        """§3.8 of Q.704: the level of congestion by the messages in TB and RTB."""
        held = self.waiting + self.unacknowledged
        level = self.level
        while held >= self._onset[level + 1]:
            level += 1
        while level and held < self._abate[level]:
            level -= 1
        if level != self.level:
            self.level = level
            self.level_changed = True
        self._up = self._onset[level + 1]
        self._down = self._abate[level]

    # -- the next unit -----------------------------------------------------------------------------------------------

    def _idle(self, status: int) -> int:
        """The FISU or LSSU of this moment as one number."""
        bsn = (self.fsnx - 1) & self.mask
        return bsn | self.bib << 12 | self.fsnt << 13 | self.fib << 25 | status << 26

    def _choose(self) -> int:
        if self.sib_waits:
            waiting = _W_SIB
        elif self._retransmitting:
            waiting = _W_RETRANSMISSION
        elif self.waiting and self.unacknowledged < self.n1:
            waiting = _W_NEW
        elif self.pcr and self.unacknowledged:
            waiting = _W_CYCLE
        else:
            waiting = _W_NOTHING
        return _UNITS[self.transmission * _WAITINGS + waiting]

    def wants_line(self) -> bool:
        unit = self._choose()
        if unit == _U_FISU:
            return self._idle(_NO_STATUS) != self._given
        if unit == _U_LSSU:
            return self._idle(self.status) != self._given
        return unit != _U_NONE

    def next_unit(self, now: int) -> bytes | None:
        """See mtp2.Mtp2.next_signal_unit."""
        unit = self._choose()
        if unit == _U_NEW:
            return self._new_message(now)
        if unit == _U_OLD:
            return self._message_again()
        if unit == _U_FISU:
            return self._idle_unit(_NO_STATUS, _EMPTY)
        if unit == _U_LSSU:
            return self._idle_unit(self.status, _STATUS[self.status])
        if unit == _U_SIB:
            self.sib_waits = False
            self.sibs += 1
            self._given = -1
            return self._idle_unit(_SIB, _STATUS[_SIB])
        return None

    def _idle_unit(self, status: int, octets: bytes) -> bytes | None:
        packed = self._idle(status)
        if packed == self._given:
            return None
        self._given = packed
        return self._unit(self.fsnt, octets)

    def _unit(self, fsn: int, octets: bytes) -> bytes:
        bsn = (self.fsnx - 1) & self.mask
        if self.extended:
            return extended_unit(bsn, self.bib, fsn, self.fib, octets)
        return basic_unit(bsn, self.bib, fsn, self.fib, octets)

    def _new_message(self, now: int) -> bytes:
        octets = self._take()
        fsn = (self.fsnt + 1) & self.mask
        self.fsnt = fsn
        if not self.unacknowledged and self.timed:
            self.t7_at = now + self._t7_ns
        self._rtb[fsn] = octets
        self.unacknowledged += 1
        self.messages_sent += 1
        self.octets_sent += len(octets)
        if self.pcr:
            self.octets += len(octets) + (6 if self.extended else 3)
            if self._limit_reached():
                # §6.4.1: forced, from the oldest on
                self._retransmitting = True
                self._z = self.fsnf
        self._given = self._idle(_NO_STATUS)  # the FISU that the line puts after it
        return self._unit(fsn, octets)

    def _message_again(self) -> bytes:
        fsn = self._z
        octets = self._rtb[fsn]
        self.messages_again += 1
        self.octets_again += len(octets)
        if fsn != self.fsnt:
            self._z = (fsn + 1) & self.mask
        elif self.pcr:
            # the end of a cycle; §6.4.1: forced retransmission goes on while a limit is reached
            self._z = self.fsnf
            self._retransmitting = self._retransmitting and self._limit_reached()
        else:
            self._retransmitting = False
        bsn = (self.fsnx - 1) & self.mask
        self._given = bsn | self.bib << 12 | fsn << 13 | self.fib << 25 | _NO_STATUS << 26
        return self._unit(fsn, octets)

    def _limit_reached(self) -> bool:
        return self.unacknowledged >= self.n1 or self.octets >= self.n2

    def _take(self) -> bytes:
        """The oldest of TB."""
        tb = self._tb
        head = self._tb_head
        octets = tb[head]
        head += 1
        self.waiting -= 1
        if not self.waiting:
            tb.clear()
            head = 0
        elif head >= _DEAD and head * 2 >= len(tb):
            del tb[:head]
            head = 0
        self._tb_head = head
        return octets

    # -- retrieval, Q.704 §5.5 ---------------------------------------------------------------------------------------

    def _drop_new(self) -> list[bytes]:
        new = self._tb[self._tb_head :]
        self._tb = []
        self._tb_head = 0
        self.waiting = 0
        return new

    def _drop_old(self) -> None:
        """RTB empty; numbers go on from FSNF."""
        for at in range(self.mask + 1):
            self._rtb[at] = _EMPTY
        self.fsnt = (self.fsnf - 1) & self.mask
        self.unacknowledged = 0
        self.octets = 0
        self._z = self.fsnf
        self.t7_at = _NEVER
        self._stop_t6()

    def _keep(self) -> None:
        """The link is started anew: set aside what it holds."""
        if self.unacknowledged:
            mask = self.mask
            self._kept_first = self.fsnf
            self._kept = [self._rtb[(self.fsnf + i) & mask] for i in range(self.unacknowledged)]
            self._kept_new = []
            self._drop_old()
        self._kept_new.extend(self._drop_new())
        if len(self._kept_new) > self.limit:
            self.discarded += len(self._kept_new) - self.limit
            del self._kept_new[self.limit :]
        self._measure()

    def retrieve(self, fsnc: int) -> list[bytes]:
        """What the far end has not accepted, then what was never sent. fsnc: the last FSN that it has accepted; -1:
        not known (emergency changeover), then only what was never sent. An FSNC that cannot be is answered by nothing
        (Q.704 §5.7.2). All buffers are empty after it."""
        kept = self._kept_first >= 0
        if kept:
            first, old = self._kept_first, self._kept
        else:
            first = self.fsnf
            old = [self._rtb[(first + i) & self.mask] for i in range(self.unacknowledged)]
        new = self._kept_new
        if self.transmission != _MSU:
            new = new + self._drop_new()
        if fsnc < 0:
            out = new
        else:
            accepted = (fsnc + 1 - first) & self.mask
            out = old[accepted:] + new if fsnc <= self.mask and accepted <= len(old) else []
        if not kept:
            if 0 <= fsnc <= self.mask and not self.outside(fsnc):
                self.fsnf = (fsnc + 1) & self.mask
            self._drop_old()
            self._retransmitting = False
        self._kept_first = -1
        self._kept = []
        self._kept_new = []
        self._measure()
        return out
