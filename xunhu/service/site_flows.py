"""The site's flows, prompts and voices for call control."""

from __future__ import annotations

from xunhu.config import Config
from xunhu.ivr.interpreter import Environment
from xunhu.ivr.library import FlowLibrary
from xunhu.ivr.service import FlowService
from xunhu.ivr.tts import EspeakTts
from xunhu.ivr.variables import GlobalVariables
from xunhu.service.prompt_roots import prompt_store


class SiteFlows:
    """service: what call control takes; `speak`: text to speech for it."""

    def __init__(self, config: Config) -> None:
        prompts = prompt_store(config)
        data = config.site.data
        library = FlowLibrary(config.site.flows, versions=data / "flow-versions", prompts=prompts)
        self.shared = GlobalVariables(data / "flow-globals.json")
        environment = Environment(
            prompts,
            data / "mailboxes",
            shared=self.shared,
            groups=lambda name: config.site.agent_groups.get(name, ()),
        )
        self.service = FlowService(library, environment)
        self.tts = EspeakTts(data / "speech")

    @property
    def library(self) -> FlowLibrary:
        return self.service.library

    def troubles(self) -> list[str]:
        """What could not be written."""
        return [text for text in (self.library.store_error, self.shared.save_error) if text]

    async def speak(self, text: str, language: str) -> str:
        """Path of a file with the text in it."""
        return str(await self.tts.speak(text, language))
