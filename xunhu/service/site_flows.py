"""The flows of the site for call control: the library of versions, the interpreter, prompts and text to speech."""

from __future__ import annotations

from collections.abc import Mapping

from xunhu.config import Config
from xunhu.ivr.interpreter import Environment, run
from xunhu.ivr.library import FlowLibrary, Outcome
from xunhu.ivr.model import Flow
from xunhu.ivr.session import Session
from xunhu.ivr.tts import EspeakTts
from xunhu.service.prompt_roots import prompt_store


class SiteFlows:
    """Implements `xunhu.call.control.Flows`."""

    def __init__(self, config: Config) -> None:
        prompts = prompt_store(config)
        data = config.site.data
        self.library = FlowLibrary(config.site.flows, versions=data / "flow-versions", prompts=prompts)
        self.tts = EspeakTts(data / "speech")
        self._environment = Environment(prompts, data / "mailboxes")

    def reload(self) -> list[Outcome]:
        return self.library.reload()

    def get(self, name: str, version: str = "") -> Flow | None:
        return self.library.version(name, version) if version else self.library.get(name)

    def version(self, flow: Flow) -> str:
        return flow.version

    async def run(
        self, flow: Flow, session: Session, *, start_node: str | None, variables: Mapping[str, str]
    ) -> str:
        with self.library.use(flow):
            if start_node is not None and start_node not in flow.nodes:
                start_node = None
            result = await run(flow, session, self._environment, start_node=start_node, variables=variables)
        return result.result

    async def speak(self, text: str, language: str) -> str:
        return str(await self.tts.speak(text, language))
