"""Q.704's promise between two nodes of ours, over E1 lines in real time: while a link is cut and comes back, no message is lost, doubled or
out of order (Q.704 §5.1, §6.1). Checked by numbers in messages of a user part of the test's own, on all signalling link selections."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from far_end import free_addresses
from numbered_user import SELECTIONS, SERVICE, NumberedUser, findings, settled
from our_node import FRAMES, OurNode

pytestmark = pytest.mark.interop

A, B = 0x0123, 0x2456


class Two:
    """Two nodes with two links between them, and their users."""

    def __init__(self) -> None:
        at = free_addresses(4)
        mine, other = ",".join(at[:2]), ",".join(at[2:])
        self.users = (NumberedUser(A, B), NumberedUser(B, A))
        self.nodes = (
            OurNode(mine, other, own=A, adjacent=B, part=self.users[0], service=SERVICE),
            OurNode(other, mine, own=B, adjacent=A, part=self.users[1], service=SERVICE),
        )
        self.ticks = 0
        self.next = time.monotonic()
        for node in self.nodes:
            node.start()

    def tick(self, messages: int = 0) -> None:
        """messages: each way, on selections that take turns."""
        for node, user in zip(self.nodes, self.users, strict=True):
            for n in range(messages):
                user.say((self.ticks * messages + n) % SELECTIONS)
            if messages:
                node.node.touch_user(0)
            node.step()
        self.ticks += 1
        self.next += FRAMES / 8000
        time.sleep(max(0.0, self.next - time.monotonic()))

    def run(self, seconds: float, messages: int) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.tick(messages)

    def both_in_service(self) -> bool:
        return all(node.in_service() == 2 and node.accessible for node in self.nodes)

    def settle(self, seconds: float = 5) -> None:
        end = time.monotonic() + seconds
        while not settled(*self.users):
            assert time.monotonic() < end, findings(*self.users)
            self.tick()


@pytest.fixture
def two() -> Iterator[Two]:
    pair = Two()
    try:
        end = time.monotonic() + 25
        while not pair.both_in_service():
            assert time.monotonic() < end, [node.links() for node in pair.nodes]
            pair.tick()
        pair.run(0.5, 0)
        yield pair
    finally:
        for node in pair.nodes:
            node.close()


def cut(pair: Two, link: int, seconds: float, ways: tuple[int, ...] = (0, 1)) -> None:
    """Ones in the timeslot, towards these nodes."""
    for way in ways:
        pair.nodes[way].lines[link].deaf_until = time.monotonic() + seconds


@pytest.mark.parametrize(
    "ways",
    [
        pytest.param((0, 1), id="both-ways"),
        pytest.param((0,), id="one-way", marks=pytest.mark.slow),
        pytest.param((1,), id="other-way", marks=pytest.mark.slow),
    ],
)
def test_a_link_is_cut_under_load_and_comes_back(two: Two, ways: tuple[int, ...]) -> None:
    two.run(1.0, 1)
    cut(two, 1, 3.0, ways)
    two.run(1.0, 1)
    assert [node.in_service() for node in two.nodes] == [1, 1]
    end = time.monotonic() + 30
    while not two.both_in_service():
        assert time.monotonic() < end, [node.links() for node in two.nodes]
        two.tick(1)
    two.run(2.0, 1)  # back on both links
    two.settle()
    assert not two.users[0].wrong + two.users[1].wrong, findings(*two.users)
    assert not two.users[0].paused + two.users[1].paused
    assert sum(two.users[0].sent) > 1000


@pytest.mark.slow
def test_each_link_in_turn_and_again(two: Two) -> None:
    for n in range(3):
        cut(two, n % 2, 0.4)
        end = time.monotonic() + 30
        two.run(0.6, 1)
        while not two.both_in_service():
            assert time.monotonic() < end, [node.links() for node in two.nodes]
            two.tick(1)
        two.run(1.0, 1)
    two.settle()
    assert not two.users[0].wrong + two.users[1].wrong, findings(*two.users)
