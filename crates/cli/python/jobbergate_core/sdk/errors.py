"""What goes wrong with the server."""


class JobbergateResponseError(Exception):
    """The server refused."""

    def __init__(self, message, status_code):
        super().__init__(message)
        self.status_code = status_code


class JobSubmissionRejectedError(ValueError):
    def __init__(self, message, submission):
        super().__init__(message)
        self.submission = submission


class JobSubmissionTimeoutError(TimeoutError):
    def __init__(self, message, submission):
        super().__init__(message)
        self.submission = submission
