"""The two ways in which an operation leaves a plan for the reference executor."""


class Unsupported(Exception):
    """No plan can be made of the operation: it asks for what plans do not know."""


class Discarded(Exception):
    """A plan met what it does not know at run time: an error, or a null or value that may not be there."""
