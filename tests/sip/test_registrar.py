"""RFC 3261 §10.3 item by item, Path (RFC 3327), instances and flows (RFC 5626), and the location service below."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from xunhu.sip.address import Address
from xunhu.sip.location import Location
from xunhu.sip.message import SipMessage, request
from xunhu.sip.registrar import Registrar, Reply

NS = 1_000_000_000
WALL = 1_800_000_000 * NS
SOURCE, LOCAL = Address("udp", "192.0.2.10", 5060), Address("udp", "192.0.2.1", 5060)
INSTANCE = '+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>"'


class Desk:
    """A registrar, and requests made in one line."""

    def __init__(self, **options: object) -> None:
        self.location = Location(most=5, total=100)
        self.registrar = Registrar(self.location, **options)  # type: ignore[arg-type]
        self.cseq = 0
        self.now = 0

    def register(
        self,
        *contacts: str,
        expires: int | None = None,
        call_id: str = "c1",
        cseq: int | None = None,
        user: str = "8001",
        source: Address = SOURCE,
        flow: int = 0,
        headers: tuple[tuple[str, str], ...] = (),
        to: str = "",
    ) -> Reply:
        self.cseq = self.cseq + 1 if cseq is None else cseq
        rows = [
            ("Via", "SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK1"), ("From", f"<sip:{user}@xunhu>;tag=1"), ("To", to or f"<sip:{user}@xunhu>"),
            ("Call-ID", call_id), ("CSeq", f"{self.cseq} REGISTER"), *(("Contact", contact) for contact in contacts), *headers,
        ]  # fmt: skip
        if expires is not None:
            rows.append(("Expires", str(expires)))
        return self.registrar.handle(self.message(rows), user, source, LOCAL, flow, self.now, WALL + self.now)

    @staticmethod
    def message(rows: list[tuple[str, str]]) -> SipMessage:
        return request("REGISTER", "sip:xunhu", rows)

    def contacts(self, user: str = "8001") -> list[str]:
        return [str(binding.contact) for binding in self.location.find(user, self.now)]

    def told(self) -> list[str]:
        changes, self.location.changes = self.location.changes, []
        return [change.what for change in changes]


def contacts_of(reply: Reply) -> list[str]:
    return [value for name, value in reply.headers if name == "Contact"]


def test_register_ask_and_remove() -> None:
    desk = Desk()
    assert contacts_of(desk.register("<sip:8001@192.0.2.10>;q=0.5", expires=600)) == [
        "<sip:8001@192.0.2.10>;expires=600;q=0.5"
    ]
    desk.now = 100 * NS
    assert contacts_of(desk.register()) == ["<sip:8001@192.0.2.10>;expires=500;q=0.5"]
    assert contacts_of(desk.register("<sip:8001@192.0.2.10>;expires=0")) == []
    assert desk.told() == ["registered", "removed"]


def test_expires_of_the_contact_the_header_and_ours() -> None:
    desk = Desk(min_s=60, max_s=3600, default_s=1800)
    assert contacts_of(desk.register("<sip:a@192.0.2.10>;expires=100", "<sip:b@192.0.2.10>", expires=200)) == [
        "<sip:a@192.0.2.10>;expires=100",
        "<sip:b@192.0.2.10>;expires=200",
    ]
    assert "<sip:c@192.0.2.10>;expires=1800" in contacts_of(desk.register("<sip:c@192.0.2.10>"))
    assert any(
        row.endswith("b@192.0.2.10>;expires=3600")
        for row in contacts_of(desk.register("<sip:b@192.0.2.10>", expires=86400))
    )
    assert any(
        row.endswith("b@192.0.2.10>;expires=1800")
        for row in contacts_of(desk.register("<sip:b@192.0.2.10>;expires=soon"))
    )


def test_too_brief() -> None:
    desk = Desk(min_s=60)
    reply = desk.register("<sip:a@192.0.2.10>;expires=59", "<sip:b@192.0.2.10>;expires=600")
    assert reply == Reply(423, "", (("Min-Expires", "60"),))
    assert desk.contacts() == []  # all or none


def test_highest_q_first_then_the_latest() -> None:
    desk = Desk()
    desk.register(
        "<sip:a@192.0.2.10>;q=0.3", "<sip:b@192.0.2.10>;q=0.9", "<sip:c@192.0.2.10>;q=nan", "<sip:d@192.0.2.10>;q=7"
    )
    desk.now = NS
    desk.register("<sip:e@192.0.2.10>;q=0.9")
    assert [contact[4] for contact in desk.contacts()] == ["c", "d", "e", "b", "a"]


def test_star_removes_all_and_only_with_expires_0() -> None:
    desk = Desk()
    desk.register("<sip:a@192.0.2.10>", "<sip:b@192.0.2.10>")
    assert desk.register("*").status == 400
    assert desk.register("*", expires=60).status == 400
    assert desk.register("*", expires=0) == Reply(200)
    assert desk.contacts() == []


def test_order_of_requests_of_one_telephone() -> None:
    desk = Desk()
    desk.register("<sip:a@192.0.2.10>", cseq=5)
    assert desk.register("<sip:a@192.0.2.10>;expires=0", cseq=5).status == 400
    assert desk.register("<sip:a@192.0.2.10>;expires=0", cseq=4).status == 400
    assert desk.register("*", expires=0, cseq=3).status == 400
    assert desk.contacts() == ["sip:a@192.0.2.10"]
    assert desk.register("<sip:b@192.0.2.10>", cseq=4).status == 200  # changes another one
    assert desk.register("<sip:a@192.0.2.10>", cseq=1, call_id="restart").status == 200
    assert desk.register("<sip:a@192.0.2.10>;expires=0", cseq=6, call_id="restart").status == 200


def test_whose_address() -> None:
    desk = Desk(domains=frozenset({"xunhu", "example.com"}))
    assert desk.register("<sip:a@192.0.2.10>", to="<sip:8002@xunhu>").status == 403
    assert desk.register("<sip:a@192.0.2.10>", to="<sip:8001@elsewhere>").status == 404
    assert desk.register("<sip:a@192.0.2.10>", to="<tel:8001>").status == 404
    assert desk.register("<sip:a@192.0.2.10>", to="<sip:8001@EXAMPLE.com>").status == 200
    assert desk.register("<tel:8001>").status == 400


def test_equal_uris_are_one_contact() -> None:
    desk = Desk()
    desk.register("<sip:alice@Phone.Example.com;transport=tcp>")
    desk.register("<sip:%61lice@phone.example.com;transport=TCP>")
    assert desk.contacts() == ["sip:alice@Phone.Example.com;transport=tcp"]
    desk.register("<sip:alice@phone.example.com:5060;transport=tcp>")  # not equal, §19.1.4
    assert len(desk.contacts()) == 2


def test_the_same_instance_is_the_same_telephone() -> None:
    desk = Desk()
    desk.register(f"<sip:8001@192.0.2.10:40000>;{INSTANCE}")
    desk.register(f"<sip:8001@192.0.2.11:41000>;{INSTANCE}", call_id="restarted")
    assert desk.contacts() == ["sip:8001@192.0.2.11:41000"]
    assert desk.told() == ["registered", "replaced", "registered"]
    desk.register('<sip:8001@192.0.2.12>;+sip.instance="<urn:uuid:other>"')
    assert len(desk.contacts()) == 2


def test_the_oldest_gives_way_when_there_are_too_many() -> None:
    desk = Desk()
    for n in range(8):
        desk.now = n * NS
        assert desk.register(f"<sip:8001@192.0.2.10:{40000 + n}>", call_id=str(n)).status == 200
    assert [contact[-5:] for contact in desk.contacts()] == ["40007", "40006", "40005", "40004", "40003"]


def test_full() -> None:
    desk = Desk()
    for n in range(100):
        assert desk.register(f"<sip:{n}@192.0.2.10>", user=str(n)).status == 200
    assert desk.register("<sip:x@192.0.2.10>", user="x").status == 503
    assert desk.register("<sip:5@192.0.2.10>;expires=0", user="5").status == 200
    assert desk.register("<sip:x@192.0.2.10>", user="x").status == 200
    assert desk.register(*[f"<sip:{n}@192.0.2.10>" for n in range(21)], user="y").status == 403


def test_path() -> None:
    desk = Desk()
    proxy = Address("udp", "192.0.2.99", 5060)
    headers = (("Path", "<sip:p2@192.0.2.99;lr>, <sip:p1@198.51.100.1;lr>"), ("Supported", "path"))
    reply = desk.register("<sip:8001@10.0.0.1>", headers=headers, source=proxy)
    assert [value for name, value in reply.headers if name == "Path"] == [
        "<sip:p2@192.0.2.99;lr>",
        "<sip:p1@198.51.100.1;lr>",
    ]
    (binding,) = desk.location.find("8001", 0)
    assert binding.path == ("<sip:p2@192.0.2.99;lr>", "<sip:p1@198.51.100.1;lr>")
    assert (binding.place, binding.nat) == (proxy, False)


def test_where_requests_go() -> None:
    desk = Desk()
    rows = [
        ("<sip:a@192.0.2.10:5070>", Address("udp", "192.0.2.10", 61000), 0, Address("udp", "192.0.2.10", 5070)),
        ("<sip:b@192.0.2.10>", Address("udp", "192.0.2.10", 61000), 0, Address("udp", "192.0.2.10", 5060)),
        ("<sip:c@10.0.0.5:5060>", Address("udp", "203.0.113.7", 61000), 0, Address("udp", "203.0.113.7", 61000)),
        ("<sip:d@phone.local>", Address("udp", "203.0.113.7", 61001), 0, Address("udp", "203.0.113.7", 61001)),
        (
            "<sip:e@192.0.2.10:5060;transport=tcp>",
            Address("tcp", "192.0.2.10", 61002),
            7,
            Address("tcp", "192.0.2.10", 61002),
        ),
        ("<sip:f@[2001:db8::5]:5060>", Address("udp", "2001:db8::5", 61003), 0, Address("udp", "2001:db8::5", 5060)),
    ]
    for contact, source, flow, place in rows:
        desk.register(contact, source=source, flow=flow, user=contact[5])
        (binding,) = desk.location.find(contact[5], 0)
        assert binding.place == place, contact


def test_flows() -> None:
    desk = Desk()
    tcp = Address("tcp", "192.0.2.10", 40000)
    outbound = (("Supported", "outbound, path"),)
    reply = desk.register(
        f"<sip:8001@10.0.0.1;transport=tcp>;reg-id=1;{INSTANCE}", source=tcp, flow=3, headers=outbound
    )
    assert ("Require", "outbound") in reply.headers
    assert contacts_of(reply)[0].endswith("reg-id=1")
    desk.register(f"<sip:8001@10.0.0.1;transport=tcp>;reg-id=2;{INSTANCE}", source=tcp, flow=4, headers=outbound)
    desk.register("<sip:8001@10.0.0.2;transport=tcp>", source=tcp, flow=4)
    assert len(desk.contacts()) == 3
    desk.told()
    desk.location.flow_lost(4, 0, WALL)
    assert sorted(desk.told()) == ["flow", "moved"]
    assert sorted((binding.reg_id, binding.flow) for binding in desk.location.find("8001", 0)) == [(0, 0), (1, 3)]
    desk.location.flow_lost(99, 0, WALL)


def test_outbound_through_a_proxy_that_has_none() -> None:
    desk = Desk()
    vias = (("Via", "SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK2"), ("Supported", "outbound"))
    contact = f"<sip:8001@10.0.0.1>;reg-id=1;{INSTANCE}"
    assert desk.register(contact, headers=vias).status == 439
    assert desk.register(contact, headers=(*vias, ("Path", "<sip:p1@198.51.100.1;lr;ob>"))).status == 200


def test_expiry() -> None:
    desk = Desk()
    desk.register("<sip:a@192.0.2.10>;expires=100", "<sip:b@192.0.2.10>;expires=200")
    desk.register("<sip:a@192.0.2.10>;expires=150")
    assert desk.location.next_deadline == 100 * NS
    desk.told()
    desk.location.handle_timeout(100 * NS)
    assert desk.told() == []  # it was refreshed
    desk.now = 150 * NS
    desk.location.handle_timeout(desk.now)
    assert (desk.told(), desk.contacts()) == (["expired"], ["sip:b@192.0.2.10"])
    desk.location.handle_timeout(200 * NS)
    assert (len(desk.location), desk.location.aors(), desk.location.next_deadline) == (0, [], None)


def test_moved_and_refreshed() -> None:
    desk = Desk()
    desk.register("<sip:a@10.0.0.1>")
    desk.register("<sip:a@10.0.0.1>")
    desk.register("<sip:a@10.0.0.1>", source=Address("udp", "192.0.2.77", 1024))
    assert desk.told() == ["registered", "refreshed", "moved"]


def stored(location: Location) -> dict[bytes, bytes]:
    out: dict[bytes, bytes] = {}
    for key, octets in location.rows:
        if octets is None:
            out.pop(key, None)
        else:
            out[key] = octets
    return out


def test_rows_bring_all_back_on_another_clock() -> None:
    desk = Desk()
    desk.now = 500 * NS
    outbound = (("Supported", "outbound"), ("User-Agent", "Phone 1"), ("Path", "<sip:p@192.0.2.99;lr;ob>"))
    desk.register(f'"Alice" <sip:a@10.0.0.1:5070;x=y>;q=0.4;reg-id=1;expires=1000;{INSTANCE}', headers=outbound, flow=5)
    desk.register("<sip:b@10.0.0.2>;expires=100")
    desk.register("<sip:c@10.0.0.3>;expires=1000")
    desk.register("<sip:c@10.0.0.3>;expires=0")
    rows = stored(desk.location)
    assert all(len(key) < 511 for key in rows)
    again = Location()
    wall = WALL + desk.now + 200 * NS
    assert again.load([*rows.items(), (b"x", b"junk"), (b"y", b'{"aor": 5}')], 3 * NS, wall) == 1
    (binding,) = again.find("8001", 3 * NS)
    (before,) = [row for row in desk.location.find("8001", desk.now) if row.reg_id]
    assert (binding.contact, binding.q, binding.path, binding.instance, binding.reg_id) == (
        before.contact, before.q, before.path, before.instance, 1,
    )  # fmt: skip
    assert (binding.seconds(3 * NS), binding.flow, binding.source, binding.agent) == (800, 0, SOURCE, "Phone 1")
    assert sorted(key for key, octets in again.rows if octets is None) == sorted(
        [b"x", b"y", *(k for k, v in rows.items() if b"10.0.0.2" in v)]
    )


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["put", "remove", "star", "time", "flow"]),
            st.sampled_from(["8001", "8002"]),
            st.integers(0, 7),
            st.integers(0, 3),
        ),
        max_size=60,
    )
)
def test_rows_changes_and_memory_tell_the_same(walk: list[tuple[str, str, int, int]]) -> None:
    desk = Desk(min_s=1)
    alive: dict[str, int] = {"8001": 0, "8002": 0}
    for what, user, n, flow in walk:
        contact = f"<sip:{user}@192.0.2.10:{5060 + n}>"
        if n > 4:
            contact += f';+sip.instance="{n % 2}"'
        if what == "put":
            desk.register(f"{contact};expires={n + 1}", user=user, flow=flow)
        elif what == "remove":
            desk.register(f"{contact};expires=0", user=user)
        elif what == "star":
            desk.register("*", expires=0, user=user)
        elif what == "flow":
            desk.location.flow_lost(flow, desk.now, WALL + desk.now)
        else:
            desk.now += n * NS
        desk.location.handle_timeout(desk.now)
        changes, desk.location.changes = desk.location.changes, []
        for change in changes:
            alive[change.binding.aor] += {"registered": 1, "refreshed": 0, "moved": 0}.get(change.what, -1)
        assert alive == {user: len(desk.location.find(user, desk.now)) for user in alive}
        assert len(desk.location) == sum(alive.values()) == len(stored(desk.location))
        assert all(count <= 5 for count in alive.values())
        flows = {flow for flow, members in desk.location._flows.items() if members}
        assert flows == {binding.flow for binding in desk.location if binding.flow}
