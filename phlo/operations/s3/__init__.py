"""Amazon's S3 protocol, as far as the operations `s3_bucket`, `s3_download` and `s3_upload` need it.

Requests are signed on the control machine, which knows the keys, and sent from inside a container of the project,
which alone reaches the store. See docs/architecture/decisions/0013.
"""
