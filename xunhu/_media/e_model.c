/* E-model, ITU-T G.107 (06/15). Names as there. See include/xunhu/e_model.h. */
#include "xunhu/e_model.h"

#include <math.h>

#define IS 1.4136f                      /* §7.3 with the defaults of table 2 */
#define BPL_UNKNOWN 4.3f
#define TELR_DEFAULT 65.0f
#define WEPL 110.0f
/* defaults of table 2: what the delay terms take from them */
#define SLR 8.0f
#define RLR 2.0f

/* §7.2: the sum of the noises at the 0 dBr point, and the basic signal-to-noise ratio. */
static float no_dbm0p(void)
{
    const float olr = SLR + RLR, nc = -70.0f, ps = 35.0f, pr = 35.0f, ds = 3.0f, dr = 3.0f, lstr = 15.0f + dr, nfor = -64.0f;
    float pre = pr + 10.0f * log10f(1.0f + powf(10.0f, (10.0f - lstr) / 10.0f));
    float nos = ps - SLR - ds - 100.0f + 0.004f * (ps - olr - ds - 14.0f) * (ps - olr - ds - 14.0f);
    float nor = RLR - 121.0f + pre + 0.008f * (pre - 35.0f) * (pre - 35.0f), nfo = nfor + RLR;
    return 10.0f * log10f(powf(10.0f, nc / 10.0f) + powf(10.0f, nos / 10.0f) + powf(10.0f, nor / 10.0f) + powf(10.0f, nfo / 10.0f));
}

float xh_e_model_ie_eff(const struct xh_e_model *m)
{
    float bpl = m->bpl > 0.0f ? m->bpl : BPL_UNKNOWN, ratio = m->burst_ratio > 1.0f ? m->burst_ratio : 1.0f;
    float loss = m->loss > 0.0f ? m->loss < 1.0f ? 100.0f * m->loss : 100.0f : 0.0f;
    return m->ie + (95.0f - m->ie) * loss / (loss / ratio + bpl);
}

float xh_e_model_id(const struct xh_e_model *m)
{
    float t = m->delay_ms > 0.0f ? m->delay_ms : 0.0f, tr = 2.0f * t, telr = m->telr_db > 0.0f ? m->telr_db : TELR_DEFAULT;
    float no = no_dbm0p(), ro = 15.0f - 1.5f * (SLR + no), roe = -1.5f * (no - RLR);
    /* Idte, talker echo; STMR is 15 */
    float terv = telr - 40.0f * log10f((1.0f + t / 10.0f) / (1.0f + t / 150.0f)) + 6.0f * expf(-0.3f * t * t);
    float re = 80.0f + 2.5f * (terv - 14.0f), x = (roe - re) / 2.0f;
    float idte = (x + sqrtf(x * x + 100.0f) - 1.0f) * (1.0f - expf(-t));
    /* Idle, listener echo */
    float rle = 10.5f * (WEPL + 7.0f) * powf(tr + 1.0f, -0.25f), y = (ro - rle) / 2.0f;
    float idle = y + sqrtf(y * y + 169.0f);
    float idd = 0.0f;
    if (t > 100.0f) {                   /* Idd, too long whatever the echo */
        float z = log2f(t / 100.0f);
        idd = 25.0f * (powf(1.0f + powf(z, 6.0f), 1.0f / 6.0f) - 3.0f * powf(1.0f + powf(z / 3.0f, 6.0f), 1.0f / 6.0f) + 2.0f);
    }
    return idte + idle + idd;
}

float xh_e_model_r(const struct xh_e_model *m)
{
    float ro = 15.0f - 1.5f * (SLR + no_dbm0p()), r = ro - IS - xh_e_model_id(m) - xh_e_model_ie_eff(m) + m->advantage;
    return r > 0.0f ? r < 100.0f ? r : 100.0f : 0.0f;
}

float xh_e_model_mos(float r)
{
    if (!(r > 0.0f))
        return 1.0f;
    if (r >= 100.0f)
        return 4.5f;
    float mos = 1.0f + 0.035f * r + r * (r - 60.0f) * (100.0f - r) * 7e-6f;
    return mos < 1.0f ? 1.0f : mos;     /* below R = 6.5 the polynomial is */
}
