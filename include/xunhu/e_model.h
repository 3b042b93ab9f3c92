/* E-model, ITU-T G.107 (06/15): how well one hears, as rating R (0 to 100) and as mean opinion score.
 *
 * R = R0 - Is - Id - Ie,eff + A. All parameters that a packet network does not change have G.107's default values (R0 = 94.77, Is = 1.41: R = 93.2
 * without delay and loss). Id is full: Idte and Idle of an echo loss, Idd of absolute delay (§7.4); Ie,eff of codec, loss and its burst ratio
 * (§7.5, with G.113 Appendix I's Ie and Bpl in rtp_codec.h). */
#ifndef XUNHU_E_MODEL_H
#define XUNHU_E_MODEL_H

struct xh_e_model {
    float ie, bpl;                      /* of the codec; bpl 0: not known, taken as 4.3 (G.711 without concealment) */
    float loss;                         /* share of packets not played, 0 to 1 */
    float burst_ratio;                  /* §7.5: mean length of bursts of loss over that of random loss; 1 random; below 1 is taken as 1 */
    float delay_ms;                     /* one way, mouth to ear */
    float telr_db;                      /* talker echo loudness rating; 0: the default of 65 */
    float advantage;                    /* A, 0 to 20 */
};
float xh_e_model_ie_eff(const struct xh_e_model *m);
float xh_e_model_id(const struct xh_e_model *m);
float xh_e_model_r(const struct xh_e_model *m);         /* held to 0..100 */
float xh_e_model_mos(float r);          /* MOS-CQE, 1 to 4.5 (Annex B) */
#endif
