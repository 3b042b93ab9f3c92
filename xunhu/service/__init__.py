"""A running xunhu: the parts put together.

switch.py         `Switch`: starts, watches and stops everything; the one place where parts meet
media_link.py     the media engine, in its own process or in this one; brings it back when it dies
site_flows.py     the site's flows and prompts for call control
requests.py       what the command line may ask
prompt_roots.py   where prompts are
"""
