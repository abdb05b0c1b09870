"""
Emulated AWS: moto's own application, repaired. server.py HOST PORT WORLD LOG
After each call that may change something the world is written to WORLD; LOG gets a line a call: time, action, status.
"""

import json
import os
import sys
import tempfile
import threading
import time

IMAGES = [
    {
        "ami_id": f"ami-0{architecture}"[:12].replace("_", "0") + suffix,
        "state": "available",
        "public": True,
        "owner_id": "099720109477",
        "image_location": f"099720109477/{name}",
        "sriov": "simple",
        "root_device_type": "ebs",
        "root_device_name": "/dev/sda1",
        "description": f"Canonical, Ubuntu, 24.04, {word} noble image",
        "image_type": "machine",
        "platform": None,
        "architecture": architecture,
        "name": name,
        "virtualization_type": "hvm",
        "hypervisor": "xen",
        "creation_date": "2026-11-01T00:00:00.000Z",
    }
    for architecture, word, suffix in [("x86_64", "amd64", "1a2b3"), ("arm64", "arm64", "4c5d6")]
    for name in [f"ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-{word}-server-20261101"]
]

READ_ONLY = ("Describe", "Get", "List")


def action_of(environ, body: bytes) -> str:
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        return target.split(".")[-1]
    for part in body.decode("utf-8", "replace").split("&"):
        if part.startswith("Action="):
            return part.removeprefix("Action=")
    return ""


class Recorder:
    """Serves one call at a time, and writes the world after it: moto's stores are no place for two threads."""

    def __init__(self, application, world_file: str, log_file: str):
        self.application = application
        self.world_file = world_file
        self.log = open(log_file, "a", buffering=1)
        self.lock = threading.Lock()

    def __call__(self, environ, start_response):
        import io
        import world

        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        action = action_of(environ, body)
        statuses = []

        def record(status, headers, exc_info=None):
            statuses.append(status)
            return start_response(status, headers, exc_info)

        with self.lock:
            answer = list(self.application(environ, record))
            if not action.startswith(READ_ONLY):
                world.write(self.world_file)
        self.log.write(json.dumps({"at": time.time(), "action": action, "status": statuses[0][:3]}) + "\n")
        if statuses[0][0] != "2":
            self.log.write(json.dumps({"error": b"".join(answer).decode("utf-8", "replace")[:500]}) + "\n")
        return answer


def main() -> None:
    host, port, world_file, log_file = sys.argv[1:]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as images:
        json.dump(IMAGES, images)
        images.flush()
        # moto reads both while it is imported.
        os.environ["MOTO_AMIS_PATH"] = images.name
        os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "true"
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
        from moto.ec2.models import ec2_backends

        import quirks
        import rules

        quirks.repair_all()
        rules.add_all()
        ec2_backends["123456789012"]["us-west-2"]
    from werkzeug.serving import run_simple

    application = Recorder(DomainDispatcherApplication(create_backend_app), world_file, log_file)
    run_simple(host, int(port), application, threaded=True, request_handler=MotoRequestHandler)


main()
