"""``python -m tests.launch.small_house``: the real supervisor and database with a web of ten lines.

What is tested is how things start, are watched and end; that needs no Django.
"""

from __future__ import annotations

import sys

from versants.launch import up
from versants.launch.children import Child
from versants.launch.errors import LaunchError
from versants.launch.paths import Paths
from versants.launch.progress import Progress

WEB = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"{}")
    def log_message(self, *args): pass
http.server.HTTPServer((sys.argv[1], int(sys.argv[2])), Handler).serve_forever()
"""
DEAD = "import sys; sys.exit('no such settings')"


class SmallHouse(up.Supervisor):
    def _make_keys(self) -> str:
        self.paths.make_secret()
        return ""

    def _prepare(self) -> None:
        assert self.cluster is not None
        with self.cluster.connect("versants_owner") as connection:
            connection.execute("create table if not exists starts (at timestamptz default now())")
            connection.execute("insert into starts default values")

    def _programs(self) -> list[Child]:
        env, logs = self._environment(), self.paths.data / "log"
        source = DEAD if "dead" in sys.argv else WEB
        web = [sys.executable, "-c", source, self.paths.host, str(self.paths.port)]
        stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
        worker = [
            sys.executable,
            "-c",
            stubborn if "stubborn" in sys.argv else "import time; time.sleep(600)",
        ]
        return [
            Child("web", web, logs / "web.log", env),
            Child("worker", worker, logs / "worker.log", env),
        ]

    def _run_child(self, child: Child) -> None:
        super()._run_child(child)
        with (self.paths.data / "pids").open("a" if child.name == "worker" else "w") as file:
            file.write(f"{child.process.pid if child.process else 0} ")


if __name__ == "__main__":
    try:
        sys.exit(SmallHouse(Paths.from_environment(), Progress(as_json=True)).run())
    except LaunchError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
