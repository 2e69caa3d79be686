"""What S3 itself says for a code, word for word, since programs compare it. It knows no request.

An error document has that sentence as its message, and ours beside it, which says more. Codes that
S3 uses for many different things are not here: there our message is the only one.
"""

from __future__ import annotations

from typing import Final

SENTENCES: Final = {
    "BucketAlreadyOwnedByYou": (
        "Your previous request to create the named bucket succeeded and you already own it."
    ),
    "BucketNotEmpty": "The bucket you tried to delete is not empty.",
    "IncompleteBody": (
        "You did not provide the number of bytes specified by the Content-Length HTTP header"
    ),
    "InvalidBucketName": "The specified bucket is not valid.",
    "InvalidPart": (
        "One or more of the specified parts could not be found. The part may not have been "
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
    "MethodNotAllowed": "The specified method is not allowed against this resource.",
    "NoSuchBucket": "The specified bucket does not exist.",
    "NoSuchKey": "The specified key does not exist.",
    "NoSuchUpload": (
        "The specified multipart upload does not exist. The upload ID may be invalid, or the "
        "upload may have been aborted or completed."
    ),
    "NoSuchVersion": "The specified version does not exist.",
    "PreconditionFailed": "At least one of the pre-conditions you specified did not hold.",
}
