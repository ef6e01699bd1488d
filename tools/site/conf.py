# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of the site; tools/docs.py puts this file beside the pages."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx

project = "interchain.agent_ops"
project_copyright = "2026, the interchain.agent_ops contributors"
title = html_title = html_short_title = project

extensions = ["myst_parser", "sphinx_antsibull_ext"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns: list[str] = []
highlight_language = "none"
myst_heading_anchors = 4

html_theme = "sphinx_ansible_theme"
html_theme_options = {
    "documentation_home_url": "index.html",
    "navigation_depth": 3,
    "topbar_links": {"Repository": "https://github.com/interchain/agent_ops"},
    "collapse_navigation": True,
}
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_copy_source = False
smartquotes = False

# The generated pages refer to the documentation of Ansible and of other collections. Its inventory would be downloaded;
# the addresses of its pages follow from the labels.
ANSIBLE = "https://docs.ansible.com/projects/ansible/latest"
ELSEWHERE = {
    "action_plugins": "plugins/action.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}
PLUGIN = re.compile(r"ansible_collections\.(?!interchain\.)(\w+)\.(\w+)\.(\w+_(?:module|filter|lookup))(?:__.*)?")


def address(label: str) -> str | None:
    """Where a label of another documentation is, or None for one that should be here."""
    found = PLUGIN.fullmatch(label)
    if found:
        return f"{ANSIBLE}/collections/{found[1]}/{found[2]}/{found[3]}.html"
    return f"{ANSIBLE}/{ELSEWHERE[label]}" if label in ELSEWHERE else None


def refer_elsewhere(_app: Sphinx, _env: object, node: nodes.Element, content: nodes.Element) -> nodes.Element | None:
    url = address(str(node.get("reftarget"))) if node.get("reftype") == "ref" else None
    return None if url is None else nodes.reference("", "", content, refuri=url, internal=False)


def setup(app: Sphinx) -> None:
    app.connect("missing-reference", refer_elsewhere)
