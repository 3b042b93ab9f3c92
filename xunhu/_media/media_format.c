/* The tables of formats, suffixes and codec names, see xunhu/media_file.h. */
#include <string.h>
#include <strings.h>

#include "media_private.h"

static const struct xh_format_info FORMATS[XH_FORMATS] = {
    [XH_FORMAT_WAV_ALAW] = {"wav-alaw", ".wav", XH_BOX_WAV, XH_CODEC_ALAW, 8000, 2, 8000},
    [XH_FORMAT_WAV_ULAW] = {"wav-ulaw", ".wav", XH_BOX_WAV, XH_CODEC_ULAW, 8000, 2, 8000},
    [XH_FORMAT_WAV_PCM16] = {"wav", ".wav", XH_BOX_WAV, XH_CODEC_PCM16, 8000, 2, 16000},
    [XH_FORMAT_WAV_IMA] = {"wav-ima", ".wav", XH_BOX_WAV, XH_CODEC_IMA, 8000, 2, 4056},
    [XH_FORMAT_WAV_GSM] = {"wav-gsm", ".wav", XH_BOX_WAV, XH_CODEC_WAV49, 8000, 1, 1625},
    [XH_FORMAT_WAV_PCM8] = {"wav-pcm8", ".wav", XH_BOX_WAV, XH_CODEC_PCM8, 8000, 2, 8000},
    [XH_FORMAT_ALAW] = {"alaw", ".al", XH_BOX_RAW, XH_CODEC_ALAW, 8000, 1, 8000},
    [XH_FORMAT_ULAW] = {"ulaw", ".ul", XH_BOX_RAW, XH_CODEC_ULAW, 8000, 1, 8000},
    [XH_FORMAT_PCM16] = {"pcm", ".raw", XH_BOX_RAW, XH_CODEC_PCM16, 8000, 1, 16000},
    [XH_FORMAT_PCM16BE] = {"pcm-be", ".s16be", XH_BOX_RAW, XH_CODEC_PCM16BE, 8000, 1, 16000},
    [XH_FORMAT_PCM8] = {"pcm8", ".u8", XH_BOX_RAW, XH_CODEC_PCM8, 8000, 1, 8000},
    [XH_FORMAT_VOX] = {"vox", ".vox", XH_BOX_RAW, XH_CODEC_VOX, 8000, 1, 4000},
    [XH_FORMAT_VOX_6K] = {"vox-6k", ".vox6k", XH_BOX_RAW, XH_CODEC_VOX, 6000, 1, 3000},
    [XH_FORMAT_DVI4] = {"dvi4", ".dvi4", XH_BOX_RAW, XH_CODEC_DVI4, 8000, 1, 4000},
    [XH_FORMAT_G726_16] = {"g726-16", ".g726-16", XH_BOX_RAW, XH_CODEC_G726_16, 8000, 1, 2000},
    [XH_FORMAT_G726_24] = {"g726-24", ".g726-24", XH_BOX_RAW, XH_CODEC_G726_24, 8000, 1, 3000},
    [XH_FORMAT_G726_32] = {"g726-32", ".g726", XH_BOX_RAW, XH_CODEC_G726_32, 8000, 1, 4000},
    [XH_FORMAT_G726_40] = {"g726-40", ".g726-40", XH_BOX_RAW, XH_CODEC_G726_40, 8000, 1, 5000},
    [XH_FORMAT_G726_16_AAL2] = {"g726-16-aal2", ".g726-16-aal2", XH_BOX_RAW, XH_CODEC_G726_16_AAL2, 8000, 1, 2000},
    [XH_FORMAT_G726_24_AAL2] = {"g726-24-aal2", ".g726-24-aal2", XH_BOX_RAW, XH_CODEC_G726_24_AAL2, 8000, 1, 3000},
    [XH_FORMAT_G726_32_AAL2] = {"g726-32-aal2", ".g726-aal2", XH_BOX_RAW, XH_CODEC_G726_32_AAL2, 8000, 1, 4000},
    [XH_FORMAT_G726_40_AAL2] = {"g726-40-aal2", ".g726-40-aal2", XH_BOX_RAW, XH_CODEC_G726_40_AAL2, 8000, 1, 5000},
    [XH_FORMAT_GSM] = {"gsm", ".gsm", XH_BOX_RAW, XH_CODEC_GSM, 8000, 1, 1650},
    [XH_FORMAT_MP3] = {"mp3", ".mp3", XH_BOX_MP3, XH_CODEC_MP3, 8000, 2, 4000},
    [XH_FORMAT_AU_ALAW] = {"au-alaw", ".au", XH_BOX_AU, XH_CODEC_ALAW, 8000, 2, 8000},
    [XH_FORMAT_AU_ULAW] = {"au-ulaw", ".au", XH_BOX_AU, XH_CODEC_ULAW, 8000, 2, 8000},
    [XH_FORMAT_AU_PCM16] = {"au", ".au", XH_BOX_AU, XH_CODEC_PCM16BE, 8000, 2, 16000},
};

/* Suffixes that others use, beside those of the table. A rate of 0 is the format's own. */
static const struct {
    const char *suffix;
    int format, rate;
} SUFFIXES[] = {
    {".wav", XH_FORMAT_WAV_PCM16, 0}, {".wave", XH_FORMAT_WAV_PCM16, 0}, {".snd", XH_FORMAT_AU_PCM16, 0}, {".au", XH_FORMAT_AU_PCM16, 0},
    {".alaw", XH_FORMAT_ALAW, 0}, {".pcma", XH_FORMAT_ALAW, 0}, {".ulaw", XH_FORMAT_ULAW, 0}, {".mulaw", XH_FORMAT_ULAW, 0},
    {".pcmu", XH_FORMAT_ULAW, 0}, {".pcm", XH_FORMAT_PCM16, 0}, {".sln", XH_FORMAT_PCM16, 0}, {".slin", XH_FORMAT_PCM16, 0},
    {".s16", XH_FORMAT_PCM16, 0}, {".sw", XH_FORMAT_PCM16, 0}, {".sln12", XH_FORMAT_PCM16, 12000}, {".sln16", XH_FORMAT_PCM16, 16000},
    {".sln24", XH_FORMAT_PCM16, 24000}, {".sln32", XH_FORMAT_PCM16, 32000}, {".sln44", XH_FORMAT_PCM16, 44100},
    {".sln48", XH_FORMAT_PCM16, 48000}, {".ub", XH_FORMAT_PCM8, 0}, {".ima", XH_FORMAT_DVI4, 0}, {".dvi", XH_FORMAT_DVI4, 0},
    {".g721", XH_FORMAT_G726_32, 0}, {".g726-32", XH_FORMAT_G726_32, 0}, {".g726-32-aal2", XH_FORMAT_G726_32_AAL2, 0},
    {".g726le", XH_FORMAT_G726_32, 0}, {".mp2", XH_FORMAT_MP3, 0}, {".mpga", XH_FORMAT_MP3, 0},
};

static const char *const CODECS[XH_CODECS] = {
    [XH_CODEC_NONE] = "none",
    [XH_CODEC_ALAW] = "A-law",
    [XH_CODEC_ULAW] = "u-law",
    [XH_CODEC_PCM16] = "PCM 16 bits",
    [XH_CODEC_PCM16BE] = "PCM 16 bits big endian",
    [XH_CODEC_PCM8] = "PCM 8 bits",
    [XH_CODEC_PCM8S] = "PCM 8 bits signed",
    [XH_CODEC_PCM24] = "PCM 24 bits",
    [XH_CODEC_PCM32] = "PCM 32 bits",
    [XH_CODEC_FLOAT32] = "float 32 bits",
    [XH_CODEC_MS_ADPCM] = "Microsoft ADPCM",
    [XH_CODEC_IMA] = "IMA ADPCM",
    [XH_CODEC_DVI4] = "DVI4 ADPCM 32 kbit/s",
    [XH_CODEC_VOX] = "OKI ADPCM (VOX)",
    [XH_CODEC_G726_16] = "G.726 16 kbit/s",
    [XH_CODEC_G726_24] = "G.726 24 kbit/s",
    [XH_CODEC_G726_32] = "G.726 32 kbit/s",
    [XH_CODEC_G726_40] = "G.726 40 kbit/s",
    [XH_CODEC_G726_16_AAL2] = "G.726 16 kbit/s (AAL2)",
    [XH_CODEC_G726_24_AAL2] = "G.726 24 kbit/s (AAL2)",
    [XH_CODEC_G726_32_AAL2] = "G.726 32 kbit/s (AAL2)",
    [XH_CODEC_G726_40_AAL2] = "G.726 40 kbit/s (AAL2)",
    [XH_CODEC_GSM] = "GSM 06.10",
    [XH_CODEC_WAV49] = "GSM 06.10 (Microsoft)",
    [XH_CODEC_MP3] = "MP3",
};

const struct xh_format_info *xh_format_info(int format)
{
    return format < 0 || format >= XH_FORMATS ? NULL : &FORMATS[format];
}

int xh_format_by_name(const char *name)
{
    for (int i = 0; i < XH_FORMATS; i++)
        if (strcmp(FORMATS[i].name, name) == 0)
            return i;
    return -1;
}

/* Of "http://host/x.vox?y=1#z" the suffix is .vox, of /a.b/c there is none. A file's own ? and # are part of its name: only what has a
 * scheme is cut. Returns its length. */
static size_t find_suffix(const char *name, const char **at)
{
    size_t len = strstr(name, "://") ? strcspn(name, "?#") : strlen(name);
    for (size_t i = len; i > 0 && name[i - 1] != '/'; i--)
        if (name[i - 1] == '.') {
            *at = name + i - 1;
            return len - (i - 1);
        }
    return 0;
}

static int same(const char *suffix, const char *at, size_t len)
{
    return strlen(suffix) == len && strncasecmp(suffix, at, len) == 0;
}

int xh_format_of_name(const char *name, int *rate)
{
    const char *at = NULL;
    size_t len = name ? find_suffix(name, &at) : 0;
    *rate = 0;
    if (len == 0)
        return -1;
    for (size_t i = 0; i < sizeof SUFFIXES / sizeof *SUFFIXES; i++)
        if (same(SUFFIXES[i].suffix, at, len)) {
            *rate = SUFFIXES[i].rate;
            return SUFFIXES[i].format;
        }
    for (int i = 0; i < XH_FORMATS; i++)
        if (same(FORMATS[i].suffix, at, len))
            return i;
    return -1;
}

int xh_format_by_suffix(const char *path)
{
    int rate;
    return xh_format_of_name(path, &rate);
}

const char *xh_codec_name(int codec)
{
    return codec < 0 || codec >= XH_CODECS ? "?" : CODECS[codec];
}
