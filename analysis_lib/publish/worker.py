"""Runs one notebook with Papermill in a process of its own: `python -m analysis_lib.publish.worker job.json`.

A process for each notebook, because Papermill changes the working directory and signal handlers of its
process, and because a process can be stopped. At its end it writes one JSON object to its standard output:
`{"event": "done"}` or `{"event": "failed", …}`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any, NoReturn

from analysis_lib.imports import left_out

_KERNEL = "shopbook"


def main(job_file: str) -> int:
    """Run the notebook that the job file describes; 0 when every cell ran."""
    # Whatever the kernel prints below Python must not mix with our word, so standard output becomes
    # standard error for everybody else.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as events:
        os.dup2(2, 1)
        signal.signal(signal.SIGTERM, _stop)  # an exception, so that the kernel is shut down on the way out
        job = json.loads(Path(job_file).read_text(encoding="utf-8"))
        with tempfile.TemporaryDirectory(prefix="shopbook-kernel-") as folder:
            _use_own_kernel(Path(folder))
            failure = _run(job)
        json.dump(failure or {"event": "done"}, events)
    return 1 if failure else 0


def _stop(signum: int, _frame: object) -> NoReturn:
    sys.exit(128 + signum)


def _use_own_kernel(folder: Path) -> None:
    """Make a kernel of this very interpreter known, and keep the user's IPython start-up files out.

    The name python3 may belong to another interpreter on this machine; a kernel of our own needs no
    installation.
    """
    kernel = folder / "kernels" / _KERNEL
    kernel.mkdir(parents=True)
    spec = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Shopbook",
        "language": "python",
    }
    (kernel / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    known = os.environ.get("JUPYTER_PATH")
    os.environ["JUPYTER_PATH"] = f"{folder}{os.pathsep}{known}" if known else str(folder)
    os.environ["IPYTHONDIR"] = str(folder / "ipython")


def _run(job: dict[str, Any]) -> dict[str, Any] | None:
    """Execute the notebook; the failure as an event, or None."""
    # A grammar that only checks of international addresses need takes longer to read than all the rest.
    with left_out("rfc3987_syntax"):
        import papermill
        from nbclient.exceptions import CellTimeoutError, DeadKernelError
        from papermill.exceptions import PapermillExecutionError

    at = {"index": 0, "injected": 0}

    def on_cell_start(cell: Any, cell_index: int) -> None:
        # Papermill puts a cell of its own behind the parameters; positions are told without it
        at["index"] = cell_index - at["injected"]
        at["injected"] += "injected-parameters" in cell.metadata.get("tags", [])

    try:
        papermill.execute_notebook(
            job["notebook"],
            job["output"],
            parameters=job["parameters"],
            kernel_name=_KERNEL,
            language="python",
            cwd=job["folder"],
            progress_bar=False,
            request_save_on_cell_execute=False,
            execution_timeout=job["cell_timeout"],
            start_timeout=120,
            on_cell_start=on_cell_start,
        )
    except PapermillExecutionError as error:
        count, name, text = error.exec_count, error.ename, error.evalue
        return {"event": "failed", "kind": "raised", "count": count, "name": name, "text": text}
    except CellTimeoutError:
        return {"event": "failed", "kind": "timeout", "index": at["index"]}
    except DeadKernelError:
        return {"event": "failed", "kind": "died", "index": at["index"]}
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
