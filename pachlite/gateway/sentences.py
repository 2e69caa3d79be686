"""What S3 itself says for a code, word for word, since programs compare it. It knows no request.

An error document has that sentence as its message, and ours beside it, which says more. Codes that
S3 uses for many different things are not here: there our message is the only one.
"""

from __future__ import annotations

from typing import Final

SENTENCES: Final = {
    "BadDigest": "The Content-MD5 you specified did not match what we received.",
    "BucketAlreadyOwnedByYou": (
        "Your previous request to create the named bucket succeeded and you already own it."
    ),
    "BucketNotEmpty": "The bucket you tried to delete is not empty.",
    "EntityTooLarge": "Your proposed upload exceeds the maximum allowed object size.",
    "EntityTooSmall": "Your proposed upload is smaller than the minimum allowed size",
    "IncompleteBody": "The request body terminated unexpectedly",
    "InvalidAccessKeyId": "The AWS Access Key Id you provided does not exist in our records.",
    "InvalidBucketName": "The specified bucket is not valid.",
    "InvalidChunkSizeError": ("Only the last chunk is allowed to have a size less than 8192 bytes"),
    "InvalidDigest": "The Content-Md5 you specified is not valid.",
    "InvalidPart": (
        "One or more of the specified parts could not be found.  The part may not have been "
        "uploaded, or the specified entity tag may not match the part's entity tag."
    ),
    "InvalidPartNumber": "The requested partnumber is not satisfiable.",
    "InvalidPartOrder": (
        "The list of parts was not in ascending order. Parts must be ordered by part number."
    ),
    "InvalidRange": "The requested range is not satisfiable",
    "KeyTooLongError": "Your key is too long.",
    "MalformedACLError": (
        "The XML you provided was not well-formed or did not validate against our published schema."
    ),
    "MalformedXML": (
        "The XML you provided was not well-formed or did not validate against our published schema."
    ),
    "MalformedTrailerError": (
        "The request contained trailing data that was not well-formed or did not conform to our "
        "published schema."
    ),
    "MetadataTooLarge": "Your metadata headers exceed the maximum allowed metadata size",
    "MethodNotAllowed": "The specified method is not allowed against this resource.",
    "MissingContentLength": "You must provide the Content-Length HTTP header.",
    "NoSuchBucket": "The specified bucket does not exist.",
    "NoSuchKey": "The specified key does not exist.",
    "NoSuchUpload": (
        "The specified multipart upload does not exist. The upload ID may be invalid, or the "
        "upload may have been aborted or completed."
    ),
    "NoSuchVersion": "The specified version does not exist.",
    "PreconditionFailed": "At least one of the pre-conditions you specified did not hold.",
    "XAmzContentSHA256Mismatch": (
        "The provided 'x-amz-content-sha256' header does not match what was computed."
    ),
}
