"""YAML as text: every scalar stays the text that was written, and nothing is guessed.

PyYAML reads `no` as False, `0_500` as 320 and keeps the last of a repeated key. Here a repeated key, an anchor, a tag
or a second document is refused with the file and the line.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

import yaml

from models.policy.errors import PolicyFileInvalid

_LOADER = (
    yaml.CBaseLoader if yaml.__with_libyaml__ else yaml.BaseLoader
)  # some hundred files: libyaml is ten times faster

TextTree: TypeAlias = "str | list[TextTree] | dict[str, TextTree]"


def read_yaml_text(path: Path, file: str) -> dict[str, TextTree]:
    """The mapping in a YAML file; `file` is how errors call it (never an absolute path)."""
    try:
        content = path.read_bytes().decode("utf-8")
        roots = list(yaml.compose_all(content, Loader=_LOADER))
    except UnicodeDecodeError as error:
        raise PolicyFileInvalid("not UTF-8 text", file=file, expected="UTF-8") from error
    except yaml.YAMLError as error:
        raise PolicyFileInvalid("not YAML", file=file, found=" ".join(str(error).split())[:200]) from error
    if len(roots) != 1 or roots[0] is None:
        raise PolicyFileInvalid("not exactly one document", file=file, expected="one mapping", found=len(roots))
    if any(
        isinstance(token, yaml.AnchorToken | yaml.AliasToken | yaml.TagToken) for token in yaml.scan(content, _LOADER)
    ):
        raise PolicyFileInvalid("anchors, aliases and tags are not policy", file=file, advice="write the value out")
    tree = _text(roots[0], file, "")
    if not isinstance(tree, dict):
        raise PolicyFileInvalid("not a mapping", file=file, expected="key: value lines")
    return tree


def _text(node: yaml.Node, file: str, key: str) -> TextTree:
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    if isinstance(node, yaml.SequenceNode):
        return [_text(item, file, f"{key}[{place}]") for place, item in enumerate(node.value)]
    tree: dict[str, TextTree] = {}
    for name_node, value_node in node.value:
        if not isinstance(name_node, yaml.ScalarNode):
            raise PolicyFileInvalid("a key is not text", file=file, key=key or None)
        name = str(name_node.value)
        below = f"{key}.{name}" if key else name
        if name in tree:
            raise PolicyFileInvalid(f"repeated key at line {name_node.start_mark.line + 1}", file=file, key=below)
        tree[name] = _text(value_node, file, below)
    return tree
