/* The echo canceller's constants. */
#ifndef XUNHU_ECHO_TUNING_H
#define XUNHU_ECHO_TUNING_H
#ifndef T_LOCALITY
#define T_LOCALITY 2
#endif
#ifndef T_SURE_BACK
#define T_SURE_BACK 9.0f
#endif
#ifndef T_EAGER_STEP
#define T_EAGER_STEP 0.5f
#endif
#ifndef T_CAREFUL_STEP
#define T_CAREFUL_STEP 0.5f
#endif
#ifndef T_DECAY
#define T_DECAY 0.4f
#endif
#ifndef T_LEAST
#define T_LEAST 3e-5f
#endif
#ifndef T_LAW_OVER
#define T_LAW_OVER 2.0f
#endif
#ifndef T_NOISE_OVER
#define T_NOISE_OVER 1.0f
#endif
#ifndef T_CAP
#define T_CAP 1.0f
#endif
#ifndef T_SHARE_MIX
#define T_SHARE_MIX 0.4f
#endif
#ifndef T_SHRINK
#define T_SHRINK 0.3f
#endif
#ifndef T_SHRINK_LEVEL
#define T_SHRINK_LEVEL 3.0f
#endif
#ifndef T_NOISE_RISE
#define T_NOISE_RISE 1.003f
#endif
#ifndef T_NOISE_GATE
#define T_NOISE_GATE 3.0f
#endif
#ifndef T_NOISE_SPEED
#define T_NOISE_SPEED 0.05f
#endif
#ifndef T_NOISE_ECHO
#define T_NOISE_ECHO 1.0f
#endif
#ifndef T_RENEW
#define T_RENEW 0.001f
#endif
#ifndef T_CALM
#define T_CALM 3
#endif
#ifndef T_EAGER_LONG
#define T_EAGER_LONG 100
#endif
#ifndef T_SURE
#define T_SURE 4.0f
#endif
#ifndef T_SURE_SETTLED
#define T_SURE_SETTLED 16.0f
#endif
#ifndef T_LEAK_UP
#define T_LEAK_UP 0.05f
#endif
#ifndef T_LEAK_DOWN
#define T_LEAK_DOWN 0.02f
#endif
#ifndef T_TALK_OVER
#define T_TALK_OVER 3.0f
#endif
#endif
