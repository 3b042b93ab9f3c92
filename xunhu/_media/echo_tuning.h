/* The echo canceller's constants.  They were chosen by trial over the hybrids of G.168 with 0 to 100 ms of delay, its composite
 * source, five voices, double talk, noise and changes of path; docs/echo.md says what each weighs against what. */
#ifndef XUNHU_ECHO_TUNING_H
#define XUNHU_ECHO_TUNING_H

/* Learning. */
#define T_EAGER_STEP 0.7f               /* of the error that one block explains; 1 would be all of it */
#define T_CAREFUL_STEP 0.5f
#define T_DECAY 0.4f                    /* by how much of what the step should mend the misalignment is lowered */
#define T_LEAST 3e-5f                   /* misalignment never counts as less: paths drift */
#define T_CAP 1.0f                      /* the error that can be echo: as much as a path without loss would give */
#define T_LAW_OVER 2.0f                 /* 3 dB more noise by the law than its mean */
#define T_EAGER_LONG 100                /* blocks with a far side, then the background goes on carefully in any case */
#define T_CALM 3                        /* blocks in a row without more than noise, then too */

/* Shares of the parts of the path. */
#define T_SHARE_MIX 0.3f                /* by what was found in them; the rest to all alike */
#define T_SHRINK 0.2f                   /* of what is taken for chance, a block, while nothing is known */
#define T_SHRINK_LEVEL 3.0f             /* less of that when the error is more than 5 dB below Sin */
#define T_RENEW 0.001f                  /* careful: a share comes back to where the path is */

/* Foreground and background: squares of a gain over its scatter. */
#define T_SURE 3.0f                     /* to be better, while nothing good is known */
#define T_SURE_SETTLED 16.0f            /* to be better than a foreground that was good */
#define T_SURE_BACK 9.0f                /* to be worse, while no path is known: near speech is kept out of it */
#define T_SURE_BACK_KNOWN 25.0f         /* after that: chance would set back too often what is nearly right */

#define T_LOUDER 1.25f                  /* what leaves against Sin, over 100 ms: the path is wrong for what is sent now, only part of it is taken */

/* Background noise of the near side. */
#define T_NOISE_RISE 1.006f             /* of the least level, a block: 2.6 dB a second */
#define T_NOISE_GATE 3.0f               /* 5 dB above it is still noise */
#define T_NOISE_ECHO 1.0f               /* blocks with less echo than this against what is left are looked at */

/* Near speech, against what the filter should leave of the echo. */
#define T_TALK_OVER 3.0f
#define T_TALK_LEAST DBM0(1e-5)          /* -50 dBm0: a block of softer sound opens nothing */
#define T_TALK_SURE 2.0f                /* over that by 3 dB: at once; else, once a path is known, two blocks in a row */
#define T_LEAK_UP 0.05f                 /* the mark for what it leaves, a block: up */
#define T_LEAK_DOWN 0.02f               /* down, when it is above by 9 dB; */
#define T_LEAK_DOWN_NEAR 0.005f         /* by less */
#define T_LEAK_FAR 0.125f
#define T_LEAK_NEW 0.02f                /* what a path just found is expected to leave, at most */

#define T_LOCALITY 2                    /* prefetch into the second level; the first is full of the canceller at work */
#endif
