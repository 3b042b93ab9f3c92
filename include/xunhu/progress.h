/* Receiver of call progress tones by a table of a country (ITU-T E.180 and its Supplement 2), of tones the user describes, and of
 * any repeated on and off of a steady tone that no table knows.
 *
 * How, docs/call-progress.md: each 10 ms the spectrum of the newest 32 ms says whether what is heard is one to four narrow bands; the
 * course of their energy gives the beginning and end of each burst to a few ms; 128 ms within the burst (less of a short one) give
 * its frequencies to 1 Hz. Bursts and gaps are compared with the rows of the table.
 * State is the caller's, without pointers into itself; tables are read only and may be shared by all receivers. */
#ifndef XUNHU_PROGRESS_H
#define XUNHU_PROGRESS_H
#include <stddef.h>
#include <stdint.h>

enum { XH_TONE_NONE, XH_TONE_DIAL, XH_TONE_RINGBACK, XH_TONE_BUSY, XH_TONE_CONGESTION, XH_TONE_SPECIAL_DIAL, XH_TONE_CALL_WAITING,
       XH_TONE_HOWLER, XH_TONE_SIT, XH_TONE_UNOBTAINABLE, XH_TONE_TRUNK_OFFERING, XH_TONE_THIRD_PARTY };

#define XH_ROW_LINES 4          /* most frequencies of a tone */
#define XH_ROW_PAIRS 4          /* most on/off windows */
#define XH_PROGRESS_ROWS 32     /* most rows of a table */
enum {
    XH_ROW_IN_TURN = 1,         /* burst i has line i and length on[i]; what lies between is at most 80 ms */
    XH_ROW_ANY_SOUND = 2,       /* by envelope alone, whatever sounds; lines must be 0. With lines 0 and without this: any tone */
};

struct xh_progress_row {        /* times in ms, all windows include their ends */
    uint16_t tone;              /* what is reported, not 0 */
    uint8_t lines, pairs;       /* pairs 0: a tone without end, reported when it has lasted after_ms */
    uint8_t flags, cycles;      /* cycles: bursts and gaps needed; 0: as many as are wise */
    int16_t least_dbm0x10;      /* weaker is not heard; 0: -43 dBm0 */
    uint16_t low_hz[XH_ROW_LINES], high_hz[XH_ROW_LINES];       /* 100 to 3,900 */
    uint16_t am_hz;             /* side bands this far from the lines may be there */
    uint16_t after_ms;
    uint16_t on_low[XH_ROW_PAIRS], on_high[XH_ROW_PAIRS], off_low[XH_ROW_PAIRS], off_high[XH_ROW_PAIRS];
};
struct xh_progress_table {
    uint32_t rows;
    struct xh_progress_row row[XH_PROGRESS_ROWS];
};
/* 0, or -EINVAL: a number is out of its range (60 s, 100..3,900 Hz), a window is empty, there are too many rows or lines. */
int xh_progress_table_check(const struct xh_progress_table *t);
/* Countries, xunhu/_media/progress_tables.c, made from tone_countries.py. NULL: no such number. 0 is China with E.180. */
const struct xh_progress_table *xh_progress_country(uint32_t number);

enum { XH_PROGRESS_COUNTRY, XH_PROGRESS_CUSTOM, XH_PROGRESS_REPEAT };
struct xh_progress_event {
    uint8_t source;             /* XH_PROGRESS_* */
    uint16_t tone;              /* of the row; 0: what was reported has gone. REPEAT: 1 or 0 */
    uint16_t hz[2];             /* of the newest burst, the stronger first; 0 none */
    uint16_t on_ms, off_ms;     /* of the newest complete burst and gap, 0 none */
    int16_t level_dbm0x10;
};

/* -- state: for the owner's sizeof alone ------------------------------------------------------------------------------- */
#define XH_PROGRESS_RING 2048
#define XH_PROGRESS_BURSTS 16
#define XH_PROGRESS_COURSE 8
struct xh_burst {
    uint16_t on, off;           /* ms; off: the gap behind it, 0 not known */
    uint16_t hz[2];
    float level;                /* mean square */
    uint32_t rows[2];           /* bit a row of the country's and the custom table: the frequencies fit */
    uint8_t step[2];            /* of a row in turn: which line, from 1 */
};
struct xh_cadence {             /* bursts and gaps of one kind of sound */
    struct xh_burst past[XH_PROGRESS_BURSTS];   /* newest first, over or not yet over alike are not in here */
    struct xh_burst now;
    uint32_t count;             /* of past */
    uint32_t edge;              /* sample at which the present burst or gap began */
    uint8_t sounding, known;    /* known: the gap before the present burst has been counted */
    int8_t row[2];              /* reported, -1 none */
    uint8_t repeat;             /* bursts of the repeated period that is reported, 0 none */
};
struct xh_progress {
    const struct xh_progress_table *table[2];   /* NULL: not asked for */
    uint32_t now;               /* samples, modulo 2^32 */
    uint32_t bridge;            /* samples: a shorter dip is no gap */
    float edge;                 /* part of the level at which a burst begins and ends */
    uint32_t by_envelope;       /* rows of any sound */
    uint16_t fill;
    uint8_t want_repeat;
    uint8_t lines;              /* most frequencies of a row */
    uint8_t age, loud, apart, covered, looks, sound_dip;        /* hops of 10 ms; looks at the present burst */
    uint64_t mask[2], last_mask[2];     /* bins of the present burst, of the last */
    float level, total[4];
    uint32_t dip;               /* sample at which the energy fell, if it stays so */
    uint32_t gap_edge;          /* at which the gap before the present burst began */
    uint8_t dipping;
    float course[XH_PROGRESS_COURSE];   /* energy of the narrow bands, newest first */
    struct xh_cadence tone, sound;
    float sound_floor;
    int16_t ring[XH_PROGRESS_RING];
};
/* country, custom: NULL where that is not wanted. They must outlive the receiver. repeat: report what is repeated and unknown. */
void xh_progress_init(struct xh_progress *p, const struct xh_progress_table *country, const struct xh_progress_table *custom,
                      int repeat);
/* Any n. Returns how many events there were, at most `room` (a hop of 10 ms makes at most 6); what finds no room is dropped. */
int xh_progress_run(struct xh_progress *p, const int16_t *in, size_t n, struct xh_progress_event *out, int room);
#endif
