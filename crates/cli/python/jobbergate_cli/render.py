"""Messages and tables, as the program shows its own."""

import json

from jobbergate_cli import bridge
from jobbergate_cli.plain import plain


def terminal_message(message, subject=None, color="green", footer=None, indent=True):
    bridge.call(message={"title": str(subject or ""), "text": str(message), "footer": footer and str(footer)})


def render_dict(data, title="Data", hidden_fields=None):
    hidden = set(hidden_fields or ())
    shown = {str(key): plain(value, str(key), as_text=True) for key, value in data.items() if key not in hidden}
    bridge.call(entries={"title": title, "values": shown})


def render_json(data):
    print(json.dumps(plain(data, "data", as_text=True), indent=2, ensure_ascii=False))
