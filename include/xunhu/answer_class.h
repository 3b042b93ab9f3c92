/* Who has answered an outbound call: a person, an answering machine (and when it begins to record), an announcement of the network, a
 * fax machine, nobody. One channel; samples from the moment of answer on.
 *
 * How, docs/answer-class.md: each 10 ms is sound or silence by its energy above an estimate of the noise, or by being tonal. Sound of
 * min_word_ms is a word; words up to after_greeting_ms apart are a greeting. People say little and wait, machines go on. How long the
 * greeting was, and how much of the pause behind it, give a class and how sure it is. Single steady tones are looked at on their own: the
 * beep of a machine, the special information tone, 2100 and 1100 Hz of fax machines.
 * What is decided once stays, but for MACHINE, after which XH_ANSWER_BEEP or XH_ANSWER_QUIET may follow once. */
#ifndef XUNHU_ANSWER_CLASS_H
#define XUNHU_ANSWER_CLASS_H
#include <stddef.h>
#include <stdint.h>

enum xh_answer_class {
    XH_ANSWER_NONE,
    XH_ANSWER_HUMAN,
    XH_ANSWER_MACHINE,
    XH_ANSWER_BEEP,             /* the machine's beep is over: it records from now on */
    XH_ANSWER_QUIET,            /* no beep, but the machine has been silent for quiet_ms: it probably records */
    XH_ANSWER_ANNOUNCEMENT,
    XH_ANSWER_FAX,
    XH_ANSWER_SILENCE,          /* no word in initial_silence_ms */
};

struct xh_answer_parameters {   /* ms; 0: the default in brackets */
    uint16_t initial_silence_ms;        /* [3500] to the first word */
    uint16_t greeting_ms;       /* [2800] a greeting of this length may be either's */
    uint16_t after_greeting_ms; /* [700] silence that ends the greeting */
    uint16_t total_ms;          /* [5000] by then it is decided, unless nobody has spoken */
    uint16_t min_word_ms;       /* [100] shorter is a click */
    uint16_t between_words_ms;  /* [60] silence between two words */
    uint16_t max_words;         /* [7] more than a person says */
    uint16_t quiet_ms;          /* [2500] see XH_ANSWER_QUIET */
    int16_t threshold_dbm0x10;  /* [-470] sound is never weaker than this, however silent the line */
    uint16_t above_noise_db;    /* [7] */
    uint16_t beep_low_hz, beep_high_hz; /* [400, 2500] */
    uint16_t beep_low_ms, beep_high_ms; /* [100, 2000] */
    uint16_t before_answer;     /* 1: the call is not answered yet, so who talks at length is the network */
};

struct xh_answer_event {
    uint8_t answer;             /* enum xh_answer_class */
    uint16_t confidence;        /* 1/1000; 500 is a guess */
    uint32_t at_ms;             /* since the begin */
    uint32_t initial_ms, greeting_ms;   /* silence before the first word; first word to the end of the last */
    uint16_t words, beep_hz;
};

#define XH_ANSWER_RING 256
#define XH_ANSWER_FLOORS 16
struct xh_answer {              /* for the owner's sizeof alone */
    struct xh_answer_parameters p;
    int16_t ring[XH_ANSWER_RING];
    uint32_t samples;
    uint16_t fill;
    uint8_t decided, after, sounding;   /* class told; of MACHINE what followed; within a word or the sound that may become one */
    uint8_t sit_step, tone_count;
    float smooth, floors[XH_ANSWER_FLOORS], lowest;     /* energy, its least value in each of the last parts of 100 ms */
    uint32_t floor_at;
    uint32_t begin, last;       /* ms: of the present sound; when sound was last heard */
    uint32_t first_word, last_word;     /* ms: begin of the first word, end of the last one */
    uint32_t words;
    float tone_hz, tone_level;
    uint32_t tone_begin, sit_end;
    uint8_t tone_on, tone_miss, tonal_hops;
};
/* parameters NULL: defaults. -EINVAL: a beep range is empty, or more than 60 s, 60 dB. */
int xh_answer_init(struct xh_answer *a, const struct xh_answer_parameters *parameters);
/* Any n. 1: *event is filled; 0: nothing new. At most one event in 10 ms: give at most 160 samples a call and none is lost. */
int xh_answer_run(struct xh_answer *a, const int16_t *in, size_t n, struct xh_answer_event *event);
#endif
