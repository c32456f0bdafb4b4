import csv
import os
import pathlib

from jobbergate_cli.subapps.applications.application_base import JobbergateApplicationBase
from jobbergate_cli.subapps.applications.questions import Integer, List


class JobbergateApplication(JobbergateApplicationBase):
    def mainflow(self, data):
        with open("cases.csv") as file:
            rows = {row["case"]: row for row in csv.DictReader(file)}
        data["nextworkflow"] = "size"
        self._rows = rows
        return [List("case", message="Case of {}".format(os.environ["PROJECT"]), choices=sorted(rows))]

    def size(self, data):
        row = self._rows[data["case"]]
        data["mesh_file"] = pathlib.Path("meshes") / row["mesh"]
        return [Integer("ranks", message="Ranks", default=int(row["cells"]) // 1000)]
