"""What ``docker-compose.yml`` says, without a Docker engine: each service in namespaces of its own, by the kernel.

A service sees what Compose would show it and nothing else: the programs of its image (here those of this machine), its
volumes, its files and secrets, a root that it cannot write to where Compose says so. It runs as its user, without any
capability, under the very command and variables of the file, and is asked for its health by the very command of the
file. All services share one network that nothing outside can reach; their names lead to its loopback.

It is no container engine: images are not built, ports are not published, memory is not limited.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import re
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import psutil
import yaml

from attendance.settings import PROJECT

T = TypeVar("T")

NEW_NETWORK = 0x40000000
OURS = "attendance:"
PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
USERS = {OURS: "attendance", "postgres:": "postgres", "nginxinc/": "nginx"}
# What `init: true` puts before a service: it passes on what it is told, and ends when the service does.
INIT = """
"$@" & service=$!
trap 'kill -TERM $service' TERM INT
while kill -0 $service 2> /dev/null; do wait $service && code=0 || code=$?; done
exit $code
"""
DOCKERFILE = PROJECT / "deploy" / "Dockerfile"
# Of this machine what stands for an image's programs and libraries.
PROGRAMS = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
ETC = ("alternatives", "host.conf", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "nsswitch.conf", "ssl")
VARIABLE = re.compile(r"\$(?:\$|\{(?P<name>\w+)(?::?-(?P<default>[^}]*))?\})")


def interpolated(text: str, variables: Mapping[str, str]) -> str:
    """Compose's variables, with their defaults; two dollars are one."""

    def value(found: re.Match[str]) -> str:
        if found["name"] is None:
            return "$"
        return variables.get(found["name"]) or found["default"] or ""

    return VARIABLE.sub(value, text)


def read_compose(variables: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The file as Compose understands it: anchors and variables resolved."""

    def resolve(value: Any) -> Any:
        if isinstance(value, str):
            return interpolated(value, variables or {})
        if isinstance(value, Mapping):
            return {name: resolve(each) for name, each in value.items()}
        return [resolve(each) for each in value] if isinstance(value, list) else value

    read: dict[str, Any] = resolve(yaml.safe_load((PROJECT / "docker-compose.yml").read_text(encoding="utf-8")))
    return read


def image_environment() -> dict[str, str]:
    """The variables that our image sets."""
    return dict(re.findall(r"^ENV (\w+)=(.*)$", DOCKERFILE.read_text(encoding="utf-8"), re.MULTILINE))


def folders_of_the_image() -> dict[str, int]:
    """The folders that our image has for volumes, and their modes: what an empty volume begins as."""
    made = re.findall(
        r"install -d -o attendance -g attendance -m (\d+) ([^\n\\]+)", DOCKERFILE.read_text(encoding="utf-8")
    )
    return {path: int(mode, 8) for mode, paths in made for path in paths.split()}


def in_the_image() -> list[str]:
    """What of the project the image is made of: whatever is not named in ``.dockerignore`` is not in it."""
    lines = (PROJECT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    return [line.removeprefix("!") for line in lines if line.startswith("!")]


@cache
def why_not() -> str | None:
    """Why services cannot be set apart on this machine; None where they can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "services are set apart by namespaces of the kernel, which takes root on Linux"
    tried = subprocess.run(
        ["unshare", "--mount", "--net", "--pid", "--fork", "mount", "-t", "tmpfs", "none", "/mnt"],
        capture_output=True,
        text=True,
        check=False,
    )
    if tried.returncode:
        return f"the kernel gives no namespaces here: {tried.stderr.strip()}"
    return None if shutil.which("nginx", path=PATH) else "nginx is not installed (Debian's package nginx-light)"


@dataclass
class Running:
    """A service that was started: the process that holds its namespaces, and where it writes."""

    process: subprocess.Popen[bytes]
    log: Path

    def inside(self) -> int:
        """The number, outside, of the service's own first process."""
        (child,) = psutil.Process(self.process.pid).children()
        return int(child.pid)

    def kill(self) -> None:
        """End it and everything that it has started: with its first process, its namespace ends."""
        with suppress(psutil.Error, ValueError):
            os.kill(self.inside(), signal.SIGKILL)
        self.process.kill()
        self.process.wait()


@dataclass
class Stack:
    """The services of the file, below a folder of a test's own.

    elsewhere: what takes the place of a path of the file that begins so, such as ``./secrets``
    programs:  by the beginning of an image's name, folders that the image has; programs lie in the first one's ``bin``
    """

    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    elsewhere: Mapping[str, Path] = field(default_factory=dict)
    programs: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    entrypoints: Mapping[str, str] = field(default_factory=dict)
    running: dict[str, Running] = field(default_factory=dict)
    network: int = 0

    def __post_init__(self) -> None:
        self.compose = read_compose(self.variables)

    # ---- what a service is ----

    def service(self, name: str) -> dict[str, Any]:
        """Its part of the file."""
        found: dict[str, Any] = self.compose["services"][name]
        return found

    def is_ours(self, name: str) -> bool:
        """Whether it runs our own image."""
        return bool(self.service(name)["image"].startswith(OURS))

    def host_path(self, source: str) -> Path:
        """Where a path of the file lies on this machine."""
        for beginning, there in self.elsewhere.items():
            if source == beginning or source.startswith(f"{beginning}/"):
                return there / source.removeprefix(beginning).lstrip("/")
        return (PROJECT / source).resolve()

    def volume(self, name: str) -> Path:
        """The folder of a named volume."""
        assert name in self.compose["volumes"], f"{name} is no volume of the file"
        return self.folder / "volumes" / name

    def mounts(self, name: str) -> Iterator[tuple[Path, str, bool]]:
        """What a service sees: where it lies here, where it sees it, and whether it can write there."""
        spec = self.service(name)
        uid, gid = map(int, spec["user"].split(":"))
        for told in spec.get("volumes", ()):
            source, target, *how = told.split(":")
            if source.startswith((".", "/")):
                yield self.host_path(source), target, "ro" not in how
                continue
            volume = self.volume(source)
            if not volume.exists():
                volume.mkdir(parents=True)
                # as an engine does: an empty volume begins as the folder of the image that it covers
                if self.is_ours(name):
                    volume.chmod(folders_of_the_image()[target])
                    os.chown(volume, 185, 185)
                else:
                    os.chown(volume, uid, gid)
            yield volume, target, "ro" not in how
        for told in spec.get("secrets", ()):
            secret = told if isinstance(told, str) else told["source"]
            target = secret if isinstance(told, str) else told["target"]
            yield self.host_path(self.compose["secrets"][secret]["file"]), f"/run/secrets/{target}", False
        if self.is_ours(name):
            for path in in_the_image():
                yield PROJECT / path, f"/opt/attendance/{path}", False
        for beginning, folders in self.programs.items():
            if spec["image"].startswith(beginning):
                yield from ((folder, str(folder), False) for folder in folders)

    def environment(self, name: str) -> dict[str, str]:
        """Its variables: the image's, then the file's."""
        spec = self.service(name)
        of_image = {"PATH": PATH, "HOME": "/tmp", "HOSTNAME": name}
        if self.is_ours(name):
            of_image |= image_environment() | {"PATH": f"{Path(sys.prefix).resolve() / 'bin'}:{PATH}"}
        for beginning, folders in self.programs.items():
            if spec["image"].startswith(beginning):
                of_image["PATH"] = f"{folders[0] / 'bin'}:{PATH}"
        return of_image | {key: str(value) for key, value in spec.get("environment", {}).items()}

    def command(self, name: str) -> list[str]:
        """What its first process is: the file's entrypoint or the image's, then the command."""
        spec = self.service(name)
        entry = spec.get("entrypoint", [])
        for beginning, script in self.entrypoints.items():
            if spec["image"].startswith(beginning):
                entry = ["bash", "-euc", script, "entrypoint"]
        return [*entry, *spec.get("command", [])]

    # ---- how it is set apart ----

    def _script(self, name: str, command: Sequence[str]) -> str:
        """The shell's commands that make the service's world and become the service."""
        spec = self.service(name)
        uid, gid = spec["user"].split(":")
        root = self.folder / "root"
        root.mkdir(exist_ok=True)
        lines = [f"root={root}", "mount --make-rprivate /", "mount -t tmpfs -o mode=0755 root $root", "cd $root"]
        lines.append("mkdir -p proc dev tmp run/secrets var/run etc opt srv && chmod 1777 tmp")
        for path in map(Path, PROGRAMS):
            if path.is_symlink():
                lines.append(f"ln -s {path.readlink()} .{path}")
            elif path.is_dir():
                lines.append(_bound(path, str(path), writable=False))
        if self.is_ours(name):
            python = {Path(sys.prefix).resolve(), Path(sys.base_prefix).resolve()}
            lines += [_bound(path, str(path), writable=False) for path in python if not path.is_relative_to("/usr")]
        there = [f"/etc/{name}" for name in ETC if Path(f"/etc/{name}").exists()]
        lines.append(f"cp -a {' '.join(there)} etc/")
        known = shlex.quote(" ".join(["127.0.0.1", "localhost", *self.compose["services"]]))
        lines.append(f"echo {known} > etc/hosts")
        # who is called by a name in an image
        user = next((user for image, user in USERS.items() if spec["image"].startswith(image)), "service")
        lines.append(f"printf 'root:x:0:0::/:/bin/sh\\n{user}:x:{uid}:{gid}::/tmp:/bin/sh\\n' > etc/passwd")
        lines.append(f"printf 'root:x:0:\\n{user}:x:{gid}:\\n' > etc/group")
        lines += ["mount -t proc proc proc", "mount --rbind /dev dev", "mount -t tmpfs -o mode=1777 shm dev/shm"]
        for source, target, writable in self.mounts(name):
            lines.append(_bound(source, target, writable=writable))
        for told in spec.get("tmpfs", ()):
            target, _, options = told.partition(":")
            lines.append(f"mkdir -p .{target} && mount -t tmpfs -o {options or 'mode=1777'} tmpfs .{target}")
        if spec.get("read_only"):
            lines.append("mount -o remount,ro $root")
        if spec.get("init"):
            command = ["sh", "-c", INIT, "init", *command]
        lines.append(f"exec chroot $root {self._becoming(name)} {shlex.join(command)}")
        return "\n".join(["set -eu", *lines])

    def _becoming(self, name: str) -> str:
        """What gives up root for good and takes the service's variables and folder."""
        spec = self.service(name)
        uid, gid = spec["user"].split(":")
        groups = f"--groups {','.join(spec['group_add'])}" if "group_add" in spec else "--clear-groups"
        privileges = ""
        if "no-new-privileges:true" in spec.get("security_opt", ()):
            privileges += " --no-new-privs"
        if spec.get("cap_drop") == ["ALL"]:
            privileges += " --inh-caps=-all --bounding-set=-all"
        variables = " ".join(shlex.quote(f"{key}={value}") for key, value in self.environment(name).items())
        folder = "/opt/attendance" if self.is_ours(name) else "/"
        # to end with one's parent is forgotten with who one was: it is asked for again
        become = f"setpriv --pdeathsig KILL --reuid {uid} --regid {gid} {groups}{privileges}"
        return f"env -C {folder} {become} env -i {variables}"

    def _apart(self, name: str, command: Sequence[str]) -> list[str]:
        return [
            # whoever ends with the tests ends with whoever runs them, however that ends
            *("setpriv", "--pdeathsig", "KILL", "nsenter", f"--net=/proc/{self.network}/ns/net", "--"),
            *("unshare", "--mount", "--pid", "--ipc", "--fork", "--kill-child", "--"),
            *("sh", "-c", self._script(name, command)),
        ]

    # ---- what can be done with it ----

    def start(self, name: str) -> Running:
        """Start the service, as ``docker compose up`` does."""
        log = self.folder / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                self._apart(name, self.command(name)),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.running[name] = Running(process, log)
        return self.running[name]

    def run(self, name: str, command: Sequence[str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run the service's command, or another, to its end, as ``docker compose run --rm`` does."""
        return subprocess.run(
            self._apart(name, command or self.command(name)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=120,
        )

    def execute(self, name: str, command: Sequence[str], given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run a command inside a service that runs, as ``docker compose exec -T`` does, with that as its input."""
        inside = self.running[name].inside()
        # whatever has the service's namespaces has its root too, which only its own processes know
        entered = f"nsenter --target {inside} --mount --pid --ipc --net --root --wd -- {self._becoming(name)}"
        return subprocess.run(
            ["sh", "-c", f"exec {entered} {shlex.join(command)}"],
            input=given,
            capture_output=True,
            check=False,
            timeout=60,
        )

    def is_healthy(self, name: str) -> bool:
        """What the service's own health check says."""
        kind, *command = self.service(name)["healthcheck"]["test"]
        assert kind == "CMD"
        running = self.running[name]
        ended = running.process.poll()
        assert ended is None, f"{name} ended ({ended}):\n{running.log.read_text(errors='replace')[-4000:]}"
        try:
            return self.execute(name, command).returncode == 0
        except (psutil.Error, ValueError):
            # it is being set apart just now
            return False

    def wait_healthy(self, *names: str, seconds: float = 180.0) -> None:
        """Wait until all of them say that they are well."""
        until = time.monotonic() + seconds
        # one after the other: to ask costs time that they need to start
        for name in names:
            while not self.is_healthy(name):
                told = self.running[name].log.read_text(errors="replace")[-3000:]
                assert time.monotonic() < until, f"{name} is not healthy after {seconds} s:\n{told}"
                time.sleep(0.4)

    def stop(self, name: str, seconds: float = 15.0) -> int:
        """Stop the service as the file says it is to be stopped; its exit code, or -9 where it had to be killed."""
        running = self.running.pop(name)
        number = getattr(signal, self.service(name).get("stop_signal", "SIGTERM"))
        if running.process.poll() is None:
            try:
                os.kill(running.inside(), number)
                running.process.wait(seconds)
            except (psutil.Error, ValueError, ProcessLookupError, subprocess.TimeoutExpired):
                running.kill()
                return -9
        return running.process.wait()

    def within(self, ask: Callable[[], T]) -> T:
        """What ``ask`` returns, asked from within the services' network."""
        answer: list[T] = []
        faults: list[BaseException] = []

        def go() -> None:
            try:
                with Path(f"/proc/{self.network}/ns/net").open("rb") as entry:
                    # of this thread alone
                    entered = ctypes.CDLL(None, use_errno=True).setns(entry.fileno(), NEW_NETWORK)
                assert entered == 0, os.strerror(ctypes.get_errno())
                answer.append(ask())
            except BaseException as fault:
                faults.append(fault)

        thread = threading.Thread(target=go)
        thread.start()
        thread.join()
        if faults:
            raise faults[0]
        return answer[0]


def _bound(source: Path, target: str, *, writable: bool) -> str:
    """The commands that show a file or folder of this machine in the service's world."""
    there = f".{target}"
    made = f"mkdir -p {there}" if source.is_dir() else f"mkdir -p {Path(there).parent} && touch {there}"
    read_only = "" if writable else f" && mount -o remount,bind,ro {there}"
    return f"{made} && mount --bind {shlex.quote(str(source))} {there}{read_only}"


def _hold_network() -> None:
    """Bring the loopback of this process's network up, say so, and keep the network until standard input ends."""
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", 0x1 | 0x40))
    print("up", flush=True)
    sys.stdin.read()


@contextmanager
def stack(folder: Path, **how: Any) -> Iterator[Stack]:
    """A stack with a network of its own; whatever was started is gone at the end."""
    holder = subprocess.Popen(
        ["unshare", "--net", "--", sys.executable, "-c", "from tests.stack.containers import _hold_network as h; h()"],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout
    assert holder.stdin
    assert holder.stdout.readline() == "up\n"
    made = Stack(folder, network=holder.pid, **how)
    try:
        yield made
    finally:
        for running in made.running.values():
            running.kill()
        holder.stdin.close()
        holder.wait()
