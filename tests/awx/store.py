# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects of a fake AWX, by the table of resources: found, made, changed and deleted as AWX does it, or refused."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.awx import checks
from tests.awx.checks import Refused
from tests.awx.resources import RESOURCES, UNIFIED, Field

HIDDEN = "$encrypted$"
Object = dict[str, Any]
_FILTERS = {"name", "or__name", "or__id", "id", "type", "page", "page_size", "identifier"}


class Store:
    """``playbooks`` returns what a project's files are after it was fetched by its ``scm_url``."""

    def __init__(self, playbooks: Callable[[str], list[str]]) -> None:
        self.objects: dict[str, dict[int, Object]] = {name: {} for name in RESOURCES}
        self.surveys: dict[int, Any] = {}
        self.links: dict[tuple[int, str], list[int]] = {}
        self.secrets: dict[int, dict[str, str]] = {}
        self._playbooks = playbooks
        self._last = 0

    # ---- reading ---------------------------------------------------------------------------------------------------

    def resource_of(self, number: int) -> str:
        return next(name for name, held in self.objects.items() if number in held)

    def get(self, resource: str, number: int) -> Object:
        held = self._all(resource)
        if number not in held:
            raise Refused(404, detail="Not found.")
        return held[number]

    def _all(self, resource: str) -> dict[int, Object]:
        if resource == "unified_job_templates":
            return {number: item for name in UNIFIED for number, item in self.objects[name].items()}
        return self.objects[resource]

    def search(self, resource: str, query: Mapping[str, str]) -> list[Object]:
        """awx/api/filters.py, FieldLookupBackend: or__ filters are alternatives; an unknown field is an error."""
        known = _FILTERS | (RESOURCES[resource].fields.keys() if resource in RESOURCES else {"organization"})
        if resource == "workflow_job_template_nodes":
            known |= {"workflow_job_template"}
        if resource == "job_templates":
            known |= {"organization"}
        unknown = query.keys() - known
        if unknown:
            raise Refused(400, detail=f"{resource} has no field named {sorted(unknown)}")
        either = [(key[4:], value) for key, value in query.items() if key.startswith("or__")]
        every = [
            (key, value) for key, value in query.items() if not key.startswith("or__") and not key.startswith("page")
        ]
        return [
            item
            for item in self._all(resource).values()
            if all(str(item.get(key)) == value for key, value in every)
            and (not either or any(str(item.get(key)) == value for key, value in either))
        ]

    def shown(self, item: Object) -> Object:
        """What the API answers: secrets are hidden, and what belongs to an object is linked."""
        shown = copy.deepcopy(item)
        resource = RESOURCES[self.resource_of(item["id"])]
        related = {name: f"{item['url']}{name}/" for name in resource.lists}
        if resource.survey:
            related["survey_spec"] = f"{item['url']}survey_spec/"
        if item["type"] == "workflow_job_template_node":
            related["create_approval_template"] = f"{item['url']}create_approval_template/"
            template = item["unified_job_template"]
            if template is not None:
                related["unified_job_template"] = self.get("unified_job_templates", template)["url"]
        if item["type"] == "project":
            related["update"] = f"{item['url']}update/"
        if item["type"] == "credential_type":
            shown["managed"] = False
        if item["type"] == "credential":
            for name in self.secrets.get(item["id"], {}):
                shown["inputs"][name] = HIDDEN
        shown["related"] = related
        shown["summary_fields"] = {"current_update": {"id": item["id"]}} if item["type"] == "project" else {}
        return shown

    # ---- writing ---------------------------------------------------------------------------------------------------

    def make(self, resource: str, data: Mapping[str, Any], **further: Any) -> Object:
        table = RESOURCES[resource]
        values = {name: copy.deepcopy(field.default) for name, field in table.fields.items()}
        values |= self._checked(resource, data)
        missing = [name for name, field in table.fields.items() if field.required and values[name] in (None, "")]
        if missing:
            raise Refused(400, **{name: ["This field is required."] for name in missing})
        self._last += 1
        item: Object = {
            "id": self._last,
            "type": table.type,
            "url": f"/api/v2/{resource}/{self._last}/",
            **values,
            **further,
        }
        self._save(resource, item)
        return item

    def change(self, resource: str, number: int, data: Mapping[str, Any]) -> Object:
        table = RESOURCES[resource]
        item = dict(self.get(resource, number))
        item |= {name: value for name, value in self._checked(resource, data).items() if not table.fields[name].once}
        self._save(resource, item)
        return item

    def delete(self, resource: str, number: int) -> None:
        self.get(resource, number)
        users = list(self._users(resource, number))
        approval = self.objects[resource][number].get("unified_job_template")
        if any(field.gone == "protect" for _name, _item, _key, field in users):
            raise Refused(403, detail=f"{resource.replace('_', ' ').capitalize()} that are in use cannot be deleted")
        del self.objects[resource][number]
        for owner, item, key, field in users:
            if field.gone == "cascade":
                if item["id"] in self.objects[owner]:
                    self.delete(owner, item["id"])
            else:
                item[key] = None
        # An approval belongs to its node (awx/main/models/workflow.py, delete of WorkflowJobTemplateNode).
        if resource == "workflow_job_template_nodes" and approval in self.objects["workflow_approval_templates"]:
            del self.objects["workflow_approval_templates"][approval]
        for linked in self.links.values():
            linked[:] = [other for other in linked if other != number]
        self.links = {place: linked for place, linked in self.links.items() if place[0] != number}

    def _users(self, resource: str, number: int) -> Iterator[tuple[str, Object, str, Field]]:
        names = {resource, "unified_job_templates"} if resource in UNIFIED else {resource}
        for owner, table in RESOURCES.items():
            for key, field in table.fields.items():
                if field.to in names:
                    yield from (
                        (owner, item, key, field) for item in list(self.objects[owner].values()) if item[key] == number
                    )

    def link(self, owner: Object, name: str, data: Mapping[str, Any]) -> None:
        """awx/api/generics.py, SubListCreateAttachDetachAPIView; JobTemplateCredentialsList for credentials."""
        if not data.keys() <= {"id", "disassociate"} or not isinstance(data.get("id"), int):
            raise Refused(400, msg=f'"id" field must be an integer: {data}')
        other = self.get(RESOURCES[self.resource_of(owner["id"])].lists[name], data["id"])
        linked = self.links.setdefault((owner["id"], name), [])
        if data.get("disassociate"):
            linked.remove(other["id"])
            return
        if name == "credentials":
            kinds = [self.get("credentials", number)["credential_type"] for number in linked]
            if other["credential_type"] in kinds:
                raise Refused(400, error="Cannot assign multiple credentials of one type.")
        if (
            name.endswith("_nodes")
            and self.get("workflow_job_template_nodes", other["id"])["workflow_job_template"]
            != owner["workflow_job_template"]
        ):
            raise Refused(400, Error="Nodes are of two workflows.")
        linked.append(other["id"])

    def answer_survey(self, owner: Object, spec: Any) -> None:
        checks.survey(spec)
        self.surveys[owner["id"]] = spec

    # ---- checks ----------------------------------------------------------------------------------------------------

    def _checked(self, resource: str, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return what of the data counts, each value with the type of its field."""
        table = RESOURCES[resource]
        problems: dict[str, list[str]] = {}
        values = {}
        for name, value in data.items():
            field = table.fields.get(name)
            if field is None:
                if name not in table.dropped:
                    problems[name] = [f"{table.serializer} has no such field"]
            elif value is None:
                if not field.null:
                    problems[name] = ["This field may not be null."]
                values[name] = None
            elif not isinstance(value, field.kind) or (isinstance(value, bool) and field.kind is not bool):
                problems[name] = [f"{value!r} is no {field.kind}"]
            elif field.choices and value not in field.choices:
                problems[name] = [f'"{value}" is not a valid choice.']
            elif field.to and value not in self._all(field.to):
                problems[name] = [f'Invalid pk "{value}" - object does not exist.']
            else:
                values[name] = value
        if problems:
            raise Refused(400, **problems)
        return values

    def _save(self, resource: str, item: Object) -> None:
        """Check what fields do together, and keep the object."""
        table = RESOURCES[resource]
        mark = [item.get(name) for name in table.unique]
        twins = [
            other for other in self.objects[resource].values() if [other.get(name) for name in table.unique] == mark
        ]
        if table.unique and any(other["id"] != item["id"] for other in twins):
            raise Refused(400, __all__=[f"{table.type} with this {', '.join(table.unique)} already exists."])
        if resource == "credential_types":
            checks.injectors(item)
            before = self.objects[resource].get(item["id"])
            used = any(other["credential_type"] == item["id"] for other in self.objects["credentials"].values())
            if before and used and before["inputs"] != item["inputs"]:
                raise Refused(
                    403, detail="Modifications to inputs are not allowed for credential types that are in use"
                )
        if resource == "credentials":
            self._keep_secrets(item)
        if resource == "projects":
            item["playbooks"] = self._playbooks(item["scm_url"])
            item["scm_revision"] = "0" * 40
        if resource == "job_templates":
            self._check_template(item)
        if resource in ("schedules", "workflow_job_template_nodes") and item["unified_job_template"] is not None:
            template = self.get("unified_job_templates", item["unified_job_template"])
            if template["type"] != "workflow_approval_template":
                complete = resource == "schedules"
                checks.prompts(item, template, self.surveys.get(template["id"], {}), complete=complete)
        if resource == "schedules":
            checks.rrule(item["rrule"])
        self.objects[resource][item["id"]] = item

    def _check_template(self, item: Object) -> None:
        """JobOptionsSerializer.validate: the playbook is one of the project's."""
        project = self.get("projects", item["project"]) if item["project"] else None
        if project is None or item["inventory"] is None:
            raise Refused(400, project=["Job Templates must have a project and an inventory assigned."])
        if item["playbook"] not in project["playbooks"]:
            raise Refused(400, playbook=["Playbook not found for project."])
        item["organization"] = project["organization"]

    def _keep_secrets(self, item: Object) -> None:
        """awx/main/fields.py, CredentialInputField: what the type knows; no answer shows a secret."""
        kind = self.get("credential_types", item["credential_type"])["inputs"]
        fields = {field["id"]: field for field in kind.get("fields", [])}
        unknown = item["inputs"].keys() - fields.keys()
        if unknown:
            raise Refused(400, inputs=[f"Additional properties are not allowed ({sorted(unknown)} were unexpected)"])
        missing = set(kind.get("required", [])) - item["inputs"].keys()
        if missing or not all(isinstance(value, str) for value in item["inputs"].values()):
            raise Refused(400, inputs=[f"required for {kind}: {sorted(missing)}, as text"])
        held = self.secrets.setdefault(item["id"], {})
        item["inputs"] = dict(item["inputs"])
        for name, value in item["inputs"].items():
            if fields[name].get("secret") and value != HIDDEN:
                held[name] = value
                item["inputs"][name] = HIDDEN
