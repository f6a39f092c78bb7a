"""The files in `deploy/`, read by the programs that are to read them, and held against Lumbar."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path

import kubernetes_validate
import promql_parser
import psutil
import pytest
import requests
import yaml
from prometheus_client import REGISTRY

from lumbar.channel import metrics  # noqa: F401  (registers them)
from lumbar.channel.requests import MAX_BODY
from lumbar.serving import HOST, free_port
from lumbar.settings import ROOT, Settings
from lumbar.studio.versions import INPUTS

DEPLOY = ROOT / "deploy"
NGINX = DEPLOY / "nginx" / "nginx.conf"
DOCKERFILE = DEPLOY / "Dockerfile"
MANIFESTS = [
    manifest
    for path in sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    for manifest in yaml.safe_load_all(path.read_text(encoding="utf-8"))
]
COMPOSED = {
    path.parent.name: yaml.safe_load(path.read_text(encoding="utf-8"))
    for path in sorted(DEPLOY.glob("*/compose.yml"))
}
IMAGE = f"lumbar:{version('lumbar')}"
EXPOSED = 20
"""How much of itself a service may expose, of 100, as systemd counts."""
PATIENCE = 20
"""Seconds until the widget asks again."""


def run(*command, **options):
    """Return what a command printed, which must have ended well."""
    done = subprocess.run(
        list(map(str, command)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        **options,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def installed(program, package):
    """Return where a program is; without it, the test is skipped."""
    found = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin")
    return found or pytest.skip(f"there is no {program}: Debian's package {package} has it")


def of_kind(kind):
    return [one for one in MANIFESTS if one["kind"] == kind]


def spec(kind):
    (only,) = of_kind(kind)
    return only["spec"]


def pods():
    """The specifications of every pod, however it is started."""
    jobs = [*of_kind("Job"), *(one["spec"]["jobTemplate"] for one in of_kind("CronJob"))]
    return [one["spec"]["template"]["spec"] for one in [*of_kind("Deployment"), *jobs]]


def services():
    return {
        f"{folder}/{name}": service
        for folder, composed in COMPOSED.items()
        for name, service in composed["services"].items()
    }


def in_the_image(name):
    final = DOCKERFILE.read_text().rpartition("\nFROM")[2]
    (value,) = re.findall(rf"{name}=(\S+)", final)
    return value


def in_nginx(pattern):
    (value,) = re.findall(pattern, NGINX.read_text())
    return int(value)


def test_docker_builds_from_a_clean_dockerfile():
    run(Path(sys.executable).with_name("hadolint"), DOCKERFILE)


@pytest.mark.parametrize("folder", COMPOSED)
def test_compose_accepts_every_file(folder):
    compose = installed("docker-compose", "docker-compose")
    given = {"LUMBAR_SECRET": "secret", "POSTGRES_PASSWORD": "password"}
    file = DEPLOY / folder / "compose.yml"
    run(compose, "--file", file, "config", "--quiet", env={**os.environ, **given})


@pytest.mark.parametrize("folder", COMPOSED)
def test_compose_does_not_start_without_a_secret(folder):
    compose = installed("docker-compose", "docker-compose")
    file = DEPLOY / folder / "compose.yml"
    with pytest.raises(AssertionError, match="must be set"):
        run(compose, "--file", file, "config", "--quiet", env={"PATH": os.environ["PATH"]})


@pytest.mark.parametrize(
    "manifest", MANIFESTS, ids=lambda one: f"{one['kind']} {one['metadata']['name']}"
)
def test_kubernetes_accepts_every_manifest(manifest):
    kubernetes_validate.validate(manifest, kubernetes_validate.latest_version(), strict=True)
    if manifest["kind"] != "Namespace":
        assert manifest["metadata"]["namespace"] == "lumbar"


@pytest.fixture
def units(tmp_path):
    """The units, as if Lumbar were where they say it is."""
    copied = tmp_path / "units"
    shutil.copytree(DEPLOY / "systemd", copied, symlinks=True)
    for unit in copied.glob("*.service"):
        unit.write_text(unit.read_text().replace("/opt/lumbar/.venv/bin/lumbar", sys.executable))
    (copied / "lumbar@.service").rename(copied / "lumbar@5005.service")
    return copied


@pytest.mark.parametrize(
    "unit", ["lumbar@5005.service", "lumbar-purge.service", "lumbar-purge.timer"]
)
def test_systemd_accepts_every_unit(units, unit):
    # What it does not know it ignores, and ends well.
    assert run(installed("systemd-analyze", "systemd"), "verify", "--man=no", units / unit) == ""


@pytest.mark.parametrize("unit", ["lumbar@5005.service", "lumbar-purge.service"])
def test_a_service_can_do_little_beside_its_work(units, unit):
    offline = ("security", "--offline=yes", f"--threshold={EXPOSED}", "--no-pager")
    run(installed("systemd-analyze", "systemd"), *offline, units / unit)


def test_prometheus_accepts_the_alerts_and_calls_for_trouble_alone():
    promtool = installed("promtool", "prometheus")
    run(promtool, "check", "rules", DEPLOY / "prometheus" / "alerts.yml")
    run(promtool, "test", "rules", DEPLOY / "prometheus" / "alerts.test.yml")


def alerts():
    (group,) = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())["groups"]
    return group["rules"]


def dashboard():
    return json.loads((DEPLOY / "grafana" / "lumbar.json").read_text(encoding="utf-8"))


def test_an_alert_says_what_is_wrong_and_what_to_do():
    for alert in alerts():
        assert {"summary", "action"} == set(alert["annotations"]), alert["alert"]
        assert alert["labels"]["severity"] in ("critical", "warning", "info"), alert["alert"]


def watched():
    """The names of the metrics that the alerts and the dashboard read."""
    drawn = [target["expr"] for panel in dashboard()["panels"] for target in panel["targets"]]
    for expression in [*(one["expr"] for one in alerts()), *drawn]:
        query = re.sub(r"\$__\w+", "5m", expression)
        found: list = []
        promql_parser.walk(promql_parser.parse(query), found.append)
        yield from (one.name for one in found if isinstance(one, promql_parser.VectorSelector))


def exposed():
    endings = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}
    for family in REGISTRY.collect():
        yield from (family.name + ending for ending in endings.get(family.type, [""]))


def test_alerts_and_dashboard_read_metrics_that_lumbar_exposes():
    assert len(set(watched())) > 10
    assert set(watched()) <= set(exposed())


def test_no_panel_covers_another():
    panels = dashboard()["panels"]
    assert len({one["id"] for one in panels}) == len(panels)
    taken = [
        (x, y)
        for at in (one["gridPos"] for one in panels)
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(set(taken)) == len(taken)
    assert max(x for x, _ in taken) < 24


def test_every_variable_is_a_setting_of_lumbar():
    known = {f"LUMBAR_{name.upper()}" for name in Settings.__fields__}
    for path in DEPLOY.rglob("*"):
        if path.is_file():
            used = set(re.findall(r"\bLUMBAR_[A-Z_]+", path.read_text(encoding="utf-8")))
            assert used <= known, path


def test_the_ports_agree():
    http, watch = int(in_the_image("LUMBAR_PORT")), int(in_the_image("LUMBAR_METRICS_PORT"))
    dockerfile = DOCKERFILE.read_text()
    assert f"EXPOSE {http} {watch}\n" in dockerfile
    assert f":{http}/api/health" in dockerfile
    assert COMPOSED["one"]["services"]["assistant"]["ports"] == [
        f"127.0.0.1:{port}:{port}" for port in (http, watch)
    ]
    upstreams = [one.read_text() for one in DEPLOY.glob("*/upstream.conf")]
    servers = re.findall(r"^server (\S+?)[ ;]", "\n".join(upstreams), re.MULTILINE)
    assert {one.split(":")[1] for one in servers} == {str(http)}
    template = spec("Deployment")["template"]
    ports = {
        one["name"]: one["containerPort"] for one in template["spec"]["containers"][0]["ports"]
    }
    assert ports == {"http": http, "metrics": watch}
    assert template["metadata"]["annotations"]["prometheus.io/port"] == str(watch)
    (policy,) = (one for one in of_kind("NetworkPolicy") if one["metadata"]["name"] == "lumbar")
    let_in = [rule["ports"] for rule in policy["spec"]["ingress"]]
    assert let_in == [[{"port": http}], [{"port": watch}]]


def test_nginx_knows_every_assistant_that_compose_starts():
    started = {name for name in COMPOSED["many"]["services"] if name.startswith("assistant-")}
    assert (
        set(re.findall(r"assistant-\d+", (DEPLOY / "many" / "upstream.conf").read_text()))
        == started
    )


def test_no_image_changes_by_itself():
    images = [
        *re.findall(r"^FROM (\S+)", DOCKERFILE.read_text(), re.MULTILINE),
        *(service["image"] for service in services().values()),
        *(container["image"] for pod in pods() for container in pod["containers"]),
    ]
    for image in images:
        _, _, tag = image.partition(":")
        assert re.match(r"\d", tag), image
        assert image == IMAGE or not image.startswith("lumbar:")


def test_no_container_is_root_or_writes_its_root():
    user = re.findall(r"^USER (\d+):\d+", DOCKERFILE.read_text(), re.MULTILINE)[-1]
    assert int(user) > 0
    for name, service in services().items():
        assert int(service.get("user", user if service["image"] == IMAGE else "0").split(":")[0]), (
            name
        )
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["mem_limit"], name
    for pod in pods():
        context = pod["securityContext"]
        assert (context["runAsNonRoot"], context["runAsUser"]) == (True, int(user))
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert container["resources"]["limits"]["memory"]
            mounted = {one["mountPath"] for one in container["volumeMounts"]}
            assert mounted == {in_the_image("LUMBAR_STATE"), "/tmp"}


def test_kubernetes_puts_nothing_in_the_way_of_a_setting():
    # Of a service called lumbar it would make LUMBAR_PORT=tcp://10.0.0.1:5005.
    assert of_kind("Service")[0]["metadata"]["name"] == "lumbar"
    assert all(pod["enableServiceLinks"] is False for pod in pods())


def test_nothing_but_the_proxy_reaches_the_internet():
    many = COMPOSED["many"]
    assert many["networks"]["inside"] == {"internal": True}
    out = {name for name, one in many["services"].items() if one["networks"] != ["inside"]}
    assert out == {"nginx"}
    policies = {one["metadata"]["name"]: one["spec"] for one in of_kind("NetworkPolicy")}
    everything = policies.pop("nothing-else")
    assert everything == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    reached = [
        selector["matchLabels"]
        for policy in policies.values()
        for rule in policy.get("egress", [])
        for peer in rule["to"]
        for selector in [peer["podSelector"]]
    ]
    assert reached == [
        {"lumbar/role": "database"},
        {"lumbar/role": "redis"},
        {"k8s-app": "kube-dns"},
    ]


def test_a_rollout_leaves_no_patient_alone():
    deployment = spec("Deployment")
    assert deployment["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert spec("HorizontalPodAutoscaler")["minReplicas"] >= 2
    (container,) = deployment["template"]["spec"]["containers"]
    asked = {
        name.removesuffix("Probe"): probe["httpGet"]["path"]
        for name, probe in container.items()
        if name.endswith("Probe")
    }
    assert asked == {
        "startup": "/api/health/ready",
        "readiness": "/api/health",
        "liveness": "/api/health/live",
    }


def test_every_assistant_waits_for_the_tables():
    many = COMPOSED["many"]["services"]
    assert many["migrate"]["command"] == ["lumbar", "migrate"]
    for name in ("assistant-1", "assistant-2"):
        waits = many[name]["depends_on"]["migrate"]["condition"]
        assert waits == "service_completed_successfully"


def test_the_ingress_lets_in_what_the_website_needs_and_no_more():
    (rule,) = spec("Ingress")["rules"]
    paths = {one["path"]: one["pathType"] for one in rule["http"]["paths"]}
    described = yaml.safe_load((ROOT / "lumbar" / "channel" / "openapi.yml").read_text())["paths"]
    website = {one for one in described if not one.startswith("/api/health/")}
    assert website | {"/lumbar-chat.js", "/api/openapi.yml", "/demo/"} == set(paths)
    assert [one for one in paths if paths[one] != "Exact"] == ["/demo/"]


def test_the_image_holds_what_a_model_is_made_from():
    lines = DOCKERFILE.with_name("Dockerfile.dockerignore").read_text().splitlines()
    let_in = [line[1:] for line in lines if line.startswith("!")]
    assert all((ROOT / name).exists() for name in let_in)
    assert "*" in lines
    for pattern in INPUTS:
        assert any(f"{pattern}/".startswith(f"{name}/") for name in let_in), pattern


def test_the_proxy_is_more_patient_than_the_assistant_and_less_than_the_widget():
    assert (
        Settings.__fields__["answer_seconds"].default
        < in_nginx(r"proxy_read_timeout (\d+)s")
        < PATIENCE
    )
    assert in_nginx(r"rate=(\d+)r/s") * 60 > Settings.__fields__["address_rate"].default
    assert in_nginx(r"client_max_body_size (\d+)k") * 1024 >= MAX_BODY
    annotations = of_kind("Ingress")[0]["metadata"]["annotations"]
    asked = {name.rpartition("/")[2]: value for name, value in annotations.items()}
    for directive in ("proxy-read-timeout", "proxy-connect-timeout", "proxy-next-upstream"):
        (here,) = re.findall(rf"{directive.replace('-', '_')} (.*?)s?;", NGINX.read_text())
        assert asked[directive] == here


class Upstream(ThreadingHTTPServer):
    """Stands for a process of Lumbar: answers with its port, and keeps what it was sent."""

    def __init__(self):
        super().__init__((HOST, 0), Answer)
        self.status = 200
        self.seen = []
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def end(self):
        if self.fileno() >= 0:
            self.shutdown()
            self.server_close()


class Answer(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append(self.headers)
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(str(self.server.server_port).encode())

    do_GET = do_POST

    def log_message(self, *_):
        pass


class Proxy:
    """nginx as it is deployed, before two processes."""

    def __init__(self, folder):
        self.upstreams = [Upstream(), Upstream()]
        self.url = f"http://{HOST}:{free_port()}"
        self.log = folder / "access.log"
        self._pid = folder / "pid"
        servers = [f"server {HOST}:{one.server_port} fail_timeout=5s;" for one in self.upstreams]
        listen = f"listen {self.url.removeprefix('http://')}; access_log {self.log} private;"
        # Without the pipe that the workers would keep open.
        subprocess.run(
            [*nginx(folder, listen, "\n".join(servers)), "-g", f"pid {self._pid};"],
            check=True,
            stderr=subprocess.DEVNULL,
        )

    def ask(self, path="/api/messages", token="", **options):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers.update(options.pop("headers", {}))
        return requests.post(self.url + path, headers=headers, timeout=10, **options)

    def end(self):
        process = psutil.Process(int(self._pid.read_text()))
        process.send_signal(signal.SIGQUIT)
        process.wait(10)
        for one in self.upstreams:
            one.end()


def nginx(folder, listen, upstream):
    """Return the command that runs nginx with the two files that belong beside its own."""
    shutil.copy(NGINX, folder)
    (folder / "listen.conf").write_text(listen)
    (folder / "upstream.conf").write_text(upstream)
    # Its workers are another user's when root starts it.
    folder.chmod(0o755)
    return [installed("nginx", "nginx"), "-p", folder, "-c", folder / NGINX.name, "-e", "stderr"]


@pytest.fixture
def proxy(tmp_path):
    started = Proxy(tmp_path)
    yield started
    started.end()


def test_nginx_accepts_the_files_of_several_processes(tmp_path):
    servers = (DEPLOY / "many" / "upstream.conf").read_text()
    # The container's nginx is newer than Debian's, and has a name server.
    servers = re.sub(r"^resolver .*| resolve\b", "", servers, flags=re.MULTILINE)
    servers = re.sub(r"assistant-\d+", HOST, servers)
    listen = (DEPLOY / "many" / "listen.conf").read_text()
    run(*nginx(tmp_path, listen, servers), "-t", "-g", f"pid {tmp_path}/pid;")


def test_nginx_accepts_the_files_of_one_process_with_tls(tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = ("-keyout", key, "-out", certificate, "-subj", "/CN=chat.clinic.example")
    new = ("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    run(installed("openssl", "openssl"), *new, *made)
    listen = (DEPLOY / "nginx" / "tls.conf").read_text()
    listen = re.sub(r"/etc\S+/privkey.pem", str(key), listen)
    listen = re.sub(r"/etc\S+/fullchain.pem", str(certificate), listen)
    listen = listen.replace("/var/log/nginx", str(tmp_path))
    servers = (DEPLOY / "one" / "upstream.conf").read_text()
    run(*nginx(tmp_path, listen, servers), "-t", "-g", f"pid {tmp_path}/pid;")


def test_a_conversation_stays_on_one_process_and_new_ones_spread(proxy):
    for token in "abcd":
        assert len({proxy.ask(token=token).text for _ in range(4)}) == 1
    assert len({proxy.ask("/api/sessions").text for _ in range(20)}) == 2


@pytest.mark.parametrize("ended", [True, False])
def test_nobody_notices_a_process_that_is_not_there(proxy, ended):
    failing, other = proxy.upstreams
    failing.status = 503
    if ended:
        failing.end()
    for number in range(20):
        answer = proxy.ask(token=f"token {number}", json={"id": "1", "text": "hello"})
        assert (answer.status_code, answer.text) == (200, str(other.server_port))


def test_a_message_without_an_answer_keeps_nobody_else_from_one(proxy):
    for one in proxy.upstreams:
        one.status = 502
    for number in range(5):
        assert proxy.ask(token=f"unlucky {number}").status_code == 502
    for one in proxy.upstreams:
        one.status = 200
    assert proxy.ask(token="another").status_code == 200


def test_a_visitor_cannot_choose_an_address(proxy):
    proxy.ask(headers={"X-Forwarded-For": "192.0.2.1"})
    (seen,) = [headers for one in proxy.upstreams for headers in one.seen]
    assert seen.get_all("X-Forwarded-For") == [HOST]
    assert seen["Host"] in proxy.url


@pytest.mark.parametrize(
    "path", ["/metrics", "/api/health/ready", "/api/health/live", "/api//health/../health/ready"]
)
def test_what_is_the_operators_is_not_found_from_outside(proxy, path):
    assert proxy.ask(path).status_code == 404
    assert not any(one.seen for one in proxy.upstreams)


def test_whether_it_answers_everybody_may_ask(proxy):
    assert requests.get(f"{proxy.url}/api/health", timeout=10).status_code == 200


def test_a_long_body_does_not_arrive(proxy):
    assert proxy.ask(data=b"x" * MAX_BODY).status_code == 200
    assert proxy.ask(data=b"x" * 2 * MAX_BODY).status_code == 413


def test_a_flood_from_one_address_is_held_off(proxy):
    assert 429 in {proxy.ask().status_code for _ in range(200)}


def test_the_log_names_no_visitor_and_no_word(tmp_path):
    proxy = Proxy(tmp_path)
    try:
        proxy.ask("/api/messages?pain", token="token", json={"text": "my back hurts"})
    finally:
        proxy.end()
    _, address, method, path, status, *_ = proxy.log.read_text().split()
    assert (address, method, path, status) == ("127.0.0.0", "POST", "/api/messages", "200")
    assert not re.search("pain|token|hurts", proxy.log.read_text())
