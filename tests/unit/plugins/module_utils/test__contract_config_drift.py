# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import dataclasses
import re
import threading
from typing import Any

import pytest
from ansible_collections.interchain.agent_ops.plugins.module_utils._address import HIDDEN
from ansible_collections.interchain.agent_ops.plugins.module_utils._contract_config import wanted
from ansible_collections.interchain.agent_ops.plugins.module_utils._contract_config_ask import ask
from ansible_collections.interchain.agent_ops.plugins.module_utils._contract_config_drift import (
    Question,
    chain_differences,
    chain_ids,
    contracts_of,
    file_differences,
    found_rows,
    questions,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._contract_config_plan import plan
from ansible_collections.interchain.agent_ops.plugins.module_utils._contract_config_report import (
    as_json,
    as_markdown,
    lines,
)
from ansible_collections.interchain.agent_ops.plugins.module_utils._json_rpc import Call, RpcError
from eth_utils.crypto import keccak

from tests.contract_world import NETWORKS, UPDATERS, WATCHERS, ZERO, address, document, nomad_config, rows, setting


def written() -> Any:
    given = setting()
    (one,) = plan(given, [document(nomad_config())], wanted(given))
    return document(one.text)


def texts(found: Any) -> list[str]:
    return [one["text"] for one in found]


class TestFiles:
    def test_what_was_written_does_not_differ(self) -> None:
        assert file_differences(setting(), [written()], wanted(setting())) == []

    def test_two_networks_that_were_swapped_are_seen(self) -> None:
        config = nomad_config()
        for name, other in (("kovan", "rinkeby"), ("rinkeby", "kovan"), ("alfajores", "alfajores")):
            config["protocol"]["networks"][name]["configuration"].update(
                updater=UPDATERS[name], watchers=[WATCHERS[other]]
            )
        found = file_differences(setting(), [document(config)], wanted(setting()))
        field = "config.json, field protocol.networks"
        assert texts(found) == [
            f"{field}.kovan.configuration.watchers: {WATCHERS['rinkeby']} (the watcher of rinkeby). Expected:"
            f" {WATCHERS['kovan']}",
            f"{field}.rinkeby.configuration.watchers: {WATCHERS['kovan']} (the watcher of kovan). Expected:"
            f" {WATCHERS['rinkeby']}",
        ]
        assert [(one["network"], one["where"]) for one in found] == [
            ("kovan", "config.json"),
            ("rinkeby", "config.json"),
        ]

    def test_placeholders_and_wrong_addresses_are_differences_not_errors(self) -> None:
        config = nomad_config()
        config["protocol"]["networks"]["kovan"]["configuration"].update(updater=ZERO, watchers=[])
        given = setting(only=["kovan"])
        found = file_differences(given, [document(config)], wanted(given))
        assert [one["expected"] for one in found] == [UPDATERS["kovan"], [WATCHERS["kovan"]], None]
        assert "watchers: none. Expected" in found[1]["text"]
        assert "is the zero address" in found[2]["text"]

    def test_a_private_key_that_somebody_took_for_an_address_is_shown_nowhere(self) -> None:
        secret = "0x" + "4c" * 32
        config = nomad_config()
        config["protocol"]["networks"]["kovan"]["configuration"].update(updater=secret, watchers=[secret, secret])
        damaged = document(config)
        wishes = wanted(setting())
        different = file_differences(setting(), [damaged], wishes)
        (planned,) = plan(setting(), [damaged], wishes)
        told = str([different, found_rows([damaged], wishes, different), planned.rows])
        assert "4c4c" not in told
        assert HIDDEN in told
        with pytest.raises(ValueError, match=r"configuration.watchers: \(64 hexadecimal digits, not shown") as caught:
            plan(setting(), [damaged], wanted(setting(only=["rinkeby"])))
        assert "4c4c" not in str(caught.value)

    def test_keys_that_failed_and_networks_without_a_file_are_differences(self) -> None:
        keys = [
            {**one, "action": "failed", "address": None, "error": "no"} if one["network"] == "kovan" else one
            for one in rows()
        ]
        wishes = wanted(setting(signing_keys=keys))
        found = file_differences(setting(), [], wishes)
        assert [(one["network"], one["where"]) for one in found] == [
            ("kovan", "keys"),
            ("rinkeby", "files"),
            ("alfajores", "files"),
        ]

    def test_the_report_has_a_row_for_each_network_and_a_line_for_each_difference(self) -> None:
        config = nomad_config()
        documents = [document(config)]
        given = setting(only=["kovan", "rinkeby"])
        found = file_differences(given, documents, wanted(given))
        result = {"rows": found_rows(documents, wanted(given), found), "differences": found, "sandbox": True}
        assert [row["action"] for row in result["rows"]] == ["different", "different"]
        told = lines(result, environment="staging")
        assert told[1].startswith("SANDBOX: these keys are not real ones.")
        assert len([line for line in told if line.startswith("DIFFERENT kovan: ")]) == 2
        assert "2 networks in files: 2 different" in told
        assert "  kovan: different, by its keys it should have" in told
        assert told[-1].startswith("Without --tags report, contract_config.yml brings the files to the keys")
        assert '"environment": "staging"' in as_json(result, "staging")
        assert f"| config.json | kovan | {UPDATERS['kovan']} | {WATCHERS['kovan']} | different |" in as_markdown(
            result, "staging"
        )
        clean = {"rows": [], "differences": [], "questions": [], "sandbox": False}
        assert as_markdown(clean, "staging").endswith("## Differences\n\nNone.\n")

    def test_nothing_of_a_file_moves_a_readers_cursor(self) -> None:
        rows_of = {
            "network": "a\x1b[2J",
            "file": "f\nx",
            "updater": None,
            "watchers": [],
            "error": "b\x07",
            "action": "failed",
        }
        told = lines({"rows": [rows_of], "sandbox": False}, environment="staging")
        assert all(line.isprintable() for line in told)


def selector(signature: str) -> str:
    return "0x" + keccak(text=signature)[:4].hex()


class TestQuestions:
    def test_home_replicas_and_permissions_are_asked_for(self) -> None:
        found, left = questions(setting(only=["rinkeby"]), contracts_of([written()], {}, NETWORKS))
        assert left == []
        kovan_watcher = WATCHERS["kovan"][2:].lower()
        assert [(one.told, one.to, one.data, one.expected) for one in found] == [
            ("home.updater()", address(0x340011), selector("updater()"), UPDATERS["rinkeby"]),
            ("replicas.kovan.updater()", address(0x350101), selector("updater()"), UPDATERS["kovan"]),
            (
                f"xAppConnectionManager.watcherPermission({WATCHERS['kovan']}, 3000)",
                address(0x310001),
                selector("watcherPermission(address,uint32)") + "0" * 24 + kovan_watcher + f"{3000:064x}",
                "true",
            ),
        ]
        assert found[0].call() == ("eth_call", [{"to": address(0x340011), "data": selector("updater()")}, "latest"])

    def test_both_readings_ask_the_same(self) -> None:
        contracts = contracts_of([written()], {}, NETWORKS)
        assert questions(setting(), contracts) == questions(setting(watchers_of="connected_homes"), contracts)
        assert len(questions(setting(), contracts)[0]) == 3 + 2 * 4

    def test_addresses_may_be_given_and_what_has_none_is_said(self) -> None:
        given = {"kovan": {"home": address(1), "replicas": {"rinkeby": address(2)}}}
        found, left = questions(setting(), contracts_of([], given, NETWORKS))
        assert [one.to for one in found] == [address(1), address(2)]
        assert [(one["network"], one["text"].split(",")[0]) for one in left] == [
            ("kovan", "On kovan nothing could be asked of the connection manager"),
            ("kovan", "On kovan nothing could be asked of the replica of alfajores"),
            ("kovan", "On kovan nothing could be asked of the connection manager"),
            ("rinkeby", "On rinkeby nothing could be asked of its home"),
            ("alfajores", "On alfajores nothing could be asked of its home"),
        ]

    @pytest.mark.parametrize(
        ("given", "told"),
        [
            (
                {"kovn": {}},
                "contracts names 'kovn', which is none of the environment's networks. Expected: one of kovan,",
            ),
            ({"kovan": "0x1"}, "contracts of kovan is a str. Expected: home, replicas, connection_manager"),
            ({"kovan": {"replicas": ["0x1"]}}, "replicas in contracts of kovan is a list. Expected: home network to"),
            ({"kovan": {"houses": 1}}, "contracts of kovan has houses. Expected: home, replicas, connection_manager"),
        ],
    )
    def test_contracts_of_another_form_are_refused(self, given: Any, told: str) -> None:
        with pytest.raises(ValueError, match=told):
            contracts_of([], given, NETWORKS)

    def test_a_contracts_address_and_a_domain_must_be_such(self) -> None:
        with pytest.raises(ValueError, match=re.escape("The contract for home.updater() on kovan is the zero address")):
            questions(setting(only=["kovan"]), {"kovan": {"home": ZERO}})
        networks = {**NETWORKS, "rinkeby": {**NETWORKS["rinkeby"], "domain": "x"}}
        with pytest.raises(ValueError, match=r"The domain of rinkeby is 'x'. Expected: a number of at most 32 bits"):
            questions(setting(networks=networks, only=["kovan"]), contracts_of([written()], {}, NETWORKS))

    def test_keys_that_failed_are_said_and_nothing_is_asked_for_them(self) -> None:
        keys = [
            {**one, "action": "failed", "address": None, "error": "no"} if one["network"] == "kovan" else one
            for one in rows()
        ]
        found, left = questions(setting(signing_keys=keys, only=["rinkeby"]), contracts_of([written()], {}, NETWORKS))
        assert [one.told for one in found] == ["home.updater()"]
        assert [one["where"] for one in left] == ["keys"]


def question(expected: str, network: str = "kovan") -> Question:
    return Question(network, "home.updater()", address(9), "0xdf034cd0", expected)


def word(value: str) -> str:
    return "0x" + value.removeprefix("0x").lower().rjust(64, "0")


WHERE = f"home.updater() of {address(9)} on kovan"


@pytest.mark.parametrize(
    ("expected", "answer", "told"),
    [
        (UPDATERS["kovan"], word(UPDATERS["kovan"]), None),
        ("true", word("1"), None),
        ("true", word("0"), f"{WHERE} is false. Expected: true"),
        (
            UPDATERS["kovan"],
            word(UPDATERS["rinkeby"]),
            f"{WHERE} is {UPDATERS['rinkeby'].lower()}. Expected: {UPDATERS['kovan']}. An updater refuses to run with"
            " another key than its home's",
        ),
        (UPDATERS["kovan"], "0x" + "f" * 64, f"{WHERE} is 0x{'f' * 64}. Expected: {UPDATERS['kovan']}"),
        (UPDATERS["kovan"], "0x", f"{WHERE} has no answer: there is no such contract. Expected: {UPDATERS['kovan']}"),
        (UPDATERS["kovan"], "0x12", f"{WHERE} was answered with something else than a value."),
        (UPDATERS["kovan"], "0x" + "g" * 64, f"{WHERE} was answered with something else than a value."),
        ("true", "0x" + "_" + "1" * 63, f"{WHERE} was answered with something else than a value."),
        ("true", "0x" + " " * 63 + "1", f"{WHERE} was answered with something else than a value."),
        (UPDATERS["kovan"], None, f"{WHERE} was answered with something else than a value."),
        (
            UPDATERS["kovan"],
            RpcError("the node says: execution reverted (3)"),
            f"{WHERE} was not answered: the node says",
        ),
    ],
)
def test_answers(expected: str, answer: Any, told: str | None) -> None:
    found = chain_differences([question(expected)], [answer])
    if told is None:
        assert found == []
    else:
        assert found[0]["text"].startswith(told)
        assert (found[0]["network"], found[0]["where"]) == ("kovan", "chain")


class Nodes:
    """Nodes that answer at once, never, or with an error."""

    def __init__(self, answers: dict[str, list[Any] | Exception]) -> None:
        self._answers = answers
        self.never = threading.Event()

    def connect(self, network: str) -> Any:
        answer = self._answers[network]
        never = self.never

        class Node:
            def batch(self, calls: Any) -> list[Any]:
                if isinstance(answer, Exception):
                    raise answer
                if not answer:
                    never.wait(20)
                    return [RpcError("too late")] * len(calls)
                assert len(calls) == len(answer)
                return answer

        return Node()


ASKED = [question(UPDATERS["kovan"], network) for network in NETWORKS]


class TestAsk:
    def test_a_network_that_does_not_answer_fails_alone(self) -> None:
        right = word(UPDATERS["kovan"])
        nodes = Nodes({"kovan": ["0x2a", right], "rinkeby": RpcError("the node cannot be reached: x"), "alfajores": []})
        found = ask(ASKED, nodes.connect, {}, 0.2)
        nodes.never.set()
        assert texts(found) == [
            "The chain of rinkeby could not be asked: the node cannot be reached: x",
            "The chain of alfajores could not be asked: no whole answer within 0.2 s",
        ]

    def test_a_node_of_another_chain_is_asked_nothing_more(self) -> None:
        nodes = Nodes({"kovan": ["0x1", word("0")]})
        (found,) = ask(ASKED[:1], nodes.connect, {"kovan": 42}, 5)
        assert found["text"].startswith("The node of kovan is of the chain 1. Expected: 42, the chain_id that")
        assert "0x" not in found["text"]
        silent = Nodes({"kovan": [RpcError("the node says: no (1)"), word("0")]})
        assert texts(ask(ASKED[:1], silent.connect, {"kovan": 42}, 5)) == [
            "The chain of kovan could not be asked: the node says: no (1)"
        ]
        strange = Nodes({"kovan": [None, word("0")]})
        assert texts(ask(ASKED[:1], strange.connect, {"kovan": 42}, 5)) == [
            "The chain of kovan could not be asked: what the node says of its chain is not a number"
        ]


def test_a_chains_number_must_be_one() -> None:
    assert chain_ids({"kovan": {"chain_id": "42"}, "rinkeby": {}, "alfajores": {"chain_id": 44787}}) == {
        "kovan": 42,
        "alfajores": 44787,
    }
    for strange in ("0x2a", [42], True, -1):
        with pytest.raises(
            ValueError, match=r"The chain_id of kovan is .*Expected: a number, chain_id in agent_ops_net"
        ):
            chain_ids({"kovan": {"chain_id": strange}})


def test_questions_are_data() -> None:
    assert dataclasses.replace(question("true"), network="rinkeby") == question("true", "rinkeby")


def test_calls_have_the_form_that_a_node_takes() -> None:
    call: Call = question("true").call()
    assert call[0] == "eth_call"
