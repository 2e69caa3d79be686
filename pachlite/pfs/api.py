"""The protocols of a versioned file system: one per noun, and `PFS`, all of them together.

Every method is synchronous and may be called from any thread. A change is durable and visible
when the method returns and leaves no trace when it raises. Errors are those of `pachlite.errors`;
besides what a docstring names, any method raises `RepoNotFound`, `BranchNotFound` or
`CommitNotFound` for what does not exist, `InvalidArgument` for what cannot be, `Unavailable` when a
retry can help, `DiskFull` when there is no space left.

`operation_id`, where a method takes one, makes a retry answer as the first call did, for a day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from types import TracebackType
from typing import Protocol, Self

from pachlite.pfs.credentials import (
    Access,
    AuditEntry,
    Binding,
    Identity,
    Revocation,
    S3Credential,
    S3KeyInfo,
    S3KeyPair,
    TokenInfo,
)
from pachlite.pfs.infos import (
    DEFAULT_COPY,
    DEFAULT_PUT,
    NO_PAIRS,
    NO_PRECONDITION,
    NOTHING_EXPECTED,
    BranchInfo,
    CommitInfo,
    CommitSetInfo,
    CompletedPart,
    CopyOptions,
    Deletion,
    DeletionSummary,
    Expected,
    FileChange,
    FileInfo,
    FilePage,
    Origin,
    PartInfo,
    PartPage,
    Precondition,
    ProjectInfo,
    PutOptions,
    RepoInfo,
    StoreInfo,
    UploadInfo,
    UploadPage,
    VersionPage,
)
from pachlite.pfs.permissions import Resource
from pachlite.pfs.refs import BranchRef, CommitRef, FileRef, RepoRef


class Projects(Protocol):
    """Namespaces of repos. `default` is always there."""

    def create_project(self, name: str, *, description: str = "") -> ProjectInfo:
        """Create a project; raise `ProjectExists`."""
        ...

    def update_project(self, name: str, *, description: str) -> ProjectInfo:
        """Replace the description."""
        ...

    def inspect_project(self, name: str) -> ProjectInfo:
        """Return the project; raise `ProjectNotFound`."""
        ...

    def list_project(self) -> list[ProjectInfo]:
        """Return all projects by name."""
        ...

    def delete_project(self, name: str, *, force: bool = False) -> None:
        """Delete a project; with `force` its repos too, else raise `ProjectNotEmpty`."""
        ...


class Repos(Protocol):
    """Sets of commits with named branches."""

    def create_repo(self, repo: RepoRef, *, description: str = "") -> RepoInfo:
        """Create a repo without branches; raise `RepoExists`."""
        ...

    def update_repo(self, repo: RepoRef, *, description: str | None = None) -> RepoInfo:
        """Change what is given; None leaves the description as it is."""
        ...

    def inspect_repo(self, repo: RepoRef) -> RepoInfo:
        """Return the repo."""
        ...

    def list_repo(self, project: str | None = None) -> list[RepoInfo]:
        """Return the repos of a project, or of all projects, newest first."""
        ...

    def delete_repo(self, repo: RepoRef, *, force: bool = False) -> None:
        """Delete a repo with all branches and commits.

        `force` is needed when branches of other repos depend on it.
        """
        ...


class Branches(Protocol):
    """Movable names for commits. A branch always has a head; a new one gets an empty commit."""

    def create_branch(
        self,
        branch: BranchRef,
        *,
        head: CommitRef | None = None,
        exclusive: bool = False,
        create_repo: bool = False,
        alias: str = "",
        settings: Mapping[str, str] = NO_PAIRS,
    ) -> BranchInfo:
        """Create a branch, or move the head of the one that is there to `head`.

        Args:
            head: A finished commit of the same repo; None keeps the head or makes an empty one.
            exclusive: Raise `BranchExists` rather than update.
            create_repo: Create the repo in the same step when it does not exist.
            alias: The name this branch is known under elsewhere; kept for listings.
            settings: What it is to have besides; see `Settings`.

        Raises:
            CommitNotFinished: The new head, or the present one that would be left, is open.
        """
        ...

    def inspect_branch(self, branch: BranchRef) -> BranchInfo:
        """Return the branch."""
        ...

    def list_branch(self, repo: RepoRef | None = None) -> list[BranchInfo]:
        """Return the branches of a repo, newest first; None: of all repos, by name."""
        ...

    def delete_branch(
        self, branch: BranchRef, *, force: bool = False, only_if_empty: bool = False
    ) -> None:
        """Delete a branch; its commits stay.

        Args:
            force: Also when other branches depend on it.
            only_if_empty: Raise `BranchNotEmpty` when the head holds a file. When it was the last
                branch of its repo and no commit of the repo ever held a file, delete the repo too.
        """
        ...


class Settings(Protocol):
    """Small texts that other protocols keep with a branch, such as its CORS rules.

    They are no part of its history, and go when the branch is deleted.
    """

    def get_setting(self, branch: BranchRef, name: str) -> str:
        """Return a setting; empty when there is none."""
        ...

    def put_setting(self, branch: BranchRef, name: str, value: str) -> None:
        """Replace a setting; an empty value deletes it."""
        ...


class Commits(Protocol):
    """Snapshots. Open for writing until finished, then unchangeable."""

    def start_commit(
        self, branch: BranchRef, *, parent: CommitRef | None = None, description: str = ""
    ) -> CommitInfo:
        """Open a commit, creating the branch if need be; the branch head moves to it.

        Raises:
            CommitNotFinished: The parent is open.
        """
        ...

    def finish_commit(self, commit: CommitRef, *, description: str | None = None) -> CommitInfo:
        """Close an open commit; raise `CommitFinished` when it is closed."""
        ...

    def inspect_commit(self, commit: CommitRef) -> CommitInfo:
        """Return the commit."""
        ...

    def list_commit(
        self,
        repo: RepoRef,
        *,
        start: CommitRef | None = None,
        stop: CommitRef | None = None,
        limit: int | None = None,
        origin: Origin | None = None,
    ) -> Iterator[CommitInfo]:
        """Yield commits, newest first: all of the repo, or the ancestry from `start`.

        `stop` ends the walk before that commit and needs `start`.
        """
        ...

    def list_commit_set(
        self, project: str | None = None, *, limit: int | None = None
    ) -> Iterator[CommitSetInfo]:
        """Yield commit sets that touch a project (None: any), newest first."""
        ...

    def inspect_commit_set(self, commit_id: str) -> CommitSetInfo:
        """Return all commits that share an id; raise `CommitNotFound`."""
        ...

    def squash_commit(self, commit_id: str) -> None:
        """Remove the commits of a set; their data lives on in their children.

        Raises:
            CommitHasNoChildren: Data would be lost.
            CommitNotFinished: A child is open.
        """
        ...

    def delete_commit(self, commit_id: str) -> None:
        """Remove the commits of a set with their data; heads fall back to the parents.

        Raises:
            CommitHasChildren: One of them has a child.
        """
        ...

    def wait_commit(self, commit: CommitRef, *, timeout_s: float | None = None) -> CommitInfo:
        """Return the commit once it is finished; raise `CommitNotFinished` on timeout."""
        ...


class FileWriter(Protocol):
    """Takes the bytes of one file. In a `with`: complete, or abort on error."""

    def write(self, block: bytes | bytearray | memoryview) -> None:
        """Take a block; about 1 MiB at a time is best. It may be reused after the call."""
        ...

    def complete(self, expected: Expected = NOTHING_EXPECTED) -> FileInfo:
        """End the file and verify it.

        A writer of `put_file` commits here, and the answer names the commit in `version_id`. A
        writer of a `FileSet` adds the file to the set.

        Raises:
            DigestMismatch: The MD5 differs from the expected one.
            IncompleteBody: The size differs from the expected one.
            PreconditionFailed, FileToMatchNotFound: See `put_file`.
        """
        ...

    def submit(self, expected: Expected = NOTHING_EXPECTED) -> Future[FileInfo]:
        """Do what `complete` does, without waiting until the file is durable.

        What is wrong with the bytes is raised here, what is wrong with the commit by the future.
        """
        ...

    def abort(self) -> None:
        """Forget the file. Harmless after `complete`."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class FileSet(Protocol):
    """Changes that become one commit together. In a `with`: complete, or abort on error.

    Nobody sees anything of it before `complete`, and nobody waits for it meanwhile. Several writers
    may be open at once, in several threads; of changes to one path the last completed one counts.
    """

    def put_file(self, path: str, options: PutOptions = DEFAULT_PUT) -> FileWriter:
        """Open a file for writing."""
        ...

    def copy_file(self, source: FileRef, path: str, options: CopyOptions = DEFAULT_COPY) -> int:
        """Copy by reference; return how many files. Raise `FileNotFound` if there are none."""
        ...

    def delete_file(self, path: str, *, is_recursive: bool = False) -> None:
        """Delete a file, or everything below a path (empty path: everything)."""
        ...

    def complete(self) -> CommitInfo:
        """Publish all changes as one commit on top of whatever the head is by now.

        Changes to an open commit join it. Raises `CommitFinished` when the set was opened on a
        commit that has been finished meanwhile.
        """
        ...

    def abort(self) -> None:
        """Forget all changes. Harmless after `complete`."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class FileReader(Protocol):
    """The content of one version of a file; a `with` releases what it holds."""

    @property
    def info(self) -> FileInfo:
        """The file, with everything that `inspect_file` tells."""
        ...

    @property
    def is_small(self) -> bool:
        """Whether the whole content is in memory already, so that reading cannot wait."""
        ...

    def blocks(self, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Yield the bytes from `offset` on, in blocks of at most 1 MiB.

        Raises:
            RangeNotSatisfiable: `offset` is beyond the end.
            ContentCorrupt: What is stored does not match its digest.
        """
        ...

    def close(self) -> None:
        """Release what is held. Harmless twice."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Files(Protocol):
    """Files of commits. A commit named by its branch is the head, open or finished."""

    def open_file_set(
        self,
        commit: CommitRef,
        *,
        description: str = "",
        create_branch: bool = True,
        operation_id: str = "",
    ) -> FileSet:
        """Begin changes to a branch (made if need be) or to an open commit.

        Raises:
            CommitFinished: `commit` names a finished commit by its id or by ancestry.
        """
        ...

    def put_file(
        self,
        file: FileRef,
        options: PutOptions = DEFAULT_PUT,
        *,
        precondition: Precondition = NO_PRECONDITION,
        create_branch: bool = True,
    ) -> FileWriter:
        """Open one file that becomes a commit of its own, or joins the open commit.

        The precondition is decided when the writer completes: `PreconditionFailed`, or where it
        needs a file and there is none, `FileToMatchNotFound`.
        """
        ...

    def get_file(self, file: FileRef, *, version: str = "") -> FileReader:
        """Open a file for reading: as of the commit, or as of `version`, a commit of its history.

        Raises:
            FileNotFound: There is no such file there.
            VersionNotFound: `version` is no commit of the history, or had no such file.
            VersionIsDeleteMarker: `version` is the commit that deleted the file.
        """
        ...

    def inspect_file(self, file: FileRef, *, version: str = "") -> FileInfo:
        """Return the file; raises as `get_file`. A path that is only a prefix is not a file."""
        ...

    def list_file(
        self,
        commit: CommitRef,
        *,
        prefix: str = "",
        delimiter: str = "",
        after: str = "",
        limit: int = 1000,
    ) -> FilePage:
        """Return up to `limit` entries in byte order, of those that start with `prefix`.

        With a delimiter, all files that share the text from the prefix to the next delimiter are
        one entry of type `DIR` (its size is 0); it sorts, and compares with `after`, as that text.
        """
        ...

    def glob_file(self, commit: CommitRef, pattern: str) -> Iterator[FileInfo]:
        """Yield files and directories that match, in byte order. Directories end in a slash."""
        ...

    def walk_file(self, commit: CommitRef, path: str) -> Iterator[FileInfo]:
        """Yield every file that is `path` or below it, in byte order."""
        ...

    def copy_file(
        self,
        source: FileRef,
        target: FileRef,
        options: CopyOptions = DEFAULT_COPY,
        *,
        precondition: Precondition = NO_PRECONDITION,
    ) -> FileInfo:
        """Copy by reference as one commit; return the target (or its root, when recursive)."""
        ...

    def tag_file(self, file: FileRef, tags: Mapping[str, str], *, version: str = "") -> FileInfo:
        """Replace the tags of one version of a file, the present one if none is named.

        Tags may change although a version cannot: no commit is made. They belong to the version,
        so that everything which shows it shows them. Raises as `get_file`.
        """
        ...

    def delete_file(self, commit: CommitRef, deletions: Sequence[Deletion]) -> DeletionSummary:
        """Do all deletions in one commit. Nothing there, nothing done: no commit.

        Errors of single deletions are in their results; those of the branch are raised.
        """
        ...

    def diff_file(self, new: FileRef, old: FileRef | None = None) -> Iterator[FileChange]:
        """Yield what differs in content below two paths, by path.

        `old` None means the same path in the parent of the new commit (in nothing, for a root).
        """
        ...


class Versions(Protocol):
    """The history of files as S3 shows it: a version per commit that changed a file."""

    def list_version(
        self,
        commit: CommitRef,
        *,
        prefix: str = "",
        delimiter: str = "",
        after_path: str = "",
        after_version: str = "",
        limit: int = 1000,
    ) -> VersionPage:
        """Return versions and delete markers by path, newest first.

        Begins behind all versions of `after_path`, or, with `after_version`, behind that one.
        """
        ...


class PartWriter(Protocol):
    """Takes the bytes of one part of an upload. In a `with`: abort unless completed."""

    def write(self, block: bytes | bytearray | memoryview) -> None:
        """Take a block."""
        ...

    def complete(self, expected: Expected = NOTHING_EXPECTED) -> PartInfo:
        """Store the part durably, replacing an earlier one of that number."""
        ...

    def submit(self, expected: Expected = NOTHING_EXPECTED) -> Future[PartInfo]:
        """Do what `complete` does, without waiting until the part is durable."""
        ...

    def abort(self) -> None:
        """Forget the part. Harmless after `complete`."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Uploads(Protocol):
    """Files that arrive in parts. Parts are no commits; completing makes one, by reference.

    Methods raise `UploadNotFound` for an unknown id, and for one that belongs to another file.
    """

    def create_upload(
        self,
        file: FileRef,
        options: PutOptions = DEFAULT_PUT,
        *,
        sum_algorithm: str = "",
        sum_type: str = "",
    ) -> UploadInfo:
        """Begin an upload to a branch."""
        ...

    def inspect_upload(self, file: FileRef, upload_id: str) -> UploadInfo:
        """Return the upload."""
        ...

    def list_upload(
        self,
        commit: CommitRef,
        *,
        prefix: str = "",
        after_path: str = "",
        after_upload: str = "",
        limit: int = 1000,
    ) -> UploadPage:
        """Return unfinished uploads to a branch, by path and age."""
        ...

    def put_part(self, file: FileRef, upload_id: str, number: int) -> PartWriter:
        """Open a part, 1 to 10 000, for writing."""
        ...

    def copy_part(
        self,
        file: FileRef,
        upload_id: str,
        number: int,
        source: FileRef,
        *,
        version: str = "",
        offset: int = 0,
        length: int | None = None,
    ) -> PartInfo:
        """Fill a part from a range of a stored file. Raises `RangeNotSatisfiable`."""
        ...

    def list_part(
        self, file: FileRef, upload_id: str, *, after: int = 0, limit: int = 1000
    ) -> PartPage:
        """Return the parts by number."""
        ...

    def complete_upload(
        self,
        file: FileRef,
        upload_id: str,
        parts: Sequence[CompletedPart],
        *,
        expected: Expected = NOTHING_EXPECTED,
        sum_type: str = "",
        precondition: Precondition = NO_PRECONDITION,
    ) -> FileInfo:
        """Assemble the parts into one file and commit it; the same call again answers the same.

        Raises:
            DigestMismatch: The checksum of the whole is not the expected one.
            UnfitUpload: A checksum of a part is missing, the size or `sum_type` is another one.
            InvalidPart: A part is missing or its ETag or checksum differs.
            InvalidPartOrder: The numbers do not ascend.
            PartTooSmall: A part that is not the last has less than 5 MiB.
            PreconditionFailed: As for `put_file`.
        """
        ...

    def abort_upload(self, file: FileRef, upload_id: str) -> None:
        """Forget the upload and its parts."""
        ...


class Auth(Protocol):
    """Who callers are and what they may do. Off until activated: then nobody is asked.

    Every process sees a change at once. All methods but the first three and
    `activate_auth` raise `AuthNotActivated` while it is off. Whoever opens a store by its directory
    is root; `acting_as` gives what others get.
    """

    def is_auth_active(self) -> bool:
        """Say whether callers must prove who they are. Cheap enough for every request."""
        ...

    def find_s3_credential(self, access_key: str) -> S3Credential:
        """Return what an access key, or a token used as one, signs with.

        Raises:
            UnknownAccessKey: There is none, or it was revoked or has expired.
        """
        ...

    def acting_as(self, subject: str) -> PFS:
        """Return this file system as a subject may use it; closing that closes nothing.

        What the subject may not do raises `NotAuthorized`; lists leave out what it may not see.
        It is recorded as the creator of what it makes, and owns the projects and repos it creates.
        While auth is off it may do everything.
        """
        ...

    def activate_auth(self, *, root_token: str = "") -> str:
        """Begin to ask; return the token of root, made if none is given.

        Everybody may create projects, and repos in the default one; existing repos are root's.

        Raises:
            AuthAlreadyActivated: It is on. Nothing has changed.
            InvalidToken: The given token is too easy to guess, or cannot be an access key.
        """
        ...

    def deactivate_auth(self) -> None:
        """Stop asking, and forget all tokens, keys and roles."""
        ...

    def rotate_root_token(self, *, root_token: str = "") -> str:
        """Replace the tokens of root by a new one, which is returned."""
        ...

    def whoami(self) -> Identity:
        """Say who this file system acts as."""
        ...

    def identify(self, token: str) -> Identity:
        """Say whose a token is; raise `TokenInvalid`."""
        ...

    def create_token(self, subject: str, *, ttl_s: float | None = None) -> str:
        """Return a new token of a user or robot, for `ttl_s` seconds (None: for ever)."""
        ...

    def list_token(self) -> list[TokenInfo]:
        """Return the tokens that have not expired, by subject and age."""
        ...

    def revoke_token(self, token: str) -> int:
        """Forget a token; return how many that were."""
        ...

    def revoke_subject(self, subject: str) -> Revocation:
        """Forget all tokens and S3 keys of a subject; its roles stay."""
        ...

    def create_s3_key(self, subject: str = "", *, ttl_s: float | None = None) -> S3KeyPair:
        """Return a new key pair for S3, of the caller unless a subject is given."""
        ...

    def list_s3_key(self, subject: str = "") -> list[S3KeyInfo]:
        """Return the S3 keys of a subject, or of all whose keys the caller may see."""
        ...

    def revoke_s3_key(self, access_key: str) -> None:
        """Forget an S3 key; raise `AccessKeyNotFound`."""
        ...

    def get_roles(self, resource: Resource) -> list[Binding]:
        """Return who has which roles on exactly this resource, by subject."""
        ...

    def set_roles(self, resource: Resource, subject: str, roles: Sequence[str]) -> None:
        """Replace the roles of a subject on a resource; none at all takes them away.

        Raises:
            InvalidRole: There is no such role, or it cannot be given there.
            InvalidSubject: There can be no such subject, or its roles are fixed.
        """
        ...

    def check_access(self, resource: Resource, subject: str = "") -> Access:
        """Say what a subject (empty: the caller) may do with a resource, and by which roles."""
        ...

    def list_audit(self, *, limit: int | None = None) -> list[AuditEntry]:
        """Return the changes of who may do what, newest first; also while auth is off."""
        ...


class PFS(Projects, Repos, Branches, Settings, Commits, Files, Versions, Uploads, Auth, Protocol):
    """A versioned file system."""

    @property
    def reads_inline(self) -> bool:
        """Whether an event loop may do itself what is quick.

        That is a bounded index read, and to take a file of a few KiB up to its `submit`.
        """
        ...

    def inspect_store(self) -> StoreInfo:
        """Say what and where the store is."""
        ...

    def close(self) -> None:
        """Finish what is under way and release everything. Harmless twice."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
