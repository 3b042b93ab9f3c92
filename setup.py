"""Builds the extensions: one row a module in EXTENSIONS, its C sources beside it.

XUNHU_EXT=engine,dtmf builds only those (last part of the module name).
XUNHU_SANITIZE=1 builds with AddressSanitizer and UBSan.
"""

import copy
import os
import sys
from glob import glob
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

MEDIA = "xunhu/_media/"
E1 = "xunhu/_e1/"
DTMF = [MEDIA + f for f in ("dtmf.c", "dtmf_plain.c", "dtmf_avx2.c", "dtmf_verify.c", "dtmf_edges.c")]
PROGRESS = [MEDIA + f for f in ("progress.c", "progress_look.c", "progress_match.c", "progress_tables.c", "spectrum.c")]
ECHO = [MEDIA + f for f in ("echo.c", "echo_decide.c", "echo_plain.c", "echo_avx2.c")]
LEVEL = [*sorted(glob(MEDIA + "vad*.c")), *[MEDIA + f for f in ("level.c", "level_plain.c", "level_avx2.c")]]
R2MF = sorted(glob(MEDIA + "r2mf*.c"))
FSK = [*sorted(glob(MEDIA + "fsk*.c")), *sorted(glob(MEDIA + "caller_id*.c"))]
FAX_TONES = [MEDIA + "tone_fax.c", *sorted(glob(MEDIA + "fax_tones*.c"))]
RTP_CODECS = sorted(set(glob(MEDIA + "rtp_codec*.c")) - {MEDIA + "rtp_codec_py.c"})
# the kernels of RTP alone; what they stand on: *PLC, cng.c, *RTP_CODECS_NEED
RTP = [
    *RTP_CODECS,
    *[MEDIA + f for f in ("rtp.c", "rtp_event.c", "rtp_sender.c", "e_model.c")],
    *[path for name in ("rtp_receiver", "jitter_buffer", "rtcp") for path in sorted(glob(f"{MEDIA}{name}*.c"))],
]
RTP_CODECS_NEED = [MEDIA + f for f in ("g711.c", "codec_g726.c", "resample.c", "resample_plain.c", "resample_avx2.c")]
PLC = [MEDIA + f for f in ("plc.c", "plc_plain.c", "plc_avx2.c")]
RTP_LIBRARIES = ["gsm", "opus", "opencore-amrnb", "dl"]
MEDIA_FILES = [*sorted(glob(MEDIA + "codec*.c")), *sorted(glob(MEDIA + "media_*.c"))]
MEDIA_LIBRARIES = ["gsm", "mpg123", "mp3lame", "soxr"]
PLAY = [MEDIA + f for f in ("player.c", "player_files.c", "recorder.c", "recorder_files.c", "fetch.c", "fetch_hosts.c", "fetch_thread.c")]
# One a line, so that two additions do not meet in one.
KERNELS = [
    MEDIA + "g711.c",
    MEDIA + "tones.c",
    *PROGRESS,
    MEDIA + "answer_class.c",
    MEDIA + "continuity.c",
    MEDIA + "wav.c",
    MEDIA + "tone_disabler.c",
    MEDIA + "time_scale.c",
    MEDIA + "conference_mix.c",
    *PLAY,
    *DTMF,
    *R2MF,
    *PLC,
    *RTP,
    MEDIA + "cng.c",
    *FAX_TONES,
    *FSK,
    *ECHO,
    *LEVEL,
    *MEDIA_FILES,
]
NET = "xunhu/net/"
HEADERS = [*glob("include/xunhu/*.h"), *glob(MEDIA + "*.h"), *glob(E1 + "*.h")]
LINES = [E1 + f for f in ("hdlc.c", "su.c", "span.c", "loop.c", "ces.c", "ces_jitter.c", "dahdi.c", "dahdi_link.c")]

# module -> sources; the first is the Cython one.  Missing files are an error of the build, not of this table.
EXTENSIONS: dict[str, list[str]] = {
    "xunhu._media.engine": [
        MEDIA + "engine.pyx",
        *sorted(glob(MEDIA + "engine_*.c")),
        MEDIA + "rtp_socket.c",
        MEDIA + "srtp.c",
        MEDIA + "dtls_srtp.c",
        *dict.fromkeys([*KERNELS, *RTP_CODECS_NEED]),
        *LINES,
    ],
    "xunhu._media.g711": [MEDIA + "g711_py.pyx", MEDIA + "g711.c"],
    "xunhu._media.plc": [MEDIA + "plc_py.pyx", *PLC, MEDIA + "g711.c"],
    "xunhu._media.rtp": [MEDIA + "rtp_py.pyx", *RTP, *PLC, MEDIA + "cng.c", *RTP_CODECS_NEED],
    "xunhu._media.cng": [MEDIA + "cng_py.pyx", MEDIA + "cng.c"],
    "xunhu._media.dtls_srtp": [MEDIA + "dtls_srtp_py.pyx", MEDIA + "dtls_srtp.c"],
    "xunhu._media.rtp_codec": [MEDIA + "rtp_codec_py.pyx", *RTP_CODECS, *RTP_CODECS_NEED],
    "xunhu._media.resample": [
        MEDIA + "resample_py.pyx",
        *[MEDIA + f for f in ("resample.c", "resample_plain.c", "resample_avx2.c")],
    ],
    "xunhu._media.dtmf": [MEDIA + "dtmf_py.pyx", *DTMF],
    "xunhu._media.echo_path": [MEDIA + "echo_path_py.pyx", MEDIA + "echo_path.c"],
    "xunhu._media.continuity": [MEDIA + "continuity_py.pyx", MEDIA + "continuity.c"],
    "xunhu._media.tone_disabler": [MEDIA + "tone_disabler_py.pyx", MEDIA + "tone_disabler.c"],
    "xunhu._media.echo": [MEDIA + "echo_py.pyx", *ECHO, MEDIA + "tone_disabler.c"],
    "xunhu._media.level": [MEDIA + "level_py.pyx", *LEVEL],
    "xunhu._media.r2mf": [MEDIA + "r2mf_py.pyx", *R2MF, MEDIA + "tones.c"],
    "xunhu._media.fax_tones": [MEDIA + "fax_tones_py.pyx", *FAX_TONES, *FSK, MEDIA + "tones.c"],
    "xunhu._media.fsk": [MEDIA + "fsk_py.pyx", *FSK],
    "xunhu._media.answer_class": [
        MEDIA + "answer_class_py.pyx",
        *[MEDIA + f for f in ("answer_class.c", "spectrum.c", "progress_tables.c")],
    ],
    "xunhu._media.conference": [MEDIA + "conference_py.pyx", MEDIA + "conference_mix.c"],
    "xunhu._media.tones": [MEDIA + "tones_py.pyx", MEDIA + "tones.c", *PROGRESS],
    "xunhu._media.time_scale": [MEDIA + "time_scale_py.pyx", MEDIA + "time_scale.c"],
    "xunhu._media.files": [MEDIA + "files_py.pyx", *PLAY, *MEDIA_FILES, *[MEDIA + f for f in ("wav.c", "g711.c", "time_scale.c")]],
    "xunhu._media.media_file": [MEDIA + "media_file_py.pyx", *MEDIA_FILES, MEDIA + "g711.c"],
    "xunhu._e1.hdlc": [E1 + "hdlc_py.pyx", E1 + "hdlc.c"],
    "xunhu._e1.su": [E1 + "su_py.pyx", E1 + "su.c", E1 + "hdlc.c"],
    "xunhu._e1.span": [E1 + "span_py.pyx", *LINES],
    "xunhu.net.udp_receiver": [NET + f for f in ("udp_receiver_py.pyx", "udp_receiver.c", "udp_filter.c", "udp_send.c")],
    "xunhu.protocol.timer_queue": ["xunhu/protocol/timer_queue.py"],
    "xunhu._isdn.q921": ["xunhu/_isdn/q921.py"],
    "xunhu._isdn.q921_frames": ["xunhu/_isdn/q921_frames.py"],
    "xunhu._isdn.q921_primitives": ["xunhu/_isdn/q921_primitives.py"],
    "xunhu._isdn.primitives": ["xunhu/_isdn/primitives.py"],
    "xunhu._isdn.q931_ie": ["xunhu/_isdn/q931_ie.py"],
    "xunhu._isdn.q931_ie_codec": ["xunhu/_isdn/q931_ie_codec.py"],
    "xunhu._isdn.q931_codec": ["xunhu/_isdn/q931_codec.py"],
    "xunhu._isdn.q931_channels": ["xunhu/_isdn/q931_channels.py"],
    "xunhu._isdn.q931_base": ["xunhu/_isdn/q931_base.py"],
    "xunhu._isdn.q931_clearing": ["xunhu/_isdn/q931_clearing.py"],
    "xunhu._isdn.q931_establish": ["xunhu/_isdn/q931_establish.py"],
    "xunhu._isdn.q931_management": ["xunhu/_isdn/q931_management.py"],
    "xunhu._isdn.q931": ["xunhu/_isdn/q931.py"],
    # here every module with a .pxd beside it
    **{
        f"{Path(path).parent.as_posix().replace('/', '.')}.{Path(path).stem}": [path.replace(".pxd", ".py")]
        for path in sorted([*glob("xunhu/_ss7/*.pxd"), *glob("xunhu/sip/*.pxd")])
    },
}

# module -> libraries beside libm
LIBRARIES = {
    "xunhu._media.engine": sorted({*MEDIA_LIBRARIES, *RTP_LIBRARIES, "curl", "ssl", "crypto"}),
    "xunhu._media.files": [*MEDIA_LIBRARIES, "curl"],
    "xunhu._media.media_file": MEDIA_LIBRARIES,
    "xunhu._media.rtp": RTP_LIBRARIES,
    "xunhu._media.rtp_codec": RTP_LIBRARIES,
    "xunhu._media.dtls_srtp": ["ssl", "crypto"],
}

sanitize = os.environ.get("XUNHU_SANITIZE") == "1"
cflags = ["-std=gnu11", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Wno-psabi", "-fvisibility=hidden", "-pthread"]
ldflags = ["-pthread"]
if sanitize:
    cflags += ["-O1", "-g", "-fsanitize=address,undefined", "-fno-omit-frame-pointer"]
    ldflags += ["-fsanitize=address,undefined"]
else:
    cflags += ["-O3", "-g1"]

# The many small classes take the compiler twice as long at -O3 for one per cent fewer instructions a call.
slower = {} if sanitize else {"xunhu._isdn.q931_ie": ["-O1"]}

only = {name for name in os.environ.get("XUNHU_EXT", "").split(",") if name}
extensions = [
    Extension(
        module,
        sources,
        include_dirs=["include"],
        depends=HEADERS if any(source.endswith(".c") for source in sources) else [],
        extra_compile_args=cflags + slower.get(module, []),
        extra_link_args=ldflags,
        libraries=["m", *LIBRARIES.get(module, [])],
    )
    for module, sources in EXTENSIONS.items()
    if not only or module.rsplit(".", 1)[-1] in only
]


class BuildExt(build_ext):
    """Objects of each extension in a folder of its own: two that share a source may be compiled at the same time."""

    def build_extension(self, ext: Extension) -> None:
        own = copy.copy(self)
        own.build_temp = os.path.join(self.build_temp, ext.name)
        build_ext.build_extension(own, ext)


setup(
    cmdclass={"build_ext": BuildExt},
    ext_modules=cythonize(
        extensions,
        build_dir="build/cython",
        nthreads=0 if sys.platform != "linux" else 2,
        compiler_directives={
            "language_level": 3,
            "boundscheck": sanitize,
            "wraparound": False,
            "embedsignature": True,
        },
    )
)
