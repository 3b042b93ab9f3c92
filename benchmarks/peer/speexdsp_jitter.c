/* libspeexdsp's jitter buffer, one a stream: what a packet of 20 ms of G.711 costs, put and got, decoded by libspandsp.
 *
 *     speexdsp_jitter STREAMS PACKETS  ->  {"packet"}
 *
 * packet: ns, CPU of the thread, of put, get, tick and decoding; median of the rounds. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <spandsp.h>
#include <speex/speex_jitter.h>
#include "peer_clock.h"

#define FRAME 160

int main(int argc, char **argv)
{
    int streams = argc > 1 ? atoi(argv[1]) : 0, packets = argc > 2 ? atoi(argv[2]) : 0;
    if (streams < 1 || packets < 5) {
        fprintf(stderr, "speexdsp_jitter STREAMS PACKETS\n");
        return 1;
    }
    JitterBuffer **jitter = calloc(streams, sizeof *jitter);
    int16_t *out = calloc((size_t)streams * FRAME, sizeof *out);
    double *ns = calloc(packets, sizeof *ns);
    if (!jitter || !out || !ns)
        return 1;
    for (int s = 0; s < streams; s++)
        jitter[s] = jitter_buffer_init(FRAME);
    for (int k = 0; k < packets; k++) {
        char payload[FRAME], got_payload[1024];
        memset(payload, 0x55 ^ k, sizeof payload);
        double begin = now_ns();
        for (int s = 0; s < streams; s++) {
            JitterBufferPacket p = {.data = payload, .len = FRAME, .timestamp = (spx_uint32_t)k * FRAME, .span = FRAME, .sequence = (spx_uint16_t)k};
            JitterBufferPacket got = {.data = got_payload, .len = sizeof got_payload};
            spx_int32_t offset = 0;
            jitter_buffer_put(jitter[s], &p);
            if (jitter_buffer_get(jitter[s], &got, FRAME, &offset) == JITTER_BUFFER_OK)
                for (int i = 0; i < FRAME; i++)
                    out[(size_t)s * FRAME + i] = alaw_to_linear((uint8_t)got_payload[i]);
            jitter_buffer_tick(jitter[s]);
        }
        ns[k] = (now_ns() - begin) / streams;
    }
    qsort(ns, packets, sizeof *ns, smaller);
    printf("{\"packet\": %.2f}\n", ns[packets / 2]);
    for (int s = 0; s < streams; s++)
        jitter_buffer_destroy(jitter[s]);
    free(jitter);
    free(out);
    free(ns);
    return 0;
}
