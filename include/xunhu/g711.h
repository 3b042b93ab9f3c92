/* ITU-T G.711 A-law and u-law, octets to 16-bit linear and back. Blocks, no state.
 * Linear scale: full 16-bit; +3.14 dBm0 (A-law) / +3.17 dBm0 (u-law) sine = digital overload. */
#ifndef XUNHU_G711_H
#define XUNHU_G711_H
#include <stddef.h>
#include <stdint.h>
void xh_alaw_decode(int16_t *out, const uint8_t *in, size_t n);
void xh_ulaw_decode(int16_t *out, const uint8_t *in, size_t n);
void xh_alaw_encode(uint8_t *out, const int16_t *in, size_t n);
void xh_ulaw_encode(uint8_t *out, const int16_t *in, size_t n);
#endif
