# RTCP and E-model; a part of rtp_py.pyx

cdef extern from "xunhu/rtcp.h" nogil:
    enum:
        XH_RTCP_SR, XH_RTCP_RR, XH_RTCP_SDES, XH_RTCP_BYE, XH_RTCP_APP, XH_RTCP_XR, XH_XR_REFERENCE_TIME, XH_XR_DLRR, XH_XR_VOIP
    struct xh_rtcp_report:
        uint32_t ssrc
        uint8_t fraction
        int32_t lost
        uint32_t highest, jitter, lsr, dlsr
    struct xh_rtcp_sender_info:
        uint64_t ntp
        uint32_t timestamp, packets, octets
    struct xh_rtcp_voip:
        uint32_t ssrc
        uint8_t loss_rate, discard_rate, burst_density, gap_density
        uint16_t burst_ms, gap_ms, round_trip_ms, end_system_ms
        signed char signal_dbm0, noise_dbm0
        uint8_t rerl, gmin, r_factor, ext_r_factor, mos_lq, mos_cq, rx_config
        uint16_t jb_nominal, jb_maximum, jb_abs_max
    struct xh_rtcp_text:
        uint8_t item, octets
        const uint8_t *text
    struct xh_rtcp_reason:
        const uint8_t *text
        uint8_t octets
    struct xh_rtcp_dlrr:
        uint32_t ssrc, lrr, dlrr
    union xh_rtcp_what:
        xh_rtcp_sender_info sender
        xh_rtcp_report report
        xh_rtcp_text text
        xh_rtcp_reason bye
        uint64_t reference
        xh_rtcp_dlrr dlrr
        xh_rtcp_voip voip
    struct xh_rtcp_item:
        uint8_t kind, block
        uint32_t ssrc
        xh_rtcp_what u
    struct xh_rtcp_reader:
        pass
    int xh_rtcp_is_valid(const uint8_t *packet, size_t octets, int reduced)
    void xh_rtcp_read(xh_rtcp_reader *r, const uint8_t *packet, size_t octets)
    int xh_rtcp_next(xh_rtcp_reader *r, xh_rtcp_item *item)
    size_t xh_rtcp_build_report(uint8_t *out, size_t room, uint32_t ssrc, const xh_rtcp_sender_info *sender, const xh_rtcp_report *reports, int count)
    size_t xh_rtcp_build_cname(uint8_t *out, size_t room, uint32_t ssrc, const char *cname, size_t n)
    size_t xh_rtcp_build_bye(uint8_t *out, size_t room, uint32_t ssrc, const char *reason, size_t n)
    size_t xh_rtcp_build_reference_time(uint8_t *out, size_t room, uint32_t ssrc, uint64_t ntp)
    size_t xh_rtcp_build_dlrr(uint8_t *out, size_t room, uint32_t ssrc, uint32_t of, uint32_t lrr, uint32_t dlrr)
    size_t xh_rtcp_build_voip(uint8_t *out, size_t room, uint32_t ssrc, const xh_rtcp_voip *v)
    struct xh_rtcp_params:
        uint32_t ssrc, interval_ms
        uint8_t xr, reduced
        char cname[64]
    struct xh_rtcp:
        uint64_t due
        uint32_t sent, received, invalid, round_trips
        uint8_t heard, ended, reported, voip_known
        xh_rtcp_sender_info theirs
        xh_rtcp_report report
        xh_rtcp_voip voip
    struct xh_rtp_quality:
        float r_in, mos_in, r_out, mos_out, delay_ms
    void xh_rtcp_init(xh_rtcp *c, const xh_rtcp_params *params, uint64_t seed, uint64_t now)
    int xh_rtcp_receive(xh_rtcp *c, const uint8_t *packet, size_t octets, uint64_t now, uint64_t ntp)
    int xh_rtcp_send(xh_rtcp *c, xh_rtp_receiver *rx, const xh_rtp_sender *tx, uint64_t now, uint64_t ntp, uint8_t *packet, size_t room)
    int xh_rtcp_bye(xh_rtcp *c, xh_rtp_receiver *rx, const xh_rtp_sender *tx, uint64_t now, uint64_t ntp, const char *reason, uint8_t *packet, size_t room)
    float xh_rtcp_round_trip_ms(const xh_rtcp *c)
    void xh_rtcp_quality(const xh_rtcp *c, const xh_rtp_receiver_stats *rx, const xh_rtp_codec *sent, float ptime_ms, xh_rtp_quality *q)

cdef extern from "xunhu/e_model.h" nogil:
    struct xh_e_model:
        float ie, bpl, loss, burst_ratio, delay_ms, telr_db, advantage
    float xh_e_model_ie_eff(const xh_e_model *m)
    float xh_e_model_id(const xh_e_model *m)
    float xh_e_model_r(const xh_e_model *m)
    float xh_e_model_mos(float r)

RTCP_SIZE = sizeof(xh_rtcp)


def rtcp_valid(bytes packet not None, *, bint reduced=False):
    return bool(xh_rtcp_is_valid(packet, len(packet), reduced))


cdef dict _item(const xh_rtcp_item *i):
    if i.kind == XH_RTCP_SR:
        return {"kind": "SR", "ssrc": i.ssrc, **i.u.sender}
    if i.kind == XH_RTCP_RR:
        return {"kind": "report", "by": i.ssrc, **i.u.report}
    if i.kind == XH_RTCP_SDES:
        return {"kind": "SDES", "ssrc": i.ssrc, "item": i.u.text.item, "text": (<const char *>i.u.text.text)[:i.u.text.octets]}
    if i.kind == XH_RTCP_BYE:
        return {"kind": "BYE", "ssrc": i.ssrc, "reason": (<const char *>i.u.bye.text)[:i.u.bye.octets]}
    if i.block == XH_XR_REFERENCE_TIME:
        return {"kind": "reference", "ssrc": i.ssrc, "ntp": i.u.reference}
    if i.block == XH_XR_DLRR:
        return {"kind": "dlrr", "by": i.ssrc, "ssrc": i.u.dlrr.ssrc, "lrr": i.u.dlrr.lrr, "dlrr": i.u.dlrr.dlrr}
    return {"kind": "voip", "by": i.ssrc, **i.u.voip}


def rtcp_parse(bytes packet not None, *, bint reduced=False):
    cdef xh_rtcp_reader reader
    cdef xh_rtcp_item item
    if not xh_rtcp_is_valid(packet, len(packet), reduced):
        raise ValueError("no compound packet of RTCP")
    xh_rtcp_read(&reader, packet, len(packet))
    out = []
    while xh_rtcp_next(&reader, &item):
        out.append(_item(&item))
    return out


def rtcp_report(uint32_t ssrc, sender=None, reports=()):
    """sender: (ntp, timestamp, packets, octets); reports: (ssrc, fraction, lost, highest, jitter, lsr, dlsr)."""
    cdef xh_rtcp_sender_info info
    cdef xh_rtcp_report rows[31]
    cdef uint8_t out[1500]
    if len(reports) > 31:
        raise ValueError("at most 31 reports")
    for i, row in enumerate(reports):
        rows[i].ssrc, rows[i].fraction, rows[i].lost, rows[i].highest, rows[i].jitter, rows[i].lsr, rows[i].dlsr = row
    if sender is not None:
        info.ntp, info.timestamp, info.packets, info.octets = sender
    n = xh_rtcp_build_report(out, 1500, ssrc, NULL if sender is None else &info, rows, len(reports))
    return (<char *>out)[:n]


def rtcp_cname(uint32_t ssrc, bytes cname not None):
    cdef uint8_t out[300]
    n = xh_rtcp_build_cname(out, 300, ssrc, cname, len(cname))
    return (<char *>out)[:n]


def rtcp_bye(uint32_t ssrc, bytes reason=b""):
    cdef uint8_t out[300]
    n = xh_rtcp_build_bye(out, 300, ssrc, reason, len(reason))
    return (<char *>out)[:n]


def rtcp_reference_time(uint32_t ssrc, uint64_t ntp):
    cdef uint8_t out[64]
    n = xh_rtcp_build_reference_time(out, 64, ssrc, ntp)
    return (<char *>out)[:n]


def rtcp_dlrr(uint32_t ssrc, uint32_t of, uint32_t lrr, uint32_t dlrr):
    cdef uint8_t out[64]
    n = xh_rtcp_build_dlrr(out, 64, ssrc, of, lrr, dlrr)
    return (<char *>out)[:n]


def rtcp_voip(uint32_t by, dict fields not None):
    cdef xh_rtcp_voip v = fields
    cdef uint8_t out[64]
    n = xh_rtcp_build_voip(out, 64, by, &v)
    return (<char *>out)[:n]


cdef class Rtcp:
    """A session's RTCP beside its receiver and sender."""
    cdef xh_rtcp c
    cdef Receiver receiver
    cdef Sender sender

    def __cinit__(self, Receiver receiver not None, Sender sender not None, bytes cname=b"", *, int interval_ms=0, bint xr=True, bint reduced=False,
                  uint64_t seed=1, uint64_t now=0):
        cdef xh_rtcp_params p
        memset(&p, 0, sizeof(p))
        p.ssrc, p.interval_ms, p.xr, p.reduced = sender.s.ssrc, interval_ms, xr, reduced
        if len(cname) > 64:
            raise ValueError("a CNAME has at most 64 octets")
        memcpy(p.cname, <const char *>cname, len(cname))
        self.receiver, self.sender = receiver, sender
        xh_rtcp_init(&self.c, &p, seed, now)

    @property
    def due(self):
        return self.c.due

    def receive(self, bytes packet not None, uint64_t now, uint64_t ntp):
        if xh_rtcp_receive(&self.c, packet, len(packet), now, ntp) < 0:
            raise ValueError("no compound packet of RTCP")

    def send(self, uint64_t now, uint64_t ntp):
        cdef uint8_t out[256]
        n = xh_rtcp_send(&self.c, &self.receiver.r, &self.sender.s, now, ntp, out, 256)
        if n < 0:
            raise ValueError("no room")
        return (<char *>out)[:n]

    def bye(self, uint64_t now, uint64_t ntp, bytes reason=b""):
        cdef uint8_t out[600]
        n = xh_rtcp_bye(&self.c, &self.receiver.r, &self.sender.s, now, ntp, reason, out, 600)
        if n < 0:
            raise ValueError("no room")
        return (<char *>out)[:n]

    @property
    def ended(self):
        return bool(self.c.ended)

    @property
    def invalid(self):
        return self.c.invalid

    @property
    def round_trip_ms(self):
        return xh_rtcp_round_trip_ms(&self.c)

    @property
    def report(self):
        return self.c.report if self.c.reported else None

    @property
    def voip(self):
        return self.c.voip if self.c.voip_known else None

    def quality(self, float ptime_ms=20.0):
        cdef xh_rtp_receiver_stats s
        cdef xh_rtp_quality q
        xh_rtp_receiver_stats_of(&self.receiver.r, &s)
        xh_rtcp_quality(&self.c, &s, self.sender.coder.row, ptime_ms, &q)
        return q


cdef xh_e_model _model(ie, bpl, loss, burst_ratio, delay_ms, telr_db, advantage):
    cdef xh_e_model m
    m.ie, m.bpl, m.loss, m.burst_ratio, m.delay_ms, m.telr_db, m.advantage = ie, bpl, loss, burst_ratio, delay_ms, telr_db, advantage
    return m


def e_model(*, ie=0.0, bpl=25.1, loss=0.0, burst_ratio=1.0, delay_ms=0.0, telr_db=0.0, advantage=0.0):
    """(R, Id, Ie,eff)"""
    cdef xh_e_model m = _model(ie, bpl, loss, burst_ratio, delay_ms, telr_db, advantage)
    return xh_e_model_r(&m), xh_e_model_id(&m), xh_e_model_ie_eff(&m)


def mos(float r):
    return xh_e_model_mos(r)
