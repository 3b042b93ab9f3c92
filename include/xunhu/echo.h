/* Line echo canceller, ITU-T G.168: one channel of 8 kHz samples, tail 8 to 128 ms.
 *
 * What comes from the line (Sin) contains what was sent to it (Rout), turned back by hybrids up to the length of the tail
 * later.  The canceller learns that path, takes the echo away, and, where nobody speaks on the line's side, replaces the
 * rest by noise like that of the line.  How: docs/echo.md.
 *
 * Memory is the caller's: ask xh_echo_size, give memory aligned to 64 octets to init.  No allocation, no globals that change.
 * A canceller may be used by one thread at a time.  It is position independent: it may be copied while it is not in use. */
#ifndef XUNHU_ECHO_H
#define XUNHU_ECHO_H
#include <stddef.h>
#include <stdint.h>

enum {
    XH_ECHO_NLP = 1,                    /* non-linear processor: suppress what the filter leaves */
    XH_ECHO_COMFORT_NOISE = 2,          /* fill up with noise like the near side's where the processor suppresses */
    XH_ECHO_TONE_DISABLER = 4,          /* step aside for modems: 2100 Hz with phase reversals, G.168 §7 */
    XH_ECHO_PLAIN = 256                 /* plain C kernels also where the machine has AVX2 (tests) */
};

struct xh_echo;
struct xh_echo_params {
    int tail_ms;                        /* 8 to 128; rounded up to 10 ms */
    int flags;
    int law;                            /* 'A', 'U': Sin went through that law; 0: linear */
};

size_t xh_echo_size(const struct xh_echo_params *p);                    /* octets; 0: params out of range */
int xh_echo_init(struct xh_echo *e, const struct xh_echo_params *p);    /* 0; -EINVAL: params out of range */

/* rout[0] is the sample sent in the time in which sin[0] came: an echo without delay is in the same place. */
struct xh_echo_op {
    struct xh_echo *canceller;
    const int16_t *rout;                /* n samples */
    int16_t *sin;                       /* n samples, become Sout; may be the same memory as no other op's */
};
/* A tick of many channels, n 40, 80 or 160; anything else changes nothing.  One canceller may stand in one op only.  There
 * is no delay: Sout of a tick is made of Sin of the same tick. */
void xh_echo_run(const struct xh_echo_op *ops, size_t count, size_t n);

struct xh_echo_state {
    float erl_db;                       /* echo return loss of the path learned; 99: no path known */
    float erle_db;                      /* how much of the echo the filter takes away, without the non-linear processor */
    float delay_ms;                     /* of the strongest part of the echo path, in steps of 10 ms, its middle */
    float residual_dbm0;                /* what the filter leaves while the far side speaks; -90: nothing */
    float noise_dbm0;                   /* background of the near side as learned; -90: none */
    int converged;                      /* the filter takes away 15 dB or all there is */
    int double_talk;                    /* the near side speaks */
    int disabled;                       /* by the tone disabler */
    int narrow_band;                    /* the far side sends tones; nothing is learned from them */
    int suppressing;                    /* the non-linear processor is closed */
};
void xh_echo_state(const struct xh_echo *e, struct xh_echo_state *s);

void xh_echo_freeze(struct xh_echo *e, int on);     /* learn nothing */
void xh_echo_nlp(struct xh_echo *e, int on);        /* the non-linear processor, as by flag XH_ECHO_NLP */
void xh_echo_clear(struct xh_echo *e);              /* as after init: a new call; settings stay */
#endif
