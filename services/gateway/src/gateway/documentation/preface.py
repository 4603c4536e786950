"""What a reader of the whole document should know first, in English and in Chinese."""

from importlib.resources import files

PREFACE = files("gateway.documentation").joinpath("preface.md").read_text("utf-8")
