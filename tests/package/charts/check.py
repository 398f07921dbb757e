"""What the chart makes of several values, of its own defaults, and of each example in docs/kubernetes.md; and the plain manifests.

script/charts test runs it, with HELM, CHART and AUDITSTREAM in the environment.
"""
import copy
import functools
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import kubernetes_validate
import yaml

PROJECT = pathlib.Path(__file__).resolve().parents[3]
HERE = pathlib.Path(__file__).parent
HELM, AUDITSTREAM = os.environ["HELM"], os.environ["AUDITSTREAM"]
CHART = PROJECT / os.environ["CHART"]
DRAIN_S = 30
SOURCES, SECRETS = "/etc/auditstream.d/", "/run/secrets/auditstream/"


def kubernetes_versions():
    """The oldest that the chart accepts, and the newest that there is a schema of."""
    oldest = yaml.safe_load((CHART / "Chart.yaml").read_text())["kubeVersion"]
    return [re.search(r"\d+\.\d+", oldest).group(), kubernetes_validate.latest_version()]


def template(*arguments, kubernetes=None):
    """Exit code, stdout and stderr of `helm template`."""
    kube = ["--kube-version", kubernetes or kubernetes_versions()[-1]]
    return subprocess.run([HELM, "template", "release", CHART, *kube, *arguments], capture_output=True, text=True)


def documents(text):
    return [document for document in yaml.safe_load_all(text) if document]


def examples():
    """The blocks of docs/kubernetes.md that are marked yaml: each is a file of values."""
    return re.findall(r"^```yaml\n(.*?)^```$", (PROJECT / "docs/kubernetes.md").read_text(), re.M | re.S)


def worlds():
    """Each with a name: everything that is applied together."""
    values = {path.stem: path.read_text() for path in sorted(HERE.glob("*.yaml"))}
    values |= {f"example {number} of docs/kubernetes.md": text for number, text in enumerate(examples(), 1)}
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "values.yaml"
        for name, text in {"defaults": "", **values}.items():
            file.write_text(text)
            for kubernetes in kubernetes_versions():
                done = template("--values", file, kubernetes=kubernetes)
                if done.returncode != 0:
                    raise AssertionError(f"{name}: {done.stderr}")
                yield f"{name}, Kubernetes {kubernetes}", documents(done.stdout)
    plain = "".join(path.read_text() for path in sorted((PROJECT / "config/kubernetes").glob("*.yaml")))
    yield "config/kubernetes", documents(plain)


class World:
    def __init__(self, objects):
        self.objects = objects
        self.set = self.one("StatefulSet")
        self.pod = self.set["spec"]["template"]
        self.spec = self.pod["spec"]
        (self.container,) = self.spec["containers"]

    def all(self, kind):
        return [thing for thing in self.objects if thing["kind"] == kind]

    def one(self, kind):
        (thing,) = self.all(kind)
        return thing

    def config_map(self, name):
        (found,) = [thing for thing in self.all("ConfigMap") if thing["metadata"]["name"] == name] or [None]
        return found

    def config(self):
        return yaml.safe_load(self.config_map(self.set["metadata"]["name"])["data"]["auditstream.yaml"])

    def texts(self):
        """Whatever may name secrets."""
        return [text for thing in self.all("ConfigMap") for text in thing["data"].values()]

    def mounts(self):
        """Where each volume is."""
        volumes = {volume["name"]: volume for volume in self.spec["volumes"]}
        return {mount["mountPath"]: volumes[mount["name"]] for mount in self.container["volumeMounts"]}


def mount(folder, files):
    """As the kubelet does it: files are links into ..data, which is a link that is swapped at each change."""
    data = folder / "..2026_11_28"
    data.mkdir(parents=True)
    (folder / "..data").symlink_to(data.name)
    for name, text in files.items():
        (data / name).write_text(text)
        (folder / name).symlink_to(f"..data/{name}")


def check_offline(world, secret_of_teams=None):
    """`auditstream check`, with every file where the pod has it, but below a folder. A ConfigMap that is not the chart's holds
    a source of the Secret that is called like it, or of the one that is given."""
    texts = {}
    for path, volume in world.mounts().items():
        if "configMap" in volume:
            name = volume["configMap"]["name"]
            secret = f"${{file:{SECRETS}{secret_of_teams or name}/tines}}"
            team = f"[{{name: {name}, vendor: tines, tenant_domain: {name}.tines.com, api_key: '{secret}'}}]"
            own = world.config_map(name)
            texts[path] = own["data"] if own else {"team.yaml": team} if path.startswith(SOURCES) else {}
    all_texts = "\n".join(text for files in texts.values() for text in files.values())
    environment = {entry["name"]: entry.get("value", "release-0") for entry in world.container["env"]}
    if "envFrom" in world.container:
        environment = {name: "given" for name in re.findall(r"\$\{env:(\w+)\}", all_texts)} | environment
    command, option, config = world.container["args"][:3]
    assert (command, option) == ("run", "-c")
    with tempfile.TemporaryDirectory() as root:
        for path, volume in world.mounts().items():
            files = {}
            if "configMap" in volume:
                files = {name: text.replace(SOURCES, root + SOURCES).replace(SECRETS, root + SECRETS)
                         for name, text in texts[path].items()}
            elif "secret" in volume:
                files = dict.fromkeys(re.findall(path + r"/([\w.-]+)", all_texts), "a-secret-of-enough-length")
            mount(pathlib.Path(root + path), files)
        return subprocess.run([AUDITSTREAM, "check", "--offline", "-c", root + config], env=environment, capture_output=True,
                              text=True, timeout=60)


def each_world(check):
    """A test of one world becomes one of all of them."""
    @functools.wraps(check)
    def of_all(self):
        for name, world in self.worlds.items():
            with self.subTest(name):
                check(self, world)
    return of_all


class Charts(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.worlds = {name: World(objects) for name, objects in worlds()}
        assert len(cls.worlds) > 8, list(cls.worlds)

    def test_lints(self):
        for values in [None, *sorted(HERE.glob("*.yaml"))]:
            given = ["--values", values] if values else []
            done = subprocess.run([HELM, "lint", "--strict", "--quiet", CHART, *given], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    @each_world
    def test_kubernetes_knows_every_field(self, world):
        for thing in world.objects:
            if thing["apiVersion"].startswith("monitoring.coreos.com/"):
                continue
            for version in kubernetes_versions():
                kubernetes_validate.validate(thing, version, strict=True)

    def test_the_schema_check_finds_a_foreign_field(self):
        wrong = copy.deepcopy(self.worlds["config/kubernetes"].set)
        wrong["spec"]["template"]["spec"]["containers"][0]["readinesProbe"] = {}
        with self.assertRaises(kubernetes_validate.ValidationError):
            kubernetes_validate.validate(wrong, kubernetes_versions()[-1], strict=True)

    @each_world
    def test_the_pod_may_do_nothing_that_it_does_not_need(self, world):
        security = world.container["securityContext"]
        self.assertTrue(security["readOnlyRootFilesystem"])
        self.assertFalse(security["allowPrivilegeEscalation"])
        self.assertEqual(security["capabilities"], {"drop": ["ALL"]})
        self.assertTrue(world.spec["securityContext"]["runAsNonRoot"])
        self.assertEqual(world.spec["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"})
        self.assertFalse(world.spec["automountServiceAccountToken"])
        self.assertFalse({"hostNetwork", "hostPID", "hostIPC"} & set(world.spec))

    @each_world
    def test_a_drain_has_the_time_it_may_take(self, world):
        self.assertGreater(world.spec["terminationGracePeriodSeconds"], DRAIN_S)

    def test_the_user_is_the_image_s(self):
        user = int(re.search(r"^USER (\d+):\1$", (PROJECT / "Dockerfile").read_text(), re.M).group(1))
        defaults = next(world for name, world in self.worlds.items() if name.startswith("defaults"))
        context = defaults.spec["securityContext"]
        self.assertEqual([context[key] for key in ("runAsUser", "runAsGroup", "fsGroup")], [user] * 3)

    @each_world
    def test_nodes_can_be_drained_one_by_one(self, world):
        for budget in world.all("PodDisruptionBudget"):
            self.assertIn(budget["spec"]["maxUnavailable"], {1, "25%"})
            self.assertEqual(budget["spec"]["unhealthyPodEvictionPolicy"], "AlwaysAllow")

    @each_world
    def test_probes_ask_what_they_are_for(self, world):
        for probe, path in {"startup": "/livez", "liveness": "/livez", "readiness": "/readyz"}.items():
            self.assertEqual(world.container[probe + "Probe"]["httpGet"], {"path": path, "port": "http"})

    @each_world
    def test_one_port(self, world):
        listen = world.config()["http"]["listen"]
        self.assertIn(listen.rpartition(":")[0], {"0.0.0.0", "[::]"})
        port = int(listen.rpartition(":")[2])
        self.assertEqual(world.container["ports"], [{"name": "http", "containerPort": port}])
        (of_service,) = world.one("Service")["spec"]["ports"]
        self.assertEqual((of_service["port"], of_service["targetPort"]), (port, "http"))
        for policy in world.all("NetworkPolicy"):
            (rule,) = policy["spec"]["ingress"]
            self.assertEqual(rule["ports"], [{"port": "http", "protocol": "TCP"}])
        for monitor in world.all("PodMonitor"):
            (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
            self.assertEqual((endpoint["port"], endpoint["path"]), ("http", "/metrics"))

    @each_world
    def test_everything_selects_the_pods(self, world):
        labels = world.pod["metadata"]["labels"].items()
        selectors = [world.set["spec"]["selector"]["matchLabels"], world.one("Service")["spec"]["selector"]]
        selectors += [thing["spec"]["podSelector"]["matchLabels"] for thing in world.all("NetworkPolicy")]
        for kind in ("PodDisruptionBudget", "PodMonitor"):
            selectors += [thing["spec"]["selector"]["matchLabels"] for thing in world.all(kind)]
        spread = world.spec["topologySpreadConstraints"]
        self.assertEqual([one["topologyKey"] for one in spread], ["topology.kubernetes.io/zone", "kubernetes.io/hostname"])
        selectors += [one["labelSelector"]["matchLabels"] for one in spread]
        for selector in selectors:
            self.assertLessEqual(selector.items(), labels)
            self.assertEqual(selector, selectors[0])
        self.assertEqual(world.set["spec"]["serviceName"], world.one("Service")["metadata"]["name"])
        accounts = {thing["metadata"]["name"] for thing in world.all("ServiceAccount")} or {"default"}
        self.assertEqual({world.spec["serviceAccountName"]}, accounts)

    @each_world
    def test_what_is_mounted_is_updated(self, world):
        names = [volume["name"] for volume in world.spec["volumes"]]
        self.assertEqual(len(set(names)), len(names))
        self.assertEqual(sorted(mount["name"] for mount in world.container["volumeMounts"]), sorted(names))
        for mount in world.container["volumeMounts"]:
            self.assertFalse({"subPath", "subPathExpr"} & set(mount), "Kubernetes never updates a subPath")
        paths = sorted(world.mounts())
        for outer, inner in zip(paths, paths[1:]):
            self.assertFalse(inner.startswith(outer + "/"), "nothing can be mounted inside a read-only volume")

    @each_world
    def test_secrets_are_files_of_their_own(self, world):
        mounted = {path for path, volume in world.mounts().items() if "secret" in volume}
        named = set(re.findall(SECRETS + r"[\w.-]+(?=/[\w.-])", "\n".join(world.texts())))
        self.assertLessEqual(named, mounted)
        self.assertFalse(world.all("Secret"), "secrets don't go through values")

    @each_world
    def test_the_program_takes_the_config(self, world):
        done = check_offline(world)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        warnings = [line for line in done.stderr.splitlines() if line]
        if any("name: example" in text for text in world.texts()):
            self.assertRegex(warnings.pop(0), "example.yaml:.*a secret stands here in clear")
        self.assertEqual(warnings, [])

    def test_a_team_gets_at_no_secret_but_its_own(self):
        seen = 0
        for world in self.worlds.values():
            if "/etc/auditstream.d/team-a" in world.mounts():
                done = check_offline(world, secret_of_teams="vendors")
                self.assertEqual(done.returncode, 78)
                self.assertRegex(done.stderr, "team-a/team.yaml:.*may not stand in this file")
                seen += 1
        self.assertGreater(seen, 2)

    @each_world
    def test_an_instance_has_an_id_of_its_own(self, world):
        kafka = world.config()["kafka"]
        if "group.instance.id" in kafka:
            self.assertEqual(kafka["group.instance.id"], "${env:POD_NAME}")
            self.assertIn({"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}, world.container["env"])
            self.assertGreater(kafka["session.timeout.ms"], DRAIN_S * 1000)

    def test_alerts_are_those_of_the_docs(self):
        alerts = PROJECT / "docs/alerts.yaml"
        self.assertEqual((CHART / "files/alerts.yaml").read_text(), alerts.read_text(), "cp docs/alerts.yaml config/helm/auditstream/files")
        groups = yaml.safe_load(alerts.read_text())["groups"]
        rendered_by = [world for world in self.worlds.values() if world.all("PrometheusRule")]
        self.assertGreater(len(rendered_by), 2)
        for world in rendered_by:
            rendered = world.one("PrometheusRule")["spec"]["groups"]
            for rule in (rule for group in rendered for rule in group["rules"]):
                at = rule["annotations"]["runbook_url"].index("#")
                rule["annotations"]["runbook_url"] = "docs/operations.md" + rule["annotations"]["runbook_url"][at:]
            self.assertEqual(rendered, groups)

    def test_runbook_urls_lead_where_the_values_say(self):
        done = template("--set", "prometheusRule.enabled=true,prometheusRule.runbookUrl=https://x/runbook", "--show-only",
                        "templates/prometheusrule.yaml")
        (rules,) = documents(done.stdout)
        urls = [rule["annotations"]["runbook_url"] for rule in rules["spec"]["groups"][0]["rules"]]
        self.assertIn("https://x/runbook#auditstreamdown", urls)
        self.assertFalse([url for url in urls if not url.startswith("https://x/runbook#")])

    def test_network_policy_lets_out_what_is_needed(self):
        def ports(text):
            done = template("--set-string", f"config.kafka.bootstrap\\.servers={text}", "--show-only", "templates/networkpolicy.yaml")
            rules = documents(done.stdout)[0]["spec"]["egress"]
            return [[port["port"] for port in rule["ports"]] for rule in rules]

        self.assertEqual(ports("a:9094"), [[53, 53], [9094], [443]])
        self.assertEqual(ports("a:9094\\,b:9095\\, c:9094"), [[53, 53], [9094, 9095], [443]])
        self.assertEqual(ports("a"), [[53, 53], [9092], [443]])

    def test_pods_restart_for_what_is_read_at_the_start_only(self):
        def pod(*values):
            done = template("--show-only", "templates/statefulset.yaml", *(word for value in values for word in ("--set-json", value)))
            self.assertEqual(done.returncode, 0, done.stderr)
            return documents(done.stdout)[0]["spec"]["template"]

        before = pod()
        self.assertEqual(pod('sources={"a.yaml":[{"name":"a","vendor":"tines"}]}'), before)
        self.assertEqual(pod('config.defaults={"poll_interval":"1m"}', 'config.include=["x.yaml"]', "config.sources=[]"), before)
        for section in ('config.kafka={"bootstrap.servers":"b:9092"}', 'config.log={"level":"debug"}', 'config.group="other"'):
            self.assertNotEqual(pod(section), before, section)

    def test_mistakes_are_refused_with_what_helps(self):
        for given, word in {
            "config.http.listen=127.0.0.1:8083": "0.0.0.0:8083",
            "config.http.listen=off": "no fixed port",
            "config.http.listen=0.0.0.0:0": "no fixed port",
            "config.kafka.bootstrap\\.servers=${env:BROKERS}": "networkPolicy.kafkaPorts",
            "terminationGracePeriodSeconds=30": "35",
            "replica=3": "replica",
            "secrets={A_B}": "secrets",
            "sources.tines[0].name=a,sources.tines[0].vendor=tines": "ends in .yaml",
            "waitForKafka=soon": "waitForKafka",
        }.items():
            done = template("--set", given)
            self.assertNotEqual(done.returncode, 0, given)
            self.assertIn(word, done.stderr)
        self.assertIn("1.27", template(kubernetes="1.26").stderr)

    def test_every_value_has_a_default_and_is_known(self):
        schema = yaml.safe_load((CHART / "values.schema.json").read_text())["properties"]
        values = yaml.safe_load((CHART / "values.yaml").read_text())
        self.assertEqual(set(values), set(schema) - {"global"})
        for name, known in schema.items():
            if known.get("additionalProperties") is False:
                self.assertEqual(set(values[name]), set(known["properties"]), name)

    def test_versions_are_the_program_s(self):
        version = re.search(r"project\(auditstream VERSION (\S+)", (PROJECT / "CMakeLists.txt").read_text()).group(1)
        self.assertEqual(yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"], version)

    def test_plain_manifests_are_nobody_s(self):
        for path in (PROJECT / "config/kubernetes").glob("*.yaml"):
            self.assertNotRegex(path.read_text(), r"helm\.sh/|managed-by|namespace: ")


if __name__ == "__main__":
    unittest.main()
