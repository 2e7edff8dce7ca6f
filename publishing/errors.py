"""What goes wrong when pages are made, and can be mended by a person: the message says where and what to do."""

from attendance.errors import MendableError


class PublishingError(MendableError):
    """Something in a definition, in the data or on the machine stands in the way of the pages."""
