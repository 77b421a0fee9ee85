"""Reads the pages of ``draw_ecomap`` as a browser's parser does."""

import json
from html.parser import HTMLParser

# Elements that HTML closes by itself.
_VOID = {"meta", "link", "input", "path", "img", "br"}


class Page(HTMLParser):
    """Elements, texts by element, and the JSON that the page carries."""

    def __init__(self, text):
        super().__init__()
        self.elements = []
        self.open = []
        self.texts = {}
        self.declaration = None
        self.feed(text)
        self.close()

    def handle_decl(self, decl):
        self.declaration = decl

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append((tag, dict(attrs)))

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1][0] == tag, f"</{tag}> closes <{self.open[-1][0]}>"
        self.open.pop()

    def handle_data(self, data):
        if not self.open:
            return
        tag, attributes = self.open[-1]
        key = attributes.get("id") or attributes.get("class") or tag
        self.texts.setdefault(key, []).append(data)

    def tags(self):
        return [tag for tag, _ in self.elements]

    def text(self, key):
        return "".join(self.texts.get(key, []))

    @property
    def payload(self):
        return json.loads(self.text("ecomap-data"))

    @property
    def features(self):
        return self.payload["data"]["features"]

    @property
    def policy(self):
        return next(
            a["content"] for t, a in self.elements if a.get("http-equiv") == "Content-Security-Policy"
        )
