/* MFC/R2 signals as steps for the tone generator: ITU-T Q.441 Table 5. See include/xunhu/r2mf.h. */
#include <errno.h>
#include "r2mf_bank.h"
#include "xunhu/tones.h"

const float xh_r2mf_tone_hz[2][R2_TONES] = {
    {1380, 1500, 1620, 1740, 1860, 1980},
    {1140, 1020, 900, 780, 660, 540},
};

/* Signal 1 to 15: the two frequencies by their index. */
const uint8_t xh_r2mf_pairs[16][2] = {
    {0, 0}, {0, 1}, {0, 2}, {1, 2}, {0, 3}, {1, 3}, {2, 3}, {0, 4}, {1, 4}, {2, 4}, {3, 4}, {0, 5}, {1, 5}, {2, 5}, {3, 5}, {4, 5},
};

int xh_r2mf_step(struct xh_tone_step *step, enum xh_r2mf_direction direction, unsigned signal, double level_dbm0,
                 double twist_db, int ms)
{
    if (signal < 1 || signal > (direction == XH_R2MF_BACKWARD_4 ? 6 : 15) || ms < 0)
        return -EINVAL;
    const float *hz = xh_r2mf_tone_hz[direction != XH_R2MF_FORWARD];
    float a = hz[xh_r2mf_pairs[signal][0]], b = hz[xh_r2mf_pairs[signal][1]];
    *step = (struct xh_tone_step){
        .f1_hz = a < b ? a : b,
        .f2_hz = a < b ? b : a,
        .level1_dbm0 = (float)level_dbm0,
        .level2_dbm0 = (float)(level_dbm0 + twist_db),
        .ms = ms,
    };
    struct xh_tonegen proof;
    return xh_tonegen_init(&proof, step, 1, 1);
}
