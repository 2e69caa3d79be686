"""What can be typed as a target in a cluster, and what a cluster's answers come to."""

import pytest

from pachlite.errors import InvalidOption
from pachlite.forward.kubernetes.pods import Choice, Pod, read_deployment, read_service, usable
from pachlite.forward.kubernetes.target import ClusterTarget, Kind, Place, is_in_cluster
from pachlite.forward.kubernetes.upgrade import UpgradeRefused, check_answer
from pachlite.forward.tunnel.websocket import accept_key

HERE = Place("data")


@pytest.mark.parametrize(
    ("typed", "target"),
    [
        ("svc/gw", ClusterTarget(Kind.SERVICE, "gw", 30600, HERE)),
        ("service/gw:80", ClusterTarget(Kind.SERVICE, "gw", 80, HERE)),
        ("deployments/gw:s3-gateway", ClusterTarget(Kind.DEPLOYMENT, "gw", "s3-gateway", HERE)),
        ("po/gw-0.a", ClusterTarget(Kind.POD, "gw-0.a", 30600, HERE)),
    ],
)
def test_a_target_in_a_cluster_is_understood(typed, target):
    assert is_in_cluster(typed)
    assert ClusterTarget.parse(typed, HERE) == target
    assert ClusterTarget.parse(str(target), HERE) == target


@pytest.mark.parametrize(
    "typed", ["svc/", "svc/a/b", "svc/A", "svc/a:", "svc/a:0", "svc/a:70000", "svc/a:b_c", "svc/-"]
)
def test_what_is_no_target_in_a_cluster_is_refused(typed):
    assert is_in_cluster(typed)
    with pytest.raises(InvalidOption, match=r"svc/NAME, pod/NAME or deploy/NAME|target"):
        ClusterTarget.parse(typed, HERE)


@pytest.mark.parametrize("typed", ["svc", "gw:80", "https://gw/", "statefulset/a"])
def test_other_targets_are_not_in_a_cluster(typed):
    assert not is_in_cluster(typed)


def test_a_route_to_another_port_changes_the_port_alone():
    target = ClusterTarget.parse("svc/gw:http", HERE)

    assert target.at_port(9000) == ClusterTarget(Kind.SERVICE, "gw", 9000, HERE)
    assert target.at_port(None) is target


@pytest.mark.parametrize(
    ("typed", "found"), [(80, "http"), ("web", "http"), (81, 81), ("plain", 81), (82, 8082)]
)
def test_a_port_of_a_service_leads_to_its_target_port(typed, found):
    ports = [
        {"port": 80, "name": "web", "targetPort": "http"},
        {"port": 81, "name": "plain"},
        {"port": 82, "targetPort": 8082},
    ]
    service = {"spec": {"selector": {"app": "gw", "tier": "edge"}, "ports": ports}}

    assert read_service(service, typed) == Choice("app=gw,tier=edge", found)


def test_every_form_of_a_selector_is_passed_on():
    expressions = [
        {"key": "tier", "operator": "In", "values": ["a", "b"]},
        {"key": "old", "operator": "DoesNotExist"},
        {"key": "zone", "operator": "Exists"},
        {"key": "kind", "operator": "NotIn", "values": ["test"]},
    ]
    selector = {"matchLabels": {"app": "gw"}, "matchExpressions": expressions}

    choice = read_deployment({"spec": {"selector": selector}}, 80)

    assert choice.selector == "app=gw,tier in (a,b),!old,zone,kind notin (test)"


def test_of_pods_those_are_used_that_have_the_port():
    old, new = Pod("old", is_ready=True), Pod("new", is_ready=True, ports={"s3": 1600})

    assert usable([old, new], "s3") == [new]
    assert usable([old, new], 80) == [old, new]


def test_a_pod_without_a_word_about_itself_is_not_ready():
    assert Pod.read({"metadata": {"name": "a"}}) == Pod("a", state="Unknown")


@pytest.mark.parametrize(
    ("head", "told"),
    [
        (b"SSH-2.0", "no API server"),
        (b"HTTP/1.1 abc", "no API server"),
        (b"HTTP/1.1 200 OK", "pod a: 200 OK"),
        (b"HTTP/1.1 101 Switching Protocols", "does not forward ports over WebSockets"),
        (
            b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: "
            + accept_key("key").encode(),
            "does not forward ports over WebSockets",
        ),
        (b"HTTP/1.1 404 Not Found", r"pod a is gone \(404\)"),
    ],
)
def test_an_answer_that_is_no_way_to_the_pod_is_refused(head, told):
    with pytest.raises(UpgradeRefused, match=told):
        check_answer(head, b"half of an ans", "key", "a")
