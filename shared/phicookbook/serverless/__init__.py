"""Fine-tuning as a service: files, jobs, models and chat under OpenAI's protocol, on this machine.

service = start(Path("data"))
client = openai.OpenAI(base_url=service.url, api_key="none")
"""

from __future__ import annotations


def start(*args, **kwargs):
    """See `phicookbook.serverless.server.Background`; here so that importing the package stays light."""
    from phicookbook.serverless.server import Background

    return Background(*args, **kwargs)
