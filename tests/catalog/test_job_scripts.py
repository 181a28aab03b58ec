"""The shell scripts of job components keep their promises, run here with stand-ins for aws, ssh and mpirun."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

CATALOG = Path(__file__).parents[2] / "compiler" / "catalog"
WAIT_S = 10


@pytest.fixture
def stage(tmp_path: Path) -> Path:
    """A folder that stands for the pod: /run and /etc of its containers, and a `bin` with stand-ins first in PATH."""
    for folder in ("run/stackc", "run/s3/a", "run/s3/b", "etc/volcano", "bin"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("a", "b"):
        (tmp_path / "run/s3" / name / "AWS_ACCESS_KEY_ID").write_text(f"id-{name}")
        (tmp_path / "run/s3" / name / "AWS_SECRET_ACCESS_KEY").write_text(f"key-{name}")
    stand_in(tmp_path, "aws", 'echo "$AWS_ACCESS_KEY_ID $AWS_SECRET_ACCESS_KEY $*" >> "$STAGE/aws.log"')
    return tmp_path


def stand_in(stage: Path, name: str, body: str) -> None:
    """Put an executable script into the stage's `bin`."""
    path = stage / "bin" / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def start(
    stage: Path, component: str, script: str, *words: str, env: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    """Start a script as a container does: `sh -c TEXT NAME WORDS`, in a process group of its own."""
    text = (CATALOG / component / "files" / f"{script}.sh").read_text()
    for folder in ("/run/", "/etc/", "/usr/sbin/"):
        text = text.replace(folder, f"{stage}{folder}")
    path = {"PATH": f"{stage}/bin:{os.environ['PATH']}", "STAGE": str(stage)}
    command = ["/bin/sh", "-c", text, script, *words]
    return subprocess.Popen(  # noqa: S603
        command,
        env={**path, **(env or {})},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def uploads(stage: Path) -> list[str]:
    """Return the calls of `aws` so far."""
    log = stage / "aws.log"
    return log.read_text().splitlines() if log.exists() else []


ARGUMENTS = ("a", "s3://bucket/a", "/out", "", "")


def test_upload_waits_for_the_command_and_copies_when_it_went_well(stage: Path) -> None:
    """Nothing is copied before the command ends; then everything is."""
    upload = start(stage, "job-data", "upload", *ARGUMENTS)
    run = start(stage, "job-data", "run", "sh", "-c", f"sleep 0.5; test ! -e {stage}/aws.log")
    assert run.wait(WAIT_S) == 0
    assert upload.wait(WAIT_S) == 0
    assert uploads(stage) == ["id-a key-a s3 sync --only-show-errors /out s3://bucket/a"]


@pytest.mark.parametrize("code", [1, 3, 137])
def test_upload_fails_like_the_command_and_copies_nothing(stage: Path, code: int) -> None:
    """A failed training keeps its exit code, and its results stay where they are."""
    upload = start(stage, "job-data", "upload", *ARGUMENTS)
    run = start(stage, "job-data", "run", "sh", "-c", f"exit {code}")
    assert run.wait(WAIT_S) == code
    assert upload.wait(WAIT_S) == code
    assert uploads(stage) == []


def test_upload_fails_when_the_training_container_is_killed(stage: Path) -> None:
    """A container killed for its memory says nothing: the upload ends all the same, as a failure."""
    upload = start(stage, "job-data", "upload", *ARGUMENTS)
    run = start(stage, "job-data", "run", "sleep", "60")
    time.sleep(1.5)
    assert upload.poll() is None
    os.killpg(run.pid, signal.SIGKILL)
    run.wait(WAIT_S)
    assert upload.wait(WAIT_S) == 1
    assert uploads(stage) == []


def test_run_starts_only_when_the_upload_is_there(stage: Path) -> None:
    """The command can't end before somebody listens."""
    run = start(stage, "job-data", "run", "touch", f"{stage}/ran")
    time.sleep(0.5)
    assert not (stage / "ran").exists()
    upload = start(stage, "job-data", "upload", *ARGUMENTS)
    assert run.wait(WAIT_S) == 0
    assert upload.wait(WAIT_S) == 0
    assert (stage / "ran").exists()


def test_both_start_again_after_a_failure(stage: Path) -> None:
    """With restartPolicy OnFailure both containers start again over the same pipe."""
    for code in (3, 0):
        upload = start(stage, "job-data", "upload", *ARGUMENTS)
        run = start(stage, "job-data", "run", "sh", "-c", f"exit {code}")
        assert (run.wait(WAIT_S), upload.wait(WAIT_S)) == (code, code)
    assert len(uploads(stage)) == 1


def test_upload_that_failed_copies_again_without_the_command(stage: Path) -> None:
    """When only the copying failed, the finished training is not waited for a second time."""
    stand_in(stage, "aws", "exit 1")
    upload = start(stage, "job-data", "upload", *ARGUMENTS)
    run = start(stage, "job-data", "run", "true")
    assert (run.wait(WAIT_S), upload.wait(WAIT_S)) == (0, 1)
    stand_in(stage, "aws", 'echo "$*" >> "$STAGE/aws.log"')
    assert start(stage, "job-data", "upload", *ARGUMENTS).wait(WAIT_S) == 0
    assert len(uploads(stage)) == 1


def test_run_hands_on_the_signal_that_ends_the_pod(stage: Path) -> None:
    """SIGTERM reaches the command, which may write its checkpoint."""
    upload = start(stage, "job-data", "upload", *ARGUMENTS)
    script = f"trap 'touch {stage}/saved; exit 0' TERM; touch {stage}/up; while :; do sleep 0.1; done"
    run = start(stage, "job-data", "run", "sh", "-c", script)
    deadline = time.monotonic() + WAIT_S
    while not (stage / "up").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(run.pid, signal.SIGTERM)
    assert run.wait(WAIT_S) == 0
    assert upload.wait(WAIT_S) == 0
    assert (stage / "saved").exists()


def test_run_hands_words_on_as_they_are(stage: Path) -> None:
    """Blanks, quotes and dollars in the user's command are not read by a shell."""
    upload = start(stage, "job-data", "upload", *ARGUMENTS)
    run = start(stage, "job-data", "run", "printf", "%s|", "a b", "$HOME", "it's", "*")
    assert run.communicate(timeout=WAIT_S)[0] == "a b|$HOME|it's|*|"
    assert upload.wait(WAIT_S) == 0


def test_download_brings_every_place_with_its_own_keys(stage: Path) -> None:
    """Endpoint and region are given where they are said, and only there."""
    words = ("a", "s3://one", f"{stage}/x", "", "", "b", "s3://two/p", f"{stage}/y", "https://minio", "eu-1")
    assert start(stage, "job-data", "download", *words).wait(WAIT_S) == 0
    assert uploads(stage) == [
        f"id-a key-a s3 sync --only-show-errors s3://one {stage}/x",
        f"id-b key-b --endpoint-url https://minio --region eu-1 s3 sync --only-show-errors s3://two/p {stage}/y",
    ]


def test_download_stops_at_the_first_place_that_fails(stage: Path) -> None:
    """A pod never starts on half of its data."""
    stand_in(stage, "aws", "exit 7")
    assert start(stage, "job-data", "download", "a", "s3://one", f"{stage}/x", "", "").wait(WAIT_S) == 7


def test_launch_starts_one_process_a_slot_when_all_workers_answer(stage: Path) -> None:
    """Workers that do not answer yet are waited for; the words of the command are handed on as they are."""
    (stage / "etc/volcano/worker.host").write_text("job-worker-0.job\njob-worker-1.job")
    stand_in(stage, "ssh", 'n=$(cat "$STAGE/n" 2>/dev/null || echo 0); echo $((n + 1)) > "$STAGE/n"; [ "$n" -ge 1 ]')
    stand_in(stage, "sleep", ":")
    stand_in(stage, "mpirun", 'printf "%s|" "$@"')
    launch = start(stage, "mpi-launch", "launch", "4", "2", "python", "train me.py")
    out, err = launch.communicate(timeout=WAIT_S)
    assert launch.returncode == 0, err
    assert out.startswith("--allow-run-as-root|-np|4|--host|job-worker-0.job:2,job-worker-1.job:2|")
    assert out.endswith("|process|python|train me.py|")


def test_launch_gives_up_on_a_worker_that_never_answers(stage: Path) -> None:
    """The pod fails with a line that names the worker, and Volcano restarts the job."""
    (stage / "etc/volcano/worker.host").write_text("job-worker-0.job\n")
    stand_in(stage, "ssh", "exit 255")
    stand_in(stage, "sleep", ":")
    launch = start(stage, "mpi-launch", "launch", "1", "1", "python")
    _, err = launch.communicate(timeout=WAIT_S)
    assert launch.returncode == 1
    assert "worker job-worker-0.job does not answer" in err


def test_processes_have_the_environment_of_their_workers_container(stage: Path) -> None:
    """Ssh hands on nothing: what the container of the worker was given reaches the process, quotes and lines too."""
    (stage / "etc/volcano/worker.host").write_text("job-worker-0.job\n")
    (stage / "var/run").mkdir(parents=True)
    (stage / "usr/sbin").mkdir(parents=True)
    stand_in(stage, "ssh", "exit 0")
    stand_in(stage, "../usr/sbin/sshd", ":")
    stand_in(stage, "mpirun", 'while [ "$1" != /bin/sh ]; do shift; done; cd "$STAGE"; exec env -i PWD="$STAGE" "$@"')
    token = 'it\'s "$HOME"\nand more'
    serve = start(stage, "mpi-launch", "serve", env={"TOKEN": token, "RANK_FILE": "a b"})
    assert serve.wait(WAIT_S) == 0
    show = [sys.executable, "-c", "import json, os; print(json.dumps(dict(os.environ)))"]
    launch = start(stage, "mpi-launch", "launch", "1", "1", *show)
    out, err = launch.communicate(timeout=WAIT_S)
    assert launch.returncode == 0, err
    seen = json.loads(out)
    assert (seen["TOKEN"], seen["RANK_FILE"], seen["PWD"]) == (token, "a b", str(stage))
    assert (stage / "run/stackc/env").stat().st_mode & 0o077 == 0


def test_processes_start_without_an_environment_written_down(stage: Path) -> None:
    """A worker that runs a command of the user's own writes nothing down, and that is no error."""
    (stage / "etc/volcano/worker.host").write_text("job-worker-0.job\n")
    stand_in(stage, "ssh", "exit 0")
    stand_in(stage, "mpirun", 'while [ "$1" != /bin/sh ]; do shift; done; exec "$@"')
    launch = start(stage, "mpi-launch", "launch", "1", "1", "printf", "%s|", "a b")
    assert launch.communicate(timeout=WAIT_S)[0] == "a b|"


def test_any_user_may_say_how_the_command_ended(stage: Path) -> None:
    """The upload runs as root, the training as whatever its image says."""
    upload = start(stage, "job-data", "upload", *ARGUMENTS)
    pipe = stage / "run/stackc/exit"
    deadline = time.monotonic() + WAIT_S
    while not pipe.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert pipe.stat().st_mode & 0o777 == 0o666
    assert start(stage, "job-data", "run", "true").wait(WAIT_S) == 0
    assert upload.wait(WAIT_S) == 0


def test_upload_gives_up_on_a_container_that_never_starts(stage: Path) -> None:
    """An image without a shell, or that can't be pulled, ends in a failed pod, not in one that waits for ever."""
    stand_in(stage, "sleep", ":")
    upload = start(stage, "job-data", "upload", *ARGUMENTS)
    _, err = upload.communicate(timeout=WAIT_S)
    assert upload.returncode == 1
    assert "has not started" in err
    assert uploads(stage) == []
