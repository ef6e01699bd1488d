# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects of a fake AWX, by the table of resources: found, made, changed and deleted as AWX does it, or refused."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.awx import checks, credentials, surveys
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
        unknown = {key for key in query if key not in known and key.split("__")[0] not in known}
        if unknown:
            raise Refused(400, detail=f"{resource} has no field named {sorted(unknown)}")
        either = [(key[4:], value) for key, value in query.items() if key.startswith("or__")]
        every = [
            (key, value) for key, value in query.items() if not key.startswith("or__") and not key.startswith("page")
        ]
        return [
            item
            for item in self._all(resource).values()
            if all(self._fits(item, key, value) for key, value in every)
            and (not either or any(self._fits(item, key, value) for key, value in either))
        ]

    def _fits(self, item: Object, key: str, value: str) -> bool:
        """``key`` leads from an object to the field of another, and may end in how its text is compared."""
        *path, last = key.split("__")
        if last == "startswith":
            return str(self._follow(item, path)).startswith(value)
        return str(self._follow(item, [*path, last])) == value

    def _follow(self, item: Object, path: list[str]) -> Any:
        for name in path[:-1]:
            if item.get(name) is None:
                return None
            other = (
                "organizations" if name == "organization" else RESOURCES[self.resource_of(item["id"])].fields[name].to
            )
            item = self.get(other, item[name])
        if len(path) > 1 and path[-1] not in item:
            raise Refused(400, detail=f"{item['type']} has no field named {path[-1]!r}")
        return item.get(path[-1])

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
        if resource == "execution_environments" and data.get("organization") not in (None, item["organization"]):
            raise Refused(400, organization=["Cannot change the organization of an execution environment"])
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
        """SubListCreateAttachDetachAPIView, JobTemplateCredentialsList, OrganizationGalaxyCredentialsList."""
        if not data.keys() <= {"id", "disassociate"} or not isinstance(data.get("id"), int):
            raise Refused(400, msg=f'"id" field must be an integer: {data}')
        other = self.get(RESOURCES[self.resource_of(owner["id"])].lists[name], data["id"])
        linked = self.links.setdefault((owner["id"], name), [])
        if data.get("disassociate"):
            linked.remove(other["id"])
            return
        if name == "galaxy_credentials" and self._kind(other) != "galaxy":
            raise Refused(400, msg="Credential must be a Galaxy credential.")
        if name == "credentials":
            if self._kind(other) not in ("ssh", "vault", "cloud", "net", "kubernetes"):
                raise Refused(400, error=f"Cannot assign a Credential of kind `{self._kind(other)}`.")
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

    def _kind(self, credential: Object) -> str:
        kind: str = self.get("credential_types", credential["credential_type"])["kind"]
        return kind

    def answer_survey(self, owner: Object, spec: Any) -> None:
        surveys.check(spec)
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
            elif field.longest is not None and len(value) > field.longest:
                problems[name] = [f"Ensure this field has no more than {field.longest} characters."]
            elif field.least is not None and value < field.least:
                problems[name] = [f"Ensure this value is greater than or equal to {field.least}."]
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
            credentials.check_type(item)
            before = self.objects[resource].get(item["id"])
            used = any(other["credential_type"] == item["id"] for other in self.objects["credentials"].values())
            if before and used and before["inputs"] != item["inputs"]:
                raise Refused(
                    403, detail="Modifications to inputs are not allowed for credential types that are in use"
                )
        if resource == "credentials":
            self._keep_secrets(item)
        wanted = {"execution_environments": "registry", "projects": "scm"}.get(resource)
        if wanted and item["credential"] and self._kind(self.get("credentials", item["credential"])) != wanted:
            raise Refused(400, credential=[f"Credential kind must be '{wanted}'."])
        if resource == "inventory_sources":
            checks.inventory_source(item)
        if resource == "projects":
            checks.project(item)
            item["playbooks"] = self._playbooks(item["scm_url"])
            item["scm_revision"] = "0" * 40
        if resource == "job_templates":
            project = self.get("projects", item["project"]) if item["project"] else None
            checks.job_template(item, project)
            item["organization"] = (project or {})["organization"]
        if resource == "workflow_job_templates":
            checks.variables("extra_vars", item["extra_vars"])
        if resource in ("schedules", "workflow_job_template_nodes") and item["unified_job_template"] is not None:
            template = self.get("unified_job_templates", item["unified_job_template"])
            if template["type"] != "workflow_approval_template":
                complete = resource == "schedules"
                surveys.check_prompts(item, template, self.surveys.get(template["id"], {}), complete=complete)
        if resource == "schedules":
            checks.rrule(item["rrule"])
        self.objects[resource][item["id"]] = item

    def _keep_secrets(self, item: Object) -> None:
        """What the type knows; no answer shows a secret (Credential.display_inputs)."""
        kind = self.get("credential_types", item["credential_type"])["inputs"]
        fields = {field["id"]: field for field in kind.get("fields", [])}
        credentials.check_inputs(item["inputs"], kind)
        held = self.secrets.setdefault(item["id"], {})
        item["inputs"] = dict(item["inputs"])
        for name, value in item["inputs"].items():
            if fields[name].get("secret") and value != HIDDEN:
                held[name] = value
                item["inputs"][name] = HIDDEN
