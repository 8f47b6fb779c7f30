"""A few calls of vim25 by hand: what tests set on a lab's vCenter and read back, beside any library."""

import base64
import contextlib
import http.client
import json
import re
import ssl
import urllib.parse

ENVELOPE = ('<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope '
            'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
            'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
            'xmlns:xsd="http://www.w3.org/2001/XMLSchema"><soapenv:Body>{}</soapenv:Body>'
            '</soapenv:Envelope>')
ASSOCIATION = "/api/cis/tagging/tag-association"


class Vcenter:
    def __init__(self, lab):
        url = urllib.parse.urlsplit(lab.environ["GOVC_URL"])
        self.path = url.path or "/sdk"
        self.connection = http.client.HTTPSConnection(
            url.hostname, url.port, timeout=60,
            context=ssl.create_default_context(cafile=lab.environ["PF_CA_FILE"]))
        self.cookie = None
        self.user = f"{lab.environ['GOVC_USERNAME']}:{lab.environ['GOVC_PASSWORD']}"
        self.call("SessionManager", "SessionManager", "Login",
                  f"<userName>{lab.environ['GOVC_USERNAME']}</userName>"
                  f"<password>{lab.environ['GOVC_PASSWORD']}</password>")

    def call(self, kind, moid, method, arguments=""):
        body = ENVELOPE.format(f'<{method} xmlns="urn:vim25"><_this type="{kind}">{moid}</_this>'
                               f"{arguments}</{method}>")
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": "urn:vim25/8.0.3.0"}
        if self.cookie:
            headers["Cookie"] = self.cookie
        self.connection.request("POST", self.path, body.encode(), headers)
        answer = self.connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        assert answer.status == 200, f"{method}: {answer.status} {text[:600]}"
        cookie = answer.getheader("Set-Cookie")
        if cookie:
            self.cookie = cookie.split(";")[0]
        return text

    def close(self):
        self.call("SessionManager", "SessionManager", "Logout")
        self.connection.close()

    def find(self, path):
        """→ (type, moid) of the object at this inventory path."""
        text = self.call("SearchIndex", "SearchIndex", "FindByInventoryPath",
                         f"<inventoryPath>{path}</inventoryPath>")
        found = re.search(r'<returnval[^>]*type="(\w+)"[^>]*>([^<]+)<', text)
        assert found, f"there is no {path}"
        return found.groups()

    def read(self, kind, moid, path):
        return self.call("PropertyCollector", "propertyCollector", "RetrievePropertiesEx",
                         f"<specSet><propSet><type>{kind}</type><pathSet>{path}</pathSet></propSet>"
                         f'<objectSet><obj type="{kind}">{moid}</obj></objectSet></specSet><options/>')

    def set_attribute(self, kind, moid, name, value):
        text = self.call("CustomFieldsManager", "CustomFieldsManager", "AddCustomFieldDef",
                         f"<name>{name}</name>")
        key = re.search(r"<key>(\d+)</key>", text).group(1)
        self.call("CustomFieldsManager", "CustomFieldsManager", "SetField",
                  f'<entity type="{kind}">{moid}</entity><key>{key}</key><value>{value}</value>')

    def keep_apart(self, cluster, name, vms):
        members = "".join(f'<vm type="VirtualMachine">{moid}</vm>' for moid in vms)
        self.call("ClusterComputeResource", cluster, "ReconfigureComputeResource_Task",
                  '<spec xsi:type="ClusterConfigSpecEx"><rulesSpec><operation>add</operation>'
                  '<info xsi:type="ClusterAntiAffinityRuleSpec"><enabled>true</enabled>'
                  f"<name>{name}</name>{members}</info></rulesSpec></spec><modify>true</modify>")

    def rule_members(self, cluster, name):
        text = self.read("ClusterComputeResource", cluster, "configurationEx")
        for rule in re.findall(r"<rule\b.*?</rule>", text, re.S):
            if f"<name>{name}</name>" in rule:
                return sorted(re.findall(r'<vm type="VirtualMachine">([^<]+)</vm>', rule))
        return None

    def tags(self, kind, moid):
        """Names of the object's tags, by the Automation API."""
        with self.rest_session() as session:
            found = self.rest("POST", ASSOCIATION + "?action=list-attached-tags-on-objects", session,
                              {"object_ids": [{"type": kind, "id": moid}]})
            return [self.rest("GET", f"/api/cis/tagging/tag/{tag}", session)["name"]
                    for one in found for tag in one["tag_ids"]]

    def attach(self, kind, moid, name):
        with self.rest_session() as session:
            tag = next(tag for tag in self.rest("GET", "/api/cis/tagging/tag", session)
                       if self.rest("GET", f"/api/cis/tagging/tag/{tag}", session)["name"] == name)
            self.rest("POST", f"{ASSOCIATION}/{tag}?action=attach", session,
                      {"object_id": {"type": kind, "id": moid}})

    @contextlib.contextmanager
    def rest_session(self):
        pair = base64.b64encode(self.user.encode()).decode()
        session = {"vmware-api-session-id":
                   self.rest("POST", "/api/session", {"Authorization": f"Basic {pair}"})}
        try:
            yield session
        finally:
            self.rest("DELETE", "/api/session", session)

    def rest(self, method, path, headers, body=None):
        self.connection.request(method, path, json.dumps(body) if body else None,
                                {"Content-Type": "application/json", **headers})
        answer = self.connection.getresponse()
        text = answer.read()
        assert answer.status in (200, 201, 204), f"{method} {path}: {answer.status} {text[:300]}"
        return json.loads(text) if text else None
