"""xunhu (讯呼): a call-centre switch in software. docs/architecture.md says what is where."""

__all__ = ["__version__"]

__version__ = "0.1.0"
