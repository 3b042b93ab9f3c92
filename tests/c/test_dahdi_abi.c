// sources:
/* include/xunhu/dahdi_abi.h against <dahdi/user.h> where there is one (tests/dahdi/run brings Debian's), else against
 * the numbers that header gave. */
#include "xunhu/dahdi_abi.h"

#define SAME(ours, number) _Static_assert((ours) == (number), #ours)

SAME(XH_DAHDI_FLUSH, 0x4004da03);
SAME(XH_DAHDI_GET_PARAMS, 0xc088da05);
SAME(XH_DAHDI_GETEVENT, 0x8004da08);
SAME(XH_DAHDI_SPANSTAT, 0xc13ada0a);
SAME(XH_DAHDI_SET_BUFINFO, 0x4018da1b);
SAME(XH_DAHDI_AUDIOMODE, 0x4004da20);
SAME(XH_DAHDI_HDLCFCSMODE, 0x4004da25);
SAME(XH_DAHDI_SPECIFY, 0x4004da26);
SAME(XH_DAHDI_SETLAW, 0x4004da27);
SAME(XH_DAHDI_GETRXBITS, 0x8004da2b);
SAME(XH_DAHDI_SETTXBITS, 0x4004da2b);
SAME(XH_DAHDI_BUFFER_EVENTS, 0x4004da69);
SAME(offsetof(struct xh_dahdi_channel, sigtype), 12);
SAME(offsetof(struct xh_dahdi_channel, curlaw), 40);
SAME(offsetof(struct xh_dahdi_channel, name), 48);
SAME(offsetof(struct xh_dahdi_channel, chan_alarms), 132);
SAME(offsetof(struct xh_dahdi_spaninfo, alarms), 64);
SAME(offsetof(struct xh_dahdi_spaninfo, totalchans), 124);
SAME(offsetof(struct xh_dahdi_spaninfo, spantype), 308);

#if defined(XUNHU_DAHDI_USER_H) || __has_include(<dahdi/user.h>)
#include <dahdi/user.h>

#define AGREE(name) SAME(XH_##name, (uint32_t)name)
#define FIELD(a, b, field) \
    SAME(offsetof(struct a, field), offsetof(struct b, field)); \
    SAME(sizeof(((struct a *)0)->field), sizeof(((struct b *)0)->field))

SAME(XH_DAHDI_ELAST, ELAST);
AGREE(DAHDI_FLUSH);
AGREE(DAHDI_GET_PARAMS);
AGREE(DAHDI_GETEVENT);
AGREE(DAHDI_SPANSTAT);
AGREE(DAHDI_SET_BUFINFO);
AGREE(DAHDI_AUDIOMODE);
AGREE(DAHDI_HDLCFCSMODE);
AGREE(DAHDI_SPECIFY);
AGREE(DAHDI_SETLAW);
AGREE(DAHDI_GETRXBITS);
AGREE(DAHDI_SETTXBITS);
AGREE(DAHDI_BUFFER_EVENTS);
AGREE(DAHDI_FLUSH_READ);
AGREE(DAHDI_FLUSH_WRITE);
AGREE(DAHDI_POLICY_IMMEDIATE);
SAME(XH_DAHDI_RETURN_MASTER, DAHDI_GET_PARAMS_RETURN_MASTER);
AGREE(DAHDI_LAW_MULAW);
AGREE(DAHDI_LAW_ALAW);
AGREE(DAHDI_SIG_CLEAR);
AGREE(DAHDI_SIG_HDLCFCS);
AGREE(DAHDI_SIG_CAS);
AGREE(DAHDI_SIG_HARDHDLC);
AGREE(DAHDI_SIG_MTP2);
AGREE(DAHDI_EVENT_NONE);
AGREE(DAHDI_EVENT_ALARM);
AGREE(DAHDI_EVENT_NOALARM);
AGREE(DAHDI_EVENT_ABORT);
AGREE(DAHDI_EVENT_OVERRUN);
AGREE(DAHDI_EVENT_BADFCS);
AGREE(DAHDI_EVENT_BITSCHANGED);
AGREE(DAHDI_EVENT_REMOVED);
AGREE(DAHDI_EVENT_READ_OVERRUN);
AGREE(DAHDI_EVENT_WRITE_UNDERRUN);
AGREE(DAHDI_ALARM_RECOVER);
AGREE(DAHDI_ALARM_YELLOW);
AGREE(DAHDI_ALARM_RED);
AGREE(DAHDI_ALARM_BLUE);
AGREE(DAHDI_ALARM_NOTOPEN);
AGREE(DAHDI_ALARM_LOS);
AGREE(DAHDI_ALARM_LFA);
AGREE(DAHDI_ALARM_LMFA);
FIELD(xh_dahdi_channel, dahdi_params, channo);
FIELD(xh_dahdi_channel, dahdi_params, spanno);
FIELD(xh_dahdi_channel, dahdi_params, chanpos);
FIELD(xh_dahdi_channel, dahdi_params, sigtype);
FIELD(xh_dahdi_channel, dahdi_params, rxbits);
FIELD(xh_dahdi_channel, dahdi_params, curlaw);
FIELD(xh_dahdi_channel, dahdi_params, name);
FIELD(xh_dahdi_spaninfo, dahdi_spaninfo, spanno);
FIELD(xh_dahdi_spaninfo, dahdi_spaninfo, alarms);
FIELD(xh_dahdi_spaninfo, dahdi_spaninfo, bpvcount);
FIELD(xh_dahdi_spaninfo, dahdi_spaninfo, crc4count);
FIELD(xh_dahdi_spaninfo, dahdi_spaninfo, ebitcount);
FIELD(xh_dahdi_spaninfo, dahdi_spaninfo, fascount);
FIELD(xh_dahdi_spaninfo, dahdi_spaninfo, numchans);
FIELD(xh_dahdi_spaninfo, dahdi_spaninfo, totalchans);
FIELD(xh_dahdi_bufferinfo, dahdi_bufferinfo, txbufpolicy);
FIELD(xh_dahdi_bufferinfo, dahdi_bufferinfo, rxbufpolicy);
FIELD(xh_dahdi_bufferinfo, dahdi_bufferinfo, numbufs);
FIELD(xh_dahdi_bufferinfo, dahdi_bufferinfo, bufsize);
#endif

int main(void)
{
    return 0;
}
