"""The files door: nothing outside the root, and a record of all it gave out."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from compiler.formats import files as door
from compiler.formats.files import DiskFiles, FileRefused, Files, MemoryFiles, find_root, join, path_in

CONTENTS = {"stack.yaml": b"a: 1\n", "overlays/dev.yaml": b"b: 2\n", "overlays/env/prod.yaml": b""}


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(FileRefused) as caught:
        call()
    assert caught.value.message
    assert caught.value.help
    return caught.value.code


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for path, content in CONTENTS.items():
        (tmp_path / "root" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "root" / path).write_bytes(content)
    (tmp_path / "secret").write_bytes(b"x")
    return tmp_path / "root"


@pytest.fixture(params=["disk", "memory"])
def files(request: pytest.FixtureRequest, root: Path) -> Files:
    return DiskFiles(root) if request.param == "disk" else MemoryFiles(CONTENTS)


class TestBothKinds:
    def test_read_gives_the_bytes_and_records_them(self, files: Files) -> None:
        """Sorted by path, each once."""
        assert files.read("stack.yaml") == b"a: 1\n"
        assert files.read("overlays/dev.yaml") == files.read("overlays/dev.yaml") == b"b: 2\n"
        assert files.inputs() == (
            ("overlays/dev.yaml", sha256(b"b: 2\n").hexdigest()),
            ("stack.yaml", sha256(b"a: 1\n").hexdigest()),
        )

    def test_exists_and_listdir_record_nothing(self, files: Files) -> None:
        """Only content is an input."""
        assert files.exists("overlays")
        assert files.exists("overlays/dev.yaml")
        assert files.exists("")
        assert not files.exists("nothing")
        assert files.listdir("") == ("overlays", "stack.yaml")
        assert files.listdir("overlays") == ("dev.yaml", "env")
        assert files.inputs() == ()

    @pytest.mark.parametrize(
        ("path", "code"),
        [
            ("../secret", "SC131"),
            ("overlays/../../secret", "SC131"),
            ("overlays/../stack.yaml", "SC131"),
            ("/etc/passwd", "SC132"),
            ("overlays", "SC134"),
            ("nothing", "SC136"),
            ("stack.yaml/x", "SC136"),
            ("a\0b", "SC138"),
            ("a\\b", "SC138"),
            ("a//b", "SC138"),
            ("./stack.yaml", "SC138"),
            ("overlays/", "SC138"),
        ],
    )
    def test_read_refuses(self, files: Files, path: str, code: str) -> None:
        """And nothing is recorded."""
        assert code_of(lambda: files.read(path)) == code
        assert files.inputs() == ()

    @pytest.mark.parametrize("path", ["../x", "/etc", "a\0"])
    def test_exists_and_listdir_refuse_what_read_refuses(self, files: Files, path: str) -> None:
        """They tell nothing about the world outside."""
        assert code_of(lambda: files.exists(path)) == code_of(lambda: files.listdir(path))

    def test_listdir_of_what_is_no_folder_is_refused(self, files: Files) -> None:
        """A file, or nothing."""
        assert code_of(lambda: files.listdir("stack.yaml")) == "SC136"
        assert code_of(lambda: files.listdir("nothing")) == "SC136"

    def test_read_more_than_the_limit_is_refused(self, files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
        """The limit itself is fine."""
        monkeypatch.setattr(door, "FILE_LIMIT_BYTES", 5)
        assert files.read("stack.yaml") == b"a: 1\n"
        monkeypatch.setattr(door, "FILE_LIMIT_BYTES", 4)
        assert code_of(lambda: files.read("overlays/dev.yaml")) == "SC135"


class TestDisk:
    @pytest.mark.parametrize("target", ["../secret", "/etc/passwd", "/dev/zero", "/proc/self/environ"])
    def test_read_link_out_of_the_root_is_refused(self, root: Path, target: str) -> None:
        """Also a link to a folder on the way."""
        (root / "link").symlink_to(target)

        assert code_of(lambda: DiskFiles(root).read("link")) == "SC133"
        assert code_of(lambda: DiskFiles(root).exists("link")) == "SC133"

    def test_read_through_a_folder_link_out_of_the_root_is_refused(self, root: Path) -> None:
        """The real path counts."""
        (root / "up").symlink_to("..")

        assert code_of(lambda: DiskFiles(root).read("up/secret")) == "SC133"
        assert code_of(lambda: DiskFiles(root).listdir("up")) == "SC133"

    def test_read_root_with_a_sibling_of_like_name_is_refused(self, root: Path) -> None:
        """`root2` is not below `root`."""
        (root.parent / "root2").mkdir()
        (root.parent / "root2" / "x").write_bytes(b"")
        (root / "link").symlink_to("../root2/x")

        assert code_of(lambda: DiskFiles(root).read("link")) == "SC133"

    def test_read_link_inside_the_root_is_followed(self, root: Path) -> None:
        """It is recorded under the name that was asked for."""
        (root / "link").symlink_to("overlays/dev.yaml")
        files = DiskFiles(root)

        assert files.read("link") == b"b: 2\n"
        assert [path for path, _ in files.inputs()] == ["link"]

    def test_read_root_that_is_a_link_works(self, root: Path) -> None:
        """The root's own path may have links."""
        (root.parent / "alias").symlink_to(root)

        assert DiskFiles(root.parent / "alias").read("stack.yaml") == b"a: 1\n"

    def test_read_link_loop_is_refused(self, root: Path) -> None:
        """Without following it for ever."""
        (root / "one").symlink_to("two")
        (root / "two").symlink_to("one")

        assert code_of(lambda: DiskFiles(root).read("one")) in ("SC136", "SC137")

    def test_read_pipe_is_refused_at_once(self, root: Path) -> None:
        """Nobody waits for a writer."""
        os.mkfifo(root / "pipe")

        assert code_of(lambda: DiskFiles(root).read("pipe")) == "SC134"

    def test_read_socket_is_refused(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Opening one fails in its own way."""
        monkeypatch.chdir(root)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("sock")

            assert code_of(lambda: DiskFiles(root).read("sock")) in ("SC134", "SC137")

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_read_without_permission_is_refused(self, root: Path) -> None:
        """The reason is the system's."""
        (root / "stack.yaml").chmod(0)

        assert code_of(lambda: DiskFiles(root).read("stack.yaml")) == "SC137"

    def test_read_twice_gives_the_same_bytes_though_the_file_changes(self, root: Path) -> None:
        """One run sees one state, and the digest is of what it saw."""
        files = DiskFiles(root)
        first = files.read("stack.yaml")
        (root / "stack.yaml").write_bytes(b"changed")

        assert files.read("stack.yaml") == first
        assert files.inputs() == (("stack.yaml", sha256(first).hexdigest()),)


class TestPaths:
    @pytest.mark.parametrize(
        ("folder", "relative", "path"),
        [
            ("", "a.yaml", "a.yaml"),
            ("stacks/lab", "a.yaml", "stacks/lab/a.yaml"),
            ("stacks/lab", "./x/../a.yaml", "stacks/lab/a.yaml"),
            ("stacks/lab", "../../overlays/dev.yaml", "overlays/dev.yaml"),
            ("stacks", "..", ""),
            ("a", "b//c/", "a/b/c"),
        ],
    )
    def test_join_normalises_below_the_root(self, folder: str, relative: str, path: str) -> None:
        """`..` is fine as long as it does not climb out."""
        assert join(folder, relative) == path

    @pytest.mark.parametrize(
        ("folder", "relative", "code"),
        [("", "../a", "SC131"), ("a/b", "../../../c", "SC131"), ("a", "/etc", "SC132"), ("a", "b\0", "SC138")],
    )
    def test_join_refuses_escapes(self, folder: str, relative: str, code: str) -> None:
        """Before any file is touched."""
        assert code_of(lambda: join(folder, relative)) == code

    @pytest.mark.parametrize("mark", [".git", "stackc.lock", "components"])
    def test_find_root_is_the_nearest_marked_folder(self, tmp_path: Path, mark: str) -> None:
        """The folder itself, or one above it."""
        (tmp_path / "stackc.lock").touch()
        deep = tmp_path / "repo" / "stacks" / "lab"
        deep.mkdir(parents=True)
        (tmp_path / "repo" / mark).mkdir()

        assert find_root(deep) == tmp_path / "repo"
        assert find_root(tmp_path / "repo") == tmp_path / "repo"

    def test_find_root_without_a_mark_is_the_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nothing above is looked at by chance: the test's own folder has no mark on the way up, or it is found."""
        marked = [folder for folder in tmp_path.parents if any((folder / mark).exists() for mark in door._ROOT_MARKS)]

        assert find_root(tmp_path) == (marked[0] if marked else tmp_path)

    def test_path_in_gives_the_path_below_the_root(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """What the user gave is relative to the working directory."""
        (tmp_path / "stacks").mkdir()
        monkeypatch.chdir(tmp_path / "stacks")

        assert path_in(tmp_path, "lab.yaml") == "stacks/lab.yaml"
        assert path_in(tmp_path, "../lab.yaml") == "lab.yaml"
        assert path_in(tmp_path, str(tmp_path / "x.yaml")) == "x.yaml"
        assert code_of(lambda: path_in(tmp_path / "stacks", "../lab.yaml")) == "SC131"
        with pytest.raises(FileRefused) as refused:
            path_in(tmp_path / "stacks", "../lab.yaml")
        assert (refused.value.message, refused.value.help) == (
            "`../lab.yaml` is not below the root `.`",
            "give `--root ..`",
        )

    def test_a_folder_is_called_one(self, tmp_path: Path) -> None:
        """People who come from Helm and kustomize name the folder."""
        (tmp_path / "fx").mkdir()
        for files in (DiskFiles(tmp_path), MemoryFiles({"fx/stack.yaml": b""})):
            with pytest.raises(FileRefused) as refused:
                files.read("fx")
            assert (refused.value.code, refused.value.message) == ("SC134", "`fx` is a folder")
