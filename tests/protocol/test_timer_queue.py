"""The queue of running timers, held against a plain dictionary."""

from hypothesis import given
from hypothesis import strategies as st

from xunhu.protocol.timer_queue import TimerQueue

STEP = st.tuples(st.sampled_from(["start", "stop", "expire"]), st.integers(0, 3), st.integers(0, 255), st.integers(0, 50))


def test_earliest_first_and_each_once() -> None:
    queue = TimerQueue()
    queue.start(1, 7, 300)
    queue.start(2, 7, 100)
    queue.start(1, 8, 200)
    queue.start(2, 7, 250)  # anew: the first deadline is void
    assert queue.next_deadline == 200
    assert queue.expired(199) is None
    assert queue.expired(300) == (1, 8)
    assert queue.expired(300) == (2, 7)
    assert queue.expired(300) == (1, 7)
    assert queue.expired(1 << 61) is None
    assert queue.next_deadline is None


def test_many_starts_leave_no_heap_behind() -> None:
    queue = TimerQueue()
    for at in range(100_000):
        queue.start(5, 1, at)
    queue.stop(5, 1)
    queue.start(1 << 39, 255, 1 << 60)
    assert len(queue) == 1
    assert queue.names(1 << 39) == [255]
    assert queue.expired(1 << 60) == (1 << 39, 255)


def test_stop_all_leaves_the_others() -> None:
    queue = TimerQueue()
    for owner in (1, 2):
        for name in (3, 4):
            queue.start(owner, name, 10 * owner + name)
    queue.stop_all(1)
    assert not queue.runs(1, 3)
    assert queue.names(2) == [3, 4]
    assert queue.next_deadline == 23


@given(st.lists(STEP, max_size=200))
def test_as_a_dictionary(steps: list[tuple[str, int, int, int]]) -> None:
    queue, model, now = TimerQueue(), {}, 0
    for what, owner, name, ahead in steps:
        if what == "start":
            queue.start(owner, name, now + ahead)
            model[owner, name] = now + ahead
        elif what == "stop":
            queue.stop(owner, name)
            model.pop((owner, name), None)
        else:
            now += ahead
            due = sorted(at for at in model.values() if at <= now)
            got = []
            while (found := queue.expired(now)) is not None:
                got.append(model.pop(found))
            assert got == due
        assert queue.next_deadline == min(model.values(), default=None)
        assert len(queue) == len(model)
