"""What the reference of S3's operations says about those that need a word."""

from __future__ import annotations

from typing import Final

_OWNER: Final = "the owner has full control, nobody else any"
_LISTS: Final = "what says so already is accepted, anything else is `AccessControlListNotSupported`"
_GONE: Final = "success, since there is never one"
_UNLOCKED: Final = "`InvalidRequest`: the bucket has no object lock"
_FIXED: Final = "commits never change, but nothing keeps them from being deleted"

NOTES: Final = {
    "CreateBucket": "any location; ACLs as for PutBucketAcl; object lock is 501",
    "DeleteBucket": "the branch must be empty; its history stays",
    "GetBucketLocation": "what was asked for when the bucket was made",
    "GetBucketVersioning": "always `Enabled`",
    "GetBucketOwnershipControls": "kept; there is one owner, whatever it says",
    "PutBucketOwnershipControls": "kept; there is one owner, whatever it says",
    "GetPublicAccessBlock": "kept; nothing is public, whatever it says",
    "PutPublicAccessBlock": "kept; nothing is public, whatever it says",
    "PutBucketVersioning": "`Enabled`; suspending is 501",
}
"""About operations that are supported."""

POLITE: Final = {
    "DeleteBucketEncryption": _GONE,
    "DeleteBucketLifecycle": _GONE,
    "DeleteBucketPolicy": _GONE,
    "DeleteBucketReplication": _GONE,
    "DeleteBucketWebsite": _GONE,
    "GetBucketAcl": _OWNER,
    "GetBucketEncryption": "`ServerSideEncryptionConfigurationNotFoundError`",
    "GetBucketLifecycle": "`NoSuchLifecycleConfiguration`",
    "GetBucketLifecycleConfiguration": "`NoSuchLifecycleConfiguration`",
    "GetBucketLogging": "empty",
    "GetBucketNotification": "empty",
    "GetBucketNotificationConfiguration": "empty",
    "GetBucketPolicy": "`NoSuchBucketPolicy`",
    "GetBucketPolicyStatus": "`NoSuchBucketPolicy`",
    "GetBucketReplication": "`ReplicationConfigurationNotFoundError`",
    "GetBucketRequestPayment": "`BucketOwner`",
    "GetBucketWebsite": "`NoSuchWebsiteConfiguration`",
    "GetObjectAcl": _OWNER,
    "GetObjectLegalHold": _UNLOCKED,
    "GetObjectLockConfiguration": "`ObjectLockConfigurationNotFoundError`",
    "GetObjectRetention": _UNLOCKED,
    "ListDirectoryBuckets": "cannot be told from ListBuckets, and is answered as that",
    "PutBucketAcl": _LISTS,
    "PutObjectAcl": _LISTS,
    "PutObjectLegalHold": _UNLOCKED,
    "PutObjectRetention": _UNLOCKED,
}
"""About operations that have an answer, but nothing behind it."""

REASONS: Final = {
    "abac": "access is decided by roles",
    "accelerate": "there is one place only",
    "analytics": "nothing is analysed",
    "annotation": "objects have metadata and tags",
    "encryption": "nothing is encrypted by the gateway",
    "intelligent-tiering": "there is one storage class",
    "inventory": "list the bucket, or use `pachlite list file`",
    "lifecycle": "nothing expires on its own",
    "logging": "the gateway has a log of its own",
    "metadataAnnotationTable": "there are no metadata tables",
    "metadataConfiguration": "there are no metadata tables",
    "metadataInventoryTable": "there are no metadata tables",
    "metadataJournalTable": "there are no metadata tables",
    "metadataTable": "there are no metadata tables",
    "metrics": "the gateway has metrics of its own",
    "notification": "nobody is notified",
    "object-lock": _FIXED,
    "policy": "access is decided by roles",
    "renameObject": "copy and delete do the same",
    "replication": "nothing is replicated by the gateway",
    "requestPayment": "nobody pays",
    "restore": "nothing is archived",
    "select": "objects are served as they are",
    "session": "there are no directory buckets",
    "torrent": "objects are served over HTTP",
    "website": "buckets are no websites",
    "x-amz-request-route": "objects are served as they are",
}
"""Why an operation is not implemented, by what asks for it."""
