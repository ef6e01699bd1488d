# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter network_rpc_urls."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.interchain.agent_ops.plugins.filter import network_rpc_urls

urls = network_rpc_urls.FilterModule().filters()["network_rpc_urls"]
NETWORKS: dict[str, t.Any] = {"kovan": {"rpc_url": "https://kovan/key"}, "goerli": {"rpc_url": ""}, "bare": None}


def test_the_url_of_each_network() -> None:
    assert urls(NETWORKS) == {"kovan": "https://kovan/key", "goerli": "", "bare": ""}


def test_in_a_sandbox_one_node_serves_all_but_those_that_have_their_own() -> None:
    assert urls(NETWORKS, "http://one") == dict.fromkeys(NETWORKS, "http://one")
    own = urls(NETWORKS, "http://one", {"goerli": "http://two"})
    assert own == {"kovan": "http://one", "goerli": "http://two", "bare": "http://one"}


def test_a_real_url_is_never_used_in_a_sandbox() -> None:
    assert urls(NETWORKS, "", {"goerli": "http://two"}) == {"kovan": "", "goerli": "http://two", "bare": ""}


@pytest.mark.parametrize("value", ["https://secret", ["https://secret"], 5])
def test_what_is_no_dictionary_is_refused_without_being_quoted(value: t.Any) -> None:
    with pytest.raises(
        AnsibleFilterError,
        match=r"urls must be a dictionary of networks, not a \w+\. Expected: network to URL, for ins",
    ) as caught:
        urls(NETWORKS, "", value)
    assert "secret" not in str(caught.value)
    with pytest.raises(AnsibleFilterError, match="the networks must be a dictionary of networks, not "):
        urls(value)


def test_a_network_that_is_none_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match=r"agent_ops_sandbox_rpc_urls names koven\. Expected: networks of the"):
        urls(NETWORKS, "http://one", {"koven": "http://two"})
