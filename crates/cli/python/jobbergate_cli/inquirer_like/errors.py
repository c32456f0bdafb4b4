"""What is wrong with a question or an answer."""


class InquirerError(Exception):
    pass


class ValidationError(InquirerError):
    def __init__(self, value, reason=None, *args):
        super().__init__(value, *args)
        self.value = value
        self.reason = reason


class UnknownQuestionTypeError(InquirerError):
    pass


class Aborted(InquirerError):
    pass


class EndOfInput(InquirerError):
    def __init__(self, selection, *args):
        super().__init__(*args)
        self.selection = selection
