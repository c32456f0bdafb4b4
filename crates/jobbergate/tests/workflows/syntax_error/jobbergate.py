class JobbergateApplication:
    def mainflow(self, data)
        return []
