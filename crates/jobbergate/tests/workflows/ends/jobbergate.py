import sys


class JobbergateApplication:
    def __init__(self, **more):
        pass

    jobbergate_config, application_config = {}, {}

    def mainflow(self, data):
        sys.exit(3)
