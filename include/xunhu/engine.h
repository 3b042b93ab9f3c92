/* The media engine: ports, crosspoints, one tick (docs/architecture.md, "media plane").
 *
 * This header holds what control and engine share: numbers, the command and event records, the
 * layout of the shared memory.  What only the engine knows is in xunhu/_media/engine_private.h.
 *
 * Ports: 0 .. XH_TS_PORTS-1 are timeslots (span * 32 + timeslot), XH_TS_PORTS .. XH_LINE_PORTS-1 RTP lines, which have all
 * that timeslots have but what belongs to E1; the rest is a pool from which control takes numbers for players, recorders,
 * tones.  Control owns the numbering; the engine frees a port when it is closed and says so (XH_EV_CLOSED).
 */
#ifndef XUNHU_ENGINE_H
#define XUNHU_ENGINE_H

#include <stdint.h>

#include "xunhu/engine_rtp.h"

#define XH_MAX_SPANS 64
#define XH_TS_PORTS (XH_MAX_SPANS * 32)
#define XH_RTP_PORTS 2048
#define XH_LINE_PORTS (XH_TS_PORTS + XH_RTP_PORTS)
#define XH_MAX_PORTS 16384
#define XH_MAX_LINKS 128
#define XH_FRAME_MAX 300        /* octets of a link frame */
#define XH_PAYLOAD 448
#define XH_GAIN_UNITY 4096      /* Q12: gain = value / 4096, 0 = silent, at most 32767 (+18 dB) */

enum xh_port_kind { XH_PORT_FREE, XH_PORT_TIMESLOT, XH_PORT_PLAYER, XH_PORT_RECORDER, XH_PORT_TONE,
                    XH_PORT_CONFERENCE, XH_PORT_RTP };

enum xh_command_op {
    XH_CMD_NOP,
    XH_CMD_TS_OPEN,     /* port: take the timeslot into use (idle until something is connected) */
    XH_CMD_CLOSE,       /* port: any kind; crosspoints to and from it go too; -> XH_EV_CLOSED */
    XH_CMD_PLAY,        /* port (pool); payload: NUL-separated UTF-8 paths; a0 flags, a1 gain Q12, a2 loops
                           (0 = for ever when XH_PLAY_LOOP), a3 key port + 1 (0 none), a4 key mask */
    XH_CMD_PLAY_MORE,   /* port: more paths behind those waiting, without a gap */
    XH_CMD_RECORD,      /* port (pool); payload: path; a0 tracks 1|2, a1 format XH_REC_* (enum xh_format of media_file.h), a2 longest
                           in ms (0 none), a3 end after ms of silence (0 never), a4 key port + 1, a5 key mask, a6 flags XH_REC_APPEND ...,
                           a7 end after ms of silence when there was no sound yet (0: a3), a8 pre-roll in ms (armed), a9 on the disk for
                           sure every so many seconds (0: when the system likes) */
    XH_CMD_TONE,        /* port (pool); payload: array of struct xh_tone_step; a0 count, a1 repeats (0 = for ever) */
    XH_CMD_DTMF,        /* port (pool); payload: digits 0-9*#A-D and , (pause 500 ms); a0 on ms, a1 off ms,
                           a2 level dBm0*10 of each tone, a3 twist dB*10 */
    XH_CMD_CONNECT,     /* a0 source, a1 destination, a2 gain Q12, a3 track (recorders: 0 left, 1 right) */
    XH_CMD_DISCONNECT,  /* a0 source, a1 destination */
    XH_CMD_DETECT,      /* port; a0 XH_DETECT_* mask to be on, others off */
    XH_CMD_LINK_OPEN,   /* a0 link number, a1 span, a2 timeslot; a3 kind XH_LINK_*, a4 mask of timeslots (bit t; of
                           XH_LINK_MTP2_HIGH_SPEED, the timeslot among them), a5 header XH_SU_* of MTP2 (su.h) */
    XH_CMD_LINK_CLOSE,  /* a0 link number */
    XH_CMD_CAS,         /* port (timeslot); a0 ABCD */
    XH_CMD_RAI,         /* a0 span, a1 on/off */
    XH_CMD_PAUSE,       /* port (player): a0 1 pause, 0 go on */
    XH_CMD_LINK_MONITOR,        /* a0 link number (MTP2), a1 on/off: errored units are passed up; either way the unit that
                                   comes now is passed up anew */
    /* Conferences (docs/conference.md): whoever is connected to the port talks, whoever it is connected to hears the sum without
       what he says himself. */
    XH_CMD_CONFERENCE = 48,     /* port (pool); a0 how many of those who talk are heard, the loudest, 0 all; a1 XH_CONFERENCE_*;
                                   a2 least ms from one XH_EV_FLOOR to the next, 0: 200 */
    XH_CMD_CONFERENCE_SET,      /* port: the same again, of one that is open */
    /* Detectors: see XH_DETECT_*. */
    XH_CMD_DETECT_WITH = 72,    /* port: what its detectors are to know; holds until the port is closed. a0 country whose tones
                                   XH_DETECT_PROGRESS knows (xh_progress_country; 0 China, until it is said); a1 1: XH_DETECT_R2B
                                   knows the four frequencies of China No.1 alone */
    XH_CMD_TONE_ROW,    /* a0 place 0..31 in the table of XH_DETECT_TONE, the same for all ports; payload: a struct xh_progress_row
                           (progress.h), or nothing: the place is empty. Receivers of XH_DETECT_TONE begin anew */
    XH_CMD_ANSWER,      /* port: XH_DETECT_MACHINE on, and begun anew: the call is answered now; payload: a struct
                           xh_answer_parameters (answer_class.h), or nothing: defaults */
    /* Tone ports that no steps can express; XH_EV_TONE_DONE as of XH_CMD_TONE. */
    XH_CMD_FAX_TONE,    /* port (pool); a0 XH_FAX_* of fax_tones.h but XH_FAX_V21_PREAMBLE, a1 level dBm0*10 (-600 to 0), a2 ms, 0 for ever;
                           CNG and CALLING: made up to whole periods */
    XH_CMD_CALLER_ID,   /* port (pool): once; payload: message (type, length, contents; the checksum is added); a0 XH_FSK_V23 or
                           XH_FSK_BELL202, a1 level dBm0*10 (-600 to 0), a2 bits of channel seizure, a3 bits of mark before it */
    XH_CMD_ECHO = 32,   /* port (timeslot): cancel the echo in what comes in; a0 tail in ms (8 to 128, 0 off), a1 XH_ECHO_NLP |
                           XH_ECHO_COMFORT_NOISE | XH_ECHO_TONE_DISABLER of echo.h; begins anew each time */
    XH_CMD_LEVEL = 40,  /* port (timeslot): a0 0 of what comes in, 1 of what goes out; a1 XH_LEVEL_* of level.h; a2 to a8 as struct
                           xh_level_params has them: gain, target, most, least, rise, fall, ceiling. Holds until the port is closed */
    XH_CMD_CONCEAL = 88,        /* port (timeslot): a0 1 what the line loses of it is concealed (plc.h; voice alone), 0 not; its counters
                                   begin anew */
    /* Players and recorders */
    XH_CMD_PLAY_SEEK = 56,      /* port (player): a0 ms in the file, a1 1: from where it is */
    XH_CMD_PLAY_SKIP,   /* port (player): a0 files on; -1 the previous, 0 this one again */
    XH_CMD_PLAY_SPEED,  /* port (player): a0 percent, 50 to 200 */
    XH_CMD_PLAY_GAIN,   /* port (player): a0 gain Q12 */
    XH_CMD_RECORD_START,        /* port (recorder, armed); payload: path */
    XH_CMD_RECORD_PAUSE,        /* port (recorder): a0 XH_REC_GO_ON ... */
    /* RTP lines (docs/rtp.md); structs of engine_rtp.h stand in the payload */
    XH_CMD_RTP_OPEN = 96,       /* port (RTP line); struct xh_rtp_open */
    XH_CMD_RTP_SEND,    /* port; struct xh_rtp_send: where to, and in what */
    XH_CMD_RTP_RECEIVE, /* port; struct xh_rtp_receive: what may come */
    XH_CMD_RTP_DIGITS,  /* port; payload: digits 0-9*#A-D, ! (flash) and , (pause 500 ms) to be sent by RFC 4733 behind those waiting; nothing:
                           those waiting go; a0 on ms (0: 100), a1 off ms; -> XH_EV_RTP_DIALED */
    XH_CMD_RTP_DIRECTION,       /* port; a0 XH_RTP_SENDS | XH_RTP_HEARS */
    XH_CMD_KEY,         /* port (any line): a0 ASCII digit that came by other ways: as if it had been heard; a1 its length in ms */
    XH_CMD_RTP_DTLS,    /* port; struct xh_rtp_dtls: its keys are agreed by DTLS, now or anew -> XH_EV_RTP_SECURE */
};

enum {
    XH_LINK_HDLC,       /* frames without FCS over a timeslot */
    XH_LINK_MTP2,       /* signal units (su.h) over a timeslot */
    XH_LINK_MTP2_HIGH_SPEED,  /* signal units over several timeslots, the octets of one frame in their order (Q.703 Annex A) */
};
enum { XH_PLAY_LOOP = 1, XH_PLAY_KEEP = 2 /* stay open for PLAY_MORE when the list is done */ };
enum { XH_REC_ALAW, XH_REC_ULAW, XH_REC_PCM16 };        /* further ones: enum xh_format of media_file.h */
enum {
    XH_REC_APPEND = 1,  /* go on behind what is in the file */
    XH_REC_CUT = 2,     /* silence at the end is left out */
    XH_REC_ARMED = 4,   /* no file yet: the last a8 ms are kept until XH_CMD_RECORD_START */
};
enum { XH_REC_GO_ON, XH_REC_LEAVE_OUT, XH_REC_SILENCE /* in the place of what is said */ };
enum {
    XH_CONFERENCE_FLOOR = 1, XH_CONFERENCE_TALKERS = 2,         /* events that are wanted */
    XH_CONFERENCE_HOLD_KEYS = 4,        /* a party whose DTMF detector is on is not heard from 15 ms of a key tone on to its end */
};
enum {
    XH_DETECT_DTMF = 1,
    XH_DETECT_PROGRESS = 2,
    XH_DETECT_METER = 4,
    XH_DETECT_CONTINUITY = 8,
    XH_DETECT_VOICE = 16,       /* when somebody speaks (vad.h), as it comes in, before XH_CMD_LEVEL */
    XH_DETECT_R2F = 32,         /* MFC/R2 register signals, forward and backward (r2mf.h) */
    XH_DETECT_R2B = 64,
    XH_DETECT_FAX = 128,        /* tones of fax machines and modems (fax_tones.h) */
    XH_DETECT_FSK = 256,        /* caller id messages, V.23 and Bell 202 (caller_id.h) */
    XH_DETECT_TONE = 512,       /* the tones of XH_CMD_TONE_ROW */
    XH_DETECT_MACHINE = 1024,   /* who has answered (answer_class.h), since XH_CMD_ANSWER or since it was put on */
    XH_DETECT_REPEAT = 2048,    /* a steady tone, on and off in a period, that no table of the port knows */
    XH_DETECT_ALL = 4095,       /* bits that have or will have a meaning */
};

struct xh_tone_step {           /* 20 octets; f2 = 0: one tone; both 0: silence */
    float f1_hz, f2_hz;
    float level1_dbm0, level2_dbm0;
    int32_t ms;                 /* 0: for ever */
};

struct xh_command {             /* 512 octets */
    uint32_t op, port;
    uint64_t tag;               /* comes back in events of this port, or in XH_EV_REFUSED */
    int32_t a0, a1, a2, a3, a4, a5;
    uint32_t payload_len, reserved0;
    int32_t a6, a7, a8, a9;
    uint8_t payload[XH_PAYLOAD];
};

enum xh_event_type {
    XH_EV_NONE,
    XH_EV_REFUSED,      /* command `tag`: a0 errno (EBUSY overload, EINVAL, ENOSPC ...), a1 op */
    XH_EV_CLOSED,       /* port is free again */
    XH_EV_PLAYED,       /* player: a0 reason XH_END_*, a1 index of the file, a2 errno; samples: played.
                           The port is closed (XH_EV_CLOSED follows) unless XH_PLAY_KEEP and
                           no error */
    XH_EV_RECORDED,     /* recorder done: a0 reason, a1 1 sound was heard (only where silence matters), a2 errno; samples: length of
                           what was added to the file */
    XH_EV_TONE_DONE,    /* tone or dtmf port: a0 XH_END_DONE or XH_END_STOPPED */
    XH_EV_DIGIT,        /* port: a0 ASCII digit, as soon as it is certain; a1 level dBm0*10; a2 1: it came beside the voice */
    XH_EV_DIGIT_END,    /* port: a0 ASCII digit, a1 length in ms; a2 as above */
    XH_EV_PROGRESS,     /* port: a0 tone XH_TONE_*, 0 = gone; a1 to a3 as of XH_EV_TONE */
    XH_EV_ALARM,        /* a0 span, a1 alarms now, a2 alarms before */
    XH_EV_CAS,          /* port: a0 ABCD now, a1 before */
    XH_EV_LINK,         /* a0 link, a1 errno or 0, a2 frames lost since: trouble on a link */
    XH_EV_OVERLOAD,     /* a0 1 begins (new ports are refused), 0 ends; a1 load in 1/1000 of a tick */
    XH_EV_LATE,         /* a0 ticks late since the last such event */
    XH_EV_CONTINUITY,   /* port: a0 1 the 2000 Hz check tone is there, 0 it has gone */
    XH_EV_LOST_EVENTS,  /* a0 how many events found no room: read the port table */
    XH_EV_VOICE = 40,   /* port: a0 1 a voice has begun and lasts since 50 ms, 0 it has been silent for 200 ms; a1 its level dBm0*10, so far or
                           on the whole */
    XH_EV_FLOOR = 48,   /* conference: a0 port + 1 of who has the floor, 0 nobody; a1 how many speak now */
    XH_EV_TALK,         /* conference: a0 port of a party, a1 1 it speaks, 0 it has been silent for a while */
    XH_EV_TONE = 72,    /* port: a0 number of the tone (its row's), 0 = gone; a1 the two strongest frequencies of the newest burst in Hz,
                           the stronger in the lower half; a2 ms of the newest complete burst and, upper half, gap; a3 level dBm0*10 */
    XH_EV_REPEAT,       /* port: a0 1 a period is heard, 0 it has gone; a1 to a3 as of XH_EV_TONE */
    XH_EV_R2,           /* port: a0 signal 1 to 15 that begins, 0: it has ended; a1 0 forward, 1 backward; a2 level dBm0*10; a3 signal that
                           ended, else 0; samples: how long that was */
    XH_EV_FAX,          /* port: a0 XH_FAX_* of fax_tones.h that begins or has turned out to be, 0: it has ended; a2 level dBm0*10; a3 XH_FAX_*
                           that ended, else 0; samples: how long that was (a burst: how long it was) */
    XH_EV_CALLER_ID,    /* port: a part of a caller id message; a0 octets of the whole, + 65536 when it is whole and its checksum right;
                           a1 place of this part; a2, a3, samples: XH_CALLER_ID_PART octets. The parts of one follow each other */
    XH_EV_ANSWER = 77,  /* port: a0 XH_ANSWER_*, a1 confidence in 1/1000, a2 greeting in ms, a3 silence before it in ms; samples: words, and
                           in the upper half the frequency of the beep */
    XH_EV_FILES = 56,   /* a0 file threads now that have waited for a file for more than a second, a1 before: a disk or file server
                           does not answer */
    XH_EV_RTP_SILENT = 96,      /* RTP line: a0 1 nothing that is believed has come for silent_ms, 0 something comes again; a1 ms without */
    XH_EV_RTP_LEARNT,   /* RTP line: its source is known now; a0 family 4, 6, a1 port; a2, a3, samples: address as on the wire */
    XH_EV_RTP_CHANGED,  /* RTP line: a0 payload type that is heard now, a1 its codec's row (255 none), a2 SSRC, a3 1: another one */
    XH_EV_RTP_EVENT,    /* RTP line: RFC 4733 event that is no key: a0 event, a1 1 it has begun, 0 ended; a2 ms; a3 level dBm0*10 */
    XH_EV_RTP_BYE,      /* RTP line: the far end has left the session */
    XH_EV_RTP_DIALED,   /* RTP line: all digits have been sent */
    XH_EV_RTP_SECURE,   /* RTP line: a0 1 DTLS has agreed on keys, 0 it has failed; a1 XH_SRTP_* */
};
#define XH_CALLER_ID_PART 16
enum { XH_END_DONE, XH_END_STOPPED, XH_END_KEY, XH_END_LONGEST, XH_END_SILENCE, XH_END_ERROR };

struct xh_event {               /* 64 octets */
    uint32_t type, port;
    uint64_t tag;
    uint64_t sample;            /* engine sample count (8 kHz) at which it happened */
    int32_t a0, a1, a2, a3;
    uint64_t samples;
    uint64_t reserved[2];
};

/* One row a port in shared memory, written by the engine once a tick where it changed. */
struct xh_port_row {            /* 64 octets */
    uint32_t kind, detect;
    uint64_t tag;
    uint64_t opened;            /* sample at which it was opened */
    uint64_t samples;           /* played or recorded */
    int16_t rms_in_dbm0x10, peak_in_dbm0x10;    /* last 100 ms, when metered; -32768 unknown */
    int16_t rms_out_dbm0x10, peak_out_dbm0x10;
    uint32_t sources[4];        /* first four sources heard: port + 1, 0 none */
    uint32_t cas_rx;            /* ABCD, 0xffffffff unknown */
    uint32_t reserved;          /* odd while the engine writes the row */
};

/* A timeslot's echo canceller, written some times a second while it is on. */
enum { XH_ECHO_ON = 1, XH_ECHO_CONVERGED = 2, XH_ECHO_DOUBLE_TALK = 4, XH_ECHO_DISABLED = 8, XH_ECHO_NARROW_BAND = 16,
       XH_ECHO_SUPPRESSING = 32 };
struct xh_echo_row {
    uint32_t sequence;          /* odd while the engine writes the row */
    uint16_t flags;
    int16_t erl_dbx10, erle_dbx10, residual_dbm0x10, noise_dbm0x10;    /* as in struct xh_echo_state */
    uint16_t delay_ms;          /* from sending to the echo's coming back, this server's own part in it included */
};

/* A timeslot's levels, written some times a second while XH_CMD_LEVEL or XH_DETECT_VOICE is on. [0] comes in, [1] goes out. */
enum { XH_VOICE_NO, XH_VOICE_YES, XH_VOICE_UNKNOWN };
struct xh_level_row {
    uint32_t sequence;          /* odd while the engine writes the row */
    uint8_t mode[2];            /* XH_LEVEL_* of level.h */
    uint8_t voice, reserved;    /* XH_VOICE_*: somebody speaks, as it comes in */
    int16_t gain_dbx10[2], limiter_dbx10[2], voice_dbm0x10[2];  /* as in struct xh_level_state */
    int16_t speech_dbm0x10, noise_dbm0x10;      /* as in struct xh_vad_state, of what comes in */
};

/* A timeslot's concealment; each field by itself. */
struct xh_conceal_row {         /* 16 octets */
    _Atomic uint64_t samples;   /* made up since it was put on, the silence after 60 ms of hole left out */
    _Atomic uint32_t holes;     /* in so many holes */
    _Atomic uint32_t on;
};

/* One row a port beside it, of players; each field by itself. */
struct xh_media_row {           /* 32 octets */
    uint64_t position, length;  /* samples of 8 kHz in the file that is heard, of it; UINT64_MAX not known */
    uint32_t file, speed;       /* its place in the list; percent */
    uint64_t reserved;
};

#endif
