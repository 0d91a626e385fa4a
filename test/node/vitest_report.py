"""A plugin of pytest's that writes a report as vitest's, which tools/test.sh adds up with it: `-p vitest_report --vitest-report=FILE`.

`--vitest-title=TEXT` comes before the name of each test, to tell one run from another.
"""

import json
import os
from typing import Any, Dict, List, Optional

STATES = {"passed": "passed", "failed": "failed", "skipped": "pending"}


def pytest_addoption(parser: Any) -> None:
    """The report's place, and what its names begin with."""
    parser.addoption("--vitest-report", default=None)
    parser.addoption("--vitest-title", default="")


def pytest_configure(config: Any) -> None:
    """Where one is asked for."""
    path = config.getoption("--vitest-report")
    if path is not None:
        config.pluginmanager.register(
            Report(path, str(getattr(config, "rootpath", None) or config.rootdir), config.getoption("--vitest-title"))
        )


class Report:
    """Takes the outcomes of tests, and writes them at the end."""

    def __init__(self, path: str, root: str, title: str) -> None:
        self._path = path
        self._root = root
        self._title = title
        self._files: Dict[str, Dict[str, Any]] = {}

    def pytest_collectreport(self, report: Any) -> None:
        """A file that cannot be loaded."""
        if report.failed:
            self._file(report.nodeid.split("::")[0]).update(status="failed", message=_last_line(report.longreprtext))

    def pytest_runtest_logreport(self, report: Any) -> None:
        """A test has three parts: one that fails or is skipped counts, and else the call."""
        if report.when != "call" and report.passed:
            return
        name, _, title = report.nodeid.partition("::")
        title = self._title + title
        file = self._file(name)
        results: List[Dict[str, Any]] = file["assertionResults"]
        known: Optional[Dict[str, Any]] = next((one for one in results if one["fullName"] == title), None)
        if known is None:
            known = {"fullName": title}
            results.append(known)
        known.update(status=STATES[report.outcome], failureMessages=[_last_line(report.longreprtext)] if report.failed else [])
        if report.failed:
            file["status"] = "failed"

    def pytest_sessionfinish(self) -> None:
        """Writes it."""
        with open(self._path, "w") as file:
            json.dump({"testResults": list(self._files.values())}, file)

    def _file(self, name: str) -> Dict[str, Any]:
        path = os.path.join(self._root, name)
        return self._files.setdefault(name, {"name": path, "status": "passed", "message": "", "assertionResults": []})


def _last_line(text: str) -> str:
    """The error itself: pytest's last line that begins with E, else its last line."""
    lines = [line for line in text.splitlines() if line.strip()]
    errors = [line[1:].strip() for line in lines if line.startswith("E ")]
    return (errors or lines or ["?"])[0 if errors else -1]
