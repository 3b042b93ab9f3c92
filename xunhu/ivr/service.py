"""The flows of a site as call control wants them (`Flows` of xunhu/call/control.py): library, environment and interpreter in one."""

from __future__ import annotations

from collections.abc import Mapping

from xunhu.ivr import interpreter
from xunhu.ivr.interpreter import Environment
from xunhu.ivr.library import FlowLibrary
from xunhu.ivr.model import Flow
from xunhu.ivr.session import Session


class FlowService:
    """library: call its `reload` before the first call, and whenever files have changed."""

    def __init__(self, library: FlowLibrary, environment: Environment) -> None:
        self.library = library
        self.environment = environment

    def get(self, name: str, version: str = "") -> Flow | None:
        """The flow in force; with a version that one, as long as it is kept. None: there is none."""
        return self.library.version(name, version) if version else self.library.get(name)

    def version(self, flow: Flow) -> str:
        return flow.version

    async def run(
        self,
        flow: Flow,
        session: Session,
        *,
        start_node: str | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> str:
        """Walk to the end, counted as a call in this version; the last result. See interpreter.run."""
        with self.library.use(flow):
            done = await interpreter.run(flow, session, self.environment, start_node=start_node, variables=variables)
        return done.result
