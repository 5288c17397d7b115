"""What tests do on the desk as a browser does it."""

from __future__ import annotations

import html as entities
import re
from collections.abc import Callable

from httpx import Client, Response
from starlette.testclient import TestClient
from support.pages import token_of

Clerk = Callable[[str], TestClient]


def posted(client: Client, path: str, **fields: object) -> Response:
    """Send a form."""
    token = token_of(client, "/desk")
    return client.post(path, data={"csrf_token": token, **{name: str(value) for name, value in fields.items()}})


def taken(client: Client) -> str:
    """The address of the next case, taken."""
    answer = posted(client, "/desk/next")
    assert answer.status_code == 303
    return answer.headers["location"]


def form_of(client: Client, path: str, begins: str = "data-draft=") -> dict[str, str]:
    """The fields of a page's form as the page holds them; `begins`: something in the form's own tag."""
    html = client.get(path).text
    form = html[html.index(begins) :]
    form = form[: form.index("</form>")]
    found = dict(re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', form))
    found |= dict(re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>([^<]*)</textarea>', form))
    for name, options in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        found[name] = (re.findall(r'value="([^"]*)" selected', options) or [""])[0]
    return {name: entities.unescape(value) for name, value in found.items()}
