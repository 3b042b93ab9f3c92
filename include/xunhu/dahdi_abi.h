/* The part of DAHDI's user interface that xunhu uses: ioctl numbers, structs, constants.
 *
 * Our own declaration, so that nothing of DAHDI is needed to compile; tests/c/test_dahdi_abi.c holds it against
 * <dahdi/user.h> (2.11 and later) where that is installed, and tests/dahdi against the kernel module itself. */
#ifndef XUNHU_DAHDI_ABI_H
#define XUNHU_DAHDI_ABI_H

#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>

#define XH_DAHDI_CODE 0xda
#define XH_DAHDI_ELAST 500              /* errno of read and write: an event waits, fetch it first */

struct xh_dahdi_channel {                /* of a channel */
    int32_t channo, spanno, chanpos;
    int32_t sigtype, sigcap;
    int32_t rxisoffhook, rxbits, txbits, txhooksig, rxhooksig;
    int32_t curlaw, idlebits;
    char name[40];
    int32_t times[11];
    uint32_t chan_alarms;
};
_Static_assert(sizeof(struct xh_dahdi_channel) == 136, "struct dahdi_params");

struct xh_dahdi_spaninfo {
    int32_t spanno;
    char name[20], desc[40];
    int32_t alarms, txlevel, rxlevel;
    int32_t bpvcount, crc4count, ebitcount, fascount;
    uint32_t fecount, cvcount, becount, prbs, errsec;
    int32_t irqmisses, syncsrc, numchans, totalchans, totalspans, lbo, lineconfig;
    char lboname[40], location[40], manufacturer[40], devicetype[40];
    int32_t irq, linecompat;
    char spantype[6];
} __attribute__((packed));
_Static_assert(sizeof(struct xh_dahdi_spaninfo) == 314, "struct dahdi_spaninfo");

struct xh_dahdi_bufferinfo {
    int32_t txbufpolicy, rxbufpolicy, numbufs, bufsize;
    int32_t readbufs, writebufs;        /* never filled in by the driver */
};
_Static_assert(sizeof(struct xh_dahdi_bufferinfo) == 24, "struct dahdi_bufferinfo");

#define XH_DAHDI_FLUSH          _IOW(XH_DAHDI_CODE, 3, int32_t)
#define XH_DAHDI_GET_PARAMS     _IOWR(XH_DAHDI_CODE, 5, struct xh_dahdi_channel)
#define XH_DAHDI_GETEVENT       _IOR(XH_DAHDI_CODE, 8, int32_t)
#define XH_DAHDI_SPANSTAT       _IOWR(XH_DAHDI_CODE, 10, struct xh_dahdi_spaninfo)
#define XH_DAHDI_SET_BUFINFO    _IOW(XH_DAHDI_CODE, 27, struct xh_dahdi_bufferinfo)
#define XH_DAHDI_AUDIOMODE      _IOW(XH_DAHDI_CODE, 32, int32_t)
#define XH_DAHDI_HDLCFCSMODE    _IOW(XH_DAHDI_CODE, 37, int32_t)
#define XH_DAHDI_SPECIFY        _IOW(XH_DAHDI_CODE, 38, int32_t)
#define XH_DAHDI_SETLAW         _IOW(XH_DAHDI_CODE, 39, int32_t)
#define XH_DAHDI_GETRXBITS      _IOR(XH_DAHDI_CODE, 43, int32_t)
#define XH_DAHDI_SETTXBITS      _IOW(XH_DAHDI_CODE, 43, int32_t)
#define XH_DAHDI_BUFFER_EVENTS  _IOW(XH_DAHDI_CODE, 105, int32_t)

enum { XH_DAHDI_FLUSH_READ = 1, XH_DAHDI_FLUSH_WRITE = 2 };
enum { XH_DAHDI_POLICY_IMMEDIATE = 0 };
enum { XH_DAHDI_RETURN_MASTER = 0x40000000 };   /* in channo for GET_PARAMS: the bundle's first channel comes back above bit 16 */
enum { XH_DAHDI_LAW_MULAW = 1, XH_DAHDI_LAW_ALAW = 2 };

enum {                                  /* xh_dahdi_channel.sigtype */
    XH_DAHDI_SIG_CLEAR = 1 << 7,
    XH_DAHDI_SIG_HDLCFCS = 1 << 9 | 1 << 8 | XH_DAHDI_SIG_CLEAR,
    XH_DAHDI_SIG_CAS = 1 << 15,
    XH_DAHDI_SIG_HARDHDLC = 1 << 19 | XH_DAHDI_SIG_CLEAR,
    XH_DAHDI_SIG_MTP2 = 1 << 20 | XH_DAHDI_SIG_HDLCFCS,
};

enum {                                  /* DAHDI_GETEVENT */
    XH_DAHDI_EVENT_NONE = 0,
    XH_DAHDI_EVENT_ALARM = 4,
    XH_DAHDI_EVENT_NOALARM = 5,
    XH_DAHDI_EVENT_ABORT = 6,
    XH_DAHDI_EVENT_OVERRUN = 7,
    XH_DAHDI_EVENT_BADFCS = 8,
    XH_DAHDI_EVENT_BITSCHANGED = 13,
    XH_DAHDI_EVENT_REMOVED = 20,
    XH_DAHDI_EVENT_READ_OVERRUN = 29,
    XH_DAHDI_EVENT_WRITE_UNDERRUN = 30,
};

enum {                                  /* xh_dahdi_spaninfo.alarms */
    XH_DAHDI_ALARM_RECOVER = 1 << 0,
    XH_DAHDI_ALARM_YELLOW = 1 << 2,
    XH_DAHDI_ALARM_RED = 1 << 3,
    XH_DAHDI_ALARM_BLUE = 1 << 4,
    XH_DAHDI_ALARM_NOTOPEN = 1 << 5,
    XH_DAHDI_ALARM_LOS = 1 << 8,
    XH_DAHDI_ALARM_LFA = 1 << 9,
    XH_DAHDI_ALARM_LMFA = 1 << 10,
};

#endif
