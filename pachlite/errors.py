"""Every error that a user can see, as one tree. It knows nothing of exit codes, S3 or HTTP.

PachliteError
  NotFound            ProjectNotFound RepoNotFound BranchNotFound CommitNotFound FileNotFound
                      FileDeleted FileToMatchNotFound
                      VersionNotFound UploadNotFound SourceNotFound AccessKeyNotFound
  AlreadyExists       ProjectExists RepoExists BranchExists BranchTaken OutputExists
  Conflict            CommitFinished CommitNotFinished CommitHasChildren CommitHasNoChildren
                      CommitIsHead ProjectNotEmpty BranchNotEmpty PreconditionFailed
                      VersionIsDeleteMarker AmbiguousReference AuthNotActivated
                      AuthAlreadyActivated
  InvalidArgument     InvalidName InvalidReference InvalidPath InvalidPattern InvalidOption
                      RangeNotSatisfiable DigestMismatch IncompleteBody InvalidPart
                      UnfitUpload
                      InvalidPartOrder PartTooSmall IsDirectory
                      InvalidSubject InvalidRole InvalidToken
  PermissionDenied    ReadOnlyCommit StoreNotWritable NotAuthorized UnknownAccessKey TokenInvalid
  Unavailable         StoreBusy AddressInUse SourceUnavailable Retry
  Corrupt             ContentCorrupt StoreCorrupt
  Unsupported         StoreTooNew NetworkFileSystem NoIdentityProvider
  LimitExceeded       DiskFull FileTooLarge

Each error has a stable `code` (its class name in snake case), typed fields, one sentence without a
full stop, a `hint` that says what to do (may be empty), and says whether a retry can help.
"""

from __future__ import annotations

import re
from typing import ClassVar, Final

_SHOWN_CHARACTERS: Final = 80


class PachliteError(Exception):
    """The base of the tree.

    Args:
        message: One sentence, lower case, no full stop.
        hint: What the user can do about it; empty when there is nothing useful to say.
    """

    code: ClassVar[str] = "pachlite_error"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.code = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


def _typed(repo: str, rest: str = "") -> str:
    """Return `project/repo`, and what follows it, as it is typed in a command."""
    return f"{repo.rpartition('/')[2]}{rest}{_within(repo)}"


def _within(repo: str) -> str:
    """Return the option that a command needs to find `project/repo`."""
    project = repo.rpartition("/")[0]
    return "" if project in {"", "default"} else f" --project {project}"


# Families: what edges map to exit codes and status codes.


class NotFound(PachliteError):
    """Something that was named does not exist."""


class AlreadyExists(PachliteError):
    """Something that was to be created is there."""


class Conflict(PachliteError):
    """The request does not fit the present state."""


class InvalidArgument(PachliteError):
    """The request is malformed, whatever the state."""


class PermissionDenied(PachliteError):
    """The caller may not do this."""


class Unavailable(PachliteError):
    """It did not work now; a retry can help."""

    retryable = True


class Corrupt(PachliteError):
    """Stored data is not what was written."""


class Unsupported(PachliteError):
    """pachlite cannot do this."""


class LimitExceeded(PachliteError):
    """A limit of the store or of the disk is reached."""


# NotFound


class ProjectNotFound(NotFound):
    """No such project."""

    def __init__(self, project: str) -> None:
        super().__init__(
            f'project "{project}" not found', hint=f"create it: pachlite create project {project}"
        )
        self.project = project


class RepoNotFound(NotFound):
    """No such repo."""

    def __init__(self, repo: str) -> None:
        super().__init__(
            f"repo {repo} not found", hint=f"see what there is: pachlite list repo{_within(repo)}"
        )
        self.repo = repo


class BranchNotFound(NotFound):
    """No such branch in the repo."""

    def __init__(self, repo: str, branch: str) -> None:
        super().__init__(
            f'branch "{branch}" not found in repo {repo}',
            hint=f"see what there is: pachlite list branch {_typed(repo)}",
        )
        self.repo = repo
        self.branch = branch


class CommitNotFound(NotFound):
    """No such commit in the repo, or not that many ancestors; in no repo where none is named."""

    def __init__(self, repo: str, commit: str, *, reason: str = "") -> None:
        tail = f": {reason}" if reason else ""
        shown = f"{repo}@{commit}" if repo else commit
        super().__init__(
            f"commit {shown} not found{tail}",
            hint=f"see what there is: pachlite list commit {_typed(repo)}".rstrip(),
        )
        self.repo = repo
        self.commit = commit


class FileNotFound(NotFound):
    """No such file at that commit."""

    def __init__(self, repo: str, commit: str, path: str) -> None:
        super().__init__(f"file {path} not found in repo {repo} at commit {commit}")
        self.repo = repo
        self.commit = commit
        self.path = path


class FileDeleted(FileNotFound):
    """There was such a file; the newest version of it records that it was deleted."""

    def __init__(self, repo: str, commit: str, path: str, version: str) -> None:
        super().__init__(repo, commit, path)
        self.version = version


class FileToMatchNotFound(FileNotFound):
    """A write wanted a certain file to be there, and there is none."""

    def __init__(self, path: str, condition: str) -> None:
        NotFound.__init__(self, f"file {path} not found, so {condition} does not hold")
        self.path = path
        self.condition = condition


class VersionNotFound(NotFound):
    """The version of a file that was asked for does not exist."""

    def __init__(self, path: str, version: str) -> None:
        super().__init__(f"version {version} of file {path} not found")
        self.path = path
        self.version = version


class UploadNotFound(NotFound):
    """No such multipart upload; it may have been completed, aborted, or have expired."""

    def __init__(self, upload: str) -> None:
        super().__init__(f"upload {upload} not found")
        self.upload = upload


class SourceNotFound(NotFound):
    """A local file or URL that was to be read does not exist."""

    def __init__(self, source: str, *, reason: str = "no such file or directory") -> None:
        super().__init__(f"{source}: {reason}", hint="nothing was written")
        self.source = source


class AccessKeyNotFound(NotFound):
    """There is no S3 key of that name to revoke."""

    def __init__(self, access_key: str) -> None:
        super().__init__(
            f"S3 key {access_key} not found",
            hint="see what there is: pachlite auth list s3-key",
        )
        self.access_key = access_key


# AlreadyExists


class ProjectExists(AlreadyExists):
    """There is a project of that name."""

    def __init__(self, project: str) -> None:
        super().__init__(f'project "{project}" already exists')
        self.project = project


class RepoExists(AlreadyExists):
    """There is a repo of that name."""

    def __init__(self, repo: str) -> None:
        super().__init__(f"repo {repo} already exists")
        self.repo = repo


class BranchExists(AlreadyExists):
    """There is a branch (or tag) of that name."""

    def __init__(self, repo: str, branch: str) -> None:
        super().__init__(f'branch "{branch}" already exists in repo {repo}')
        self.repo = repo
        self.branch = branch


class BranchTaken(AlreadyExists):
    """There is a branch of that name, in a repo of somebody else."""

    def __init__(self, repo: str, branch: str) -> None:
        super().__init__(
            f'branch "{branch}" already exists in repo {repo}, which is not yours',
            hint="choose another name",
        )
        self.repo = repo
        self.branch = branch


class OutputExists(AlreadyExists):
    """A local path that was to be written is in the way."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}", hint="choose another output with -o")
        self.path = path


# Conflict


class CommitFinished(Conflict):
    """A finished commit never changes."""

    def __init__(self, repo: str, commit: str) -> None:
        super().__init__(
            f"commit {repo}@{commit} has already finished",
            hint="write to a branch instead: that makes a new commit",
        )
        self.repo = repo
        self.commit = commit


class CommitNotFinished(Conflict):
    """The commit is open, and what was asked needs a finished one."""

    def __init__(self, repo: str, commit: str, *, role: str = "commit") -> None:
        super().__init__(
            f"{role} {repo}@{commit} has not been finished",
            hint=f"finish it: pachlite finish commit {_typed(repo, f'@{commit}')}",
        )
        self.repo = repo
        self.commit = commit


class CommitHasChildren(Conflict):
    """Dropping the commit would take its data from its children."""

    def __init__(self, repo: str, commit: str) -> None:
        super().__init__(
            f"cannot drop a commit that has children: {repo}@{commit}",
            hint="squash it to keep its data, or delete the children first",
        )
        self.repo = repo
        self.commit = commit


class CommitHasNoChildren(Conflict):
    """Squashing the commit would lose its data."""

    def __init__(self, repo: str, commit: str) -> None:
        super().__init__(
            f"cannot squash a commit that has no children: {repo}@{commit}",
            hint="delete it to drop its data as well",
        )
        self.repo = repo
        self.commit = commit


class CommitIsHead(Conflict):
    """Squashing the commit would leave a branch without its head."""

    def __init__(self, repo: str, commit: str, branch: str) -> None:
        super().__init__(
            f"cannot squash the head of branch {branch}: {repo}@{commit}",
            hint="move the branch first: pachlite create branch "
            f"{_typed(repo, f'@{branch}')} --head COMMIT",
        )
        self.repo = repo
        self.commit = commit
        self.branch = branch


class ProjectNotEmpty(Conflict):
    """The project still has repos."""

    def __init__(self, project: str, repo: str) -> None:
        super().__init__(
            f'cannot delete project "{project}": repo {repo} still exists',
            hint="delete its repos first, or use --force",
        )
        self.project = project
        self.repo = repo


class BranchNotEmpty(Conflict):
    """The head of the branch holds files."""

    def __init__(self, repo: str, branch: str) -> None:
        super().__init__(f'branch "{branch}" of repo {repo} still holds files')
        self.repo = repo
        self.branch = branch


class PreconditionFailed(Conflict):
    """A condition of the request does not hold; nothing was changed."""

    def __init__(self, condition: str) -> None:
        super().__init__(f"the condition {condition} does not hold")
        self.condition = condition


class VersionIsDeleteMarker(Conflict):
    """The version that was asked for records a deletion and has no content."""

    def __init__(self, path: str, version: str) -> None:
        super().__init__(f"version {version} of file {path} is a delete marker")
        self.path = path
        self.version = version


class AmbiguousReference(Conflict):
    """A prefix of a commit id fits several commits."""

    def __init__(self, repo: str, prefix: str) -> None:
        super().__init__(
            f"commit id prefix {prefix} is ambiguous in repo {repo}", hint="give more digits"
        )
        self.repo = repo
        self.prefix = prefix


class AuthNotActivated(Conflict):
    """The store asks nobody who they are, so there are no tokens and no roles."""

    def __init__(self) -> None:
        super().__init__(
            "the auth service is not activated", hint="activate it: pachlite auth activate"
        )


class AuthAlreadyActivated(Conflict):
    """Auth is active already."""

    def __init__(self) -> None:
        super().__init__(
            "the auth service is already activated",
            hint="for a new root token: pachlite auth rotate-root-token",
        )


# InvalidArgument


class InvalidName(InvalidArgument):
    """A name breaks the rules for its kind of thing."""

    def __init__(self, kind: str, name: str, rule: str) -> None:
        super().__init__(f"{kind} name ({name}) invalid: {rule}")
        self.kind = kind
        self.name = name


class InvalidReference(InvalidArgument):
    """A reference such as repo@branch:/path cannot be understood."""

    def __init__(self, text: str, rule: str, *, hint: str = "") -> None:
        super().__init__(f"reference ({text}) invalid: {rule}", hint=hint)
        self.text = text


class InvalidPath(InvalidArgument):
    """A file path breaks the rules."""

    def __init__(self, path: str, rule: str, *, is_too_long: bool = False) -> None:
        super().__init__(f"path ({_shorten(path)}) invalid: {rule}")
        self.path = path
        self.is_too_long = is_too_long


class InvalidPattern(InvalidArgument):
    """A glob pattern cannot be understood."""

    def __init__(self, pattern: str, rule: str) -> None:
        super().__init__(f"glob pattern ({pattern}) invalid: {rule}")
        self.pattern = pattern


class InvalidOption(InvalidArgument):
    """An option or a combination of options makes no sense."""


class RangeNotSatisfiable(InvalidArgument):
    """A byte range starts beyond the end of the file."""

    def __init__(self, size_bytes: int) -> None:
        super().__init__(f"the range starts beyond the end of the file ({size_bytes} bytes)")
        self.size_bytes = size_bytes


class DigestMismatch(InvalidArgument):
    """The bytes received are not those the sender described; nothing was stored."""

    def __init__(self, algorithm: str, expected: str, actual: str) -> None:
        super().__init__(
            f"the {algorithm} of the data is {actual}, but {expected} was declared",
            hint="nothing was stored; send it again",
        )
        self.algorithm = algorithm
        self.expected = expected
        self.actual = actual


class IncompleteBody(InvalidArgument):
    """The data ended before the declared length, or its framing is broken."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"incomplete data: {reason}", hint="nothing was stored; send it again")


class InvalidPart(InvalidArgument):
    """A part named when completing an upload was not uploaded, or differs."""

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(f"part {number}: {reason}")
        self.number = number


class UnfitUpload(InvalidArgument):
    """What is said of an upload when it is completed is not what it was begun with, or has."""


class InvalidPartOrder(InvalidArgument):
    """Parts must be named in ascending order."""

    def __init__(self) -> None:
        super().__init__("the parts are not in ascending order of their numbers")


class PartTooSmall(InvalidArgument):
    """Every part but the last needs at least 5 MiB."""

    def __init__(self, number: int, size_bytes: int, minimum_bytes: int) -> None:
        super().__init__(
            f"part {number} has {size_bytes} bytes; every part but the last needs {minimum_bytes}"
        )
        self.number = number
        self.size_bytes = size_bytes
        self.minimum_bytes = minimum_bytes


class IsDirectory(InvalidArgument):
    """A single file was wanted, and the path names a directory or several files."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path} {reason}. Try again with the -r flag")
        self.path = path


class InvalidSubject(InvalidArgument):
    """A subject is not written as subjects are, or cannot have what it was to get."""

    def __init__(self, subject: str, rule: str) -> None:
        super().__init__(f"subject ({subject}) invalid: {rule}", hint="for example user:alice")
        self.subject = subject


class InvalidRole(InvalidArgument):
    """No such role or permission, or none that can be given there."""


class InvalidToken(InvalidArgument):
    """A token that was to be used from now on is not fit for it."""

    def __init__(self, rule: str) -> None:
        super().__init__(f"the token is invalid: {rule}")


# PermissionDenied


class ReadOnlyCommit(PermissionDenied):
    """A commit bucket is the whole dataset as of that commit and is never written."""

    def __init__(self, bucket: str, writable: str) -> None:
        super().__init__(
            f"bucket {bucket} shows a commit and is read-only", hint=f"write to bucket {writable}"
        )
        self.bucket = bucket
        self.writable = writable


class StoreNotWritable(PermissionDenied):
    """The directory of the store cannot be written."""

    def __init__(self, directory: str, reason: str) -> None:
        super().__init__(
            f"cannot write the store at {directory}: {reason}",
            hint="set PACHLITE_HOME to a directory that you may write",
        )
        self.directory = directory


class NotAuthorized(PermissionDenied):
    """The subject lacks a permission on a resource."""

    def __init__(self, subject: str, permission: str, resource: str) -> None:
        super().__init__(
            f"{subject} is not authorized to perform this operation - needs permissions "
            f"[{permission}] on {resource}",
            hint=f"see which roles grant it: pachlite auth roles-for-permission {permission}",
        )
        self.subject = subject
        self.permission = permission
        self.resource = resource


class UnknownAccessKey(PermissionDenied):
    """No S3 key and no token, or one that was revoked or has expired. It is not repeated."""

    def __init__(self) -> None:
        super().__init__(
            "the access key is unknown, was revoked, or has expired",
            hint="get another one: pachlite auth create-s3-key",
        )


class TokenInvalid(PermissionDenied):
    """The token is unknown, was revoked, or has expired. It is not repeated."""

    def __init__(self) -> None:
        super().__init__(
            "provided auth token is corrupted or has expired (try logging in again)",
            hint="pachlite auth login",
        )


# Unavailable


class StoreBusy(Unavailable):
    """Another process held the write lock for too long."""

    def __init__(self, holder: str, waited_s: float) -> None:
        super().__init__(f"the store is busy: waited {waited_s:.0f} s for {holder}")
        self.holder = holder
        self.waited_s = waited_s


class AddressInUse(Unavailable):
    """The port to listen on is taken."""

    def __init__(self, address: str, *, owner: str = "") -> None:
        super().__init__(
            f"{address} is in use by {owner or 'another process'}",
            hint="choose another port with --port, or --port 0 for a free one",
        )
        self.address = address
        self.owner = owner


class SourceUnavailable(Unavailable):
    """A URL or local file could not be read to its end."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"{source}: {reason}", hint="nothing was written")
        self.source = source


class Retry(Unavailable):
    """The store changed underneath; the same request again will do."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason}; try again")


# Corrupt


class ContentCorrupt(Corrupt):
    """Bytes of a file are missing or do not match their digest."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(f"{what} is damaged: {reason}")


class StoreCorrupt(Corrupt):
    """The store's own records contradict each other."""


# Unsupported


class StoreTooNew(Unsupported):
    """The store was written by a later release."""

    def __init__(self, directory: str, found: str, known: str) -> None:
        super().__init__(
            f"the store at {directory} has format {found}, this pachlite knows {known}",
            hint="upgrade pachlite, or set PACHLITE_HOME to another store",
        )


class NetworkFileSystem(Unsupported):
    """SQLite's locks do not work on network file systems."""

    def __init__(self, directory: str, kind: str) -> None:
        super().__init__(
            f"the store at {directory} is on a network file system ({kind}), whose locks cannot "
            "be trusted",
            hint="set PACHLITE_HOME to a local disk, or run pachlite serve s3 where the disk is",
        )


class NoIdentityProvider(Unsupported):
    """pachlite knows tokens and keys; it asks no other service who somebody is."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} needs an identity provider, and pachlite has none",
            hint="users get tokens from an administrator: pachlite auth get-auth-token alice",
        )


# LimitExceeded


class DiskFull(LimitExceeded):
    """No space is left; nothing of the request was kept."""

    def __init__(self, where: str) -> None:
        super().__init__(f"no space left on {where}", hint="free some space and try again")
        self.where = where


class FileTooLarge(LimitExceeded):
    """The file is larger than the limit of the operation."""

    def __init__(self, size_bytes: int, limit_bytes: int) -> None:
        super().__init__(f"{size_bytes} bytes are more than the limit of {limit_bytes}")
        self.size_bytes = size_bytes
        self.limit_bytes = limit_bytes


def _shorten(path: str) -> str:
    """Return a printable form of a path that may be hostile."""
    shown = path if len(path) <= _SHOWN_CHARACTERS else path[: _SHOWN_CHARACTERS - 3] + "..."
    return shown if shown.isprintable() else ascii(shown)
