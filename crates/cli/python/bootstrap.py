# Understood by every Python, so that one that is too old can be told so.
import os
import sys

DESCRIPTOR = int(sys.argv[1])
# The working directory is the user's: nothing in it takes the place of a library.
if sys.path and sys.path[0] == "":
    del sys.path[0]
os.write(DESCRIPTOR, ('{"python": [%d, %d, %d]}\n' % tuple(sys.version_info[:3])).encode("ascii"))
if sys.version_info < (3, 8):
    sys.exit(1)

import importlib  # noqa: E402
import importlib.abc  # noqa: E402
import importlib.machinery  # noqa: E402
import json  # noqa: E402

os.set_inheritable(DESCRIPTOR, False)
READER = os.fdopen(DESCRIPTOR, "rb")
SOURCES = json.loads(READER.readline().decode("utf-8"))


class Shipped(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Finds the modules that came with the program, before any that are installed."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname not in SOURCES:
            return None
        package = self.is_package(fullname)
        return importlib.machinery.ModuleSpec(fullname, self, origin="jobbergate", is_package=package)

    def is_package(self, fullname):
        return any(name.startswith(fullname + ".") for name in SOURCES)

    def get_source(self, fullname):
        return SOURCES[fullname]

    def get_code(self, fullname):
        return compile(SOURCES[fullname], "<jobbergate>/" + fullname.replace(".", "/"), "exec", dont_inherit=True)


class InPlaceOfInquirer(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """`inquirer`, for workflows that import it, where it is not installed."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname.split(".")[0] != "inquirer" or self._own(fullname) not in SOURCES:
            return None
        package = fullname == "inquirer"
        return importlib.machinery.ModuleSpec(fullname, self, origin="jobbergate", is_package=package)

    def create_module(self, spec):
        return importlib.import_module(self._own(spec.name))

    def exec_module(self, module):
        pass

    @staticmethod
    def _own(fullname):
        return "jobbergate_cli.inquirer_like" + fullname[len("inquirer") :]


sys.meta_path.insert(0, Shipped())
sys.meta_path.append(InPlaceOfInquirer())

from jobbergate_cli import bridge, workflow  # noqa: E402

bridge.open(READER, DESCRIPTOR)
workflow.main()
