"""The objects of the API."""

import pathlib
import time

from jobbergate_core.sdk.errors import JobSubmissionRejectedError, JobSubmissionTimeoutError
from jobbergate_core.sdk.server import Server, given

TEMPLATES, SCRIPTS, SUBMISSIONS = "job-script-templates", "job-scripts", "job-submissions"


class Apps:
    def __init__(self, client=None):
        server = Server()
        self.clusters = Clusters(server)
        self.job_templates = JobTemplates(server)
        self.job_scripts = JobScripts(server)
        self.job_submissions = JobSubmissions(server)

    @classmethod
    def build(cls, base_url=None, login_url=None, token_dir=None, client_kwargs=None, auth_kwargs=None):
        """The server of the running command, whatever is named."""
        return cls()


class Clusters:
    def __init__(self, server):
        self._server = server

    def get_list(self, size=50, page=1):
        return self._server.json("GET", ["clusters", "status"], 200, query={"size": size, "page": page})

    def get_one(self, client_id):
        return self._server.json("GET", ["clusters", "status", client_id], 200)


class _Things:
    """What can be listed, had, deleted and cloned."""

    def __init__(self, server, kind):
        self._server = server
        self._kind = kind

    def get_one(self, which):
        return self._server.json("GET", [self._kind, which], 200)

    def delete(self, which):
        self._server.send("DELETE", [self._kind, which], 204)

    def _list(self, query):
        return self._server.json("GET", [self._kind], 200, query=given(query))

    def _create(self, body):
        return self._server.json("POST", [self._kind], 201, body=given(body))

    def _update(self, which, body):
        return self._server.json("PUT", [self._kind, which], 200, body=given(body))

    def _clone(self, which, body):
        return self._server.json("POST", [self._kind, "clone", which], 201, body=given(body) or None)


class _Files:
    """What is below `upload`."""

    def __init__(self, server, kind, *folder):
        self._server = server
        self._kind = kind
        self._folder = folder

    def _path(self, which, *rest):
        return [self._kind, which, "upload", *self._folder, *rest]

    def upsert(self, which, file_type, path):
        self._server.send("PUT", self._path(which, getattr(file_type, "value", file_type)), 200, file=path)

    def delete(self, which, filename):
        self._server.send("DELETE", self._path(which, filename), 200)

    def download(self, which, filename, directory=None):
        return self._write(self._path(which, filename), filename, directory)

    def _write(self, path, filename, directory):
        content = self._server.content(path)
        target = pathlib.Path(directory or pathlib.Path.cwd()) / pathlib.PurePath(filename).name
        target.write_bytes(content)
        return target


class _Workflow(_Files):
    def upsert(self, which, file_path=None, runtime_config=None):
        self._server.send("PUT", self._path(which), 200, file=file_path, runtime_config=runtime_config)

    def delete(self, which):
        self._server.send("DELETE", self._path(which), 200)

    def download(self, which, directory=None):
        return self._write(self._path(which), "jobbergate.py", directory)


class _TemplateFiles:
    def __init__(self, server):
        self.template = _Files(server, TEMPLATES, "template")
        self.workflow = _Workflow(server, TEMPLATES, "workflow")


class JobTemplates(_Things):
    def __init__(self, server):
        super().__init__(server, TEMPLATES)
        self.files = _TemplateFiles(server)

    def get_list(
        self,
        include_null_identifier=False,
        sort_ascending=True,
        user_only=False,
        search=None,
        sort_field=None,
        include_archived=False,
        size=50,
        page=1,
    ):
        query = dict(vars())
        del query["self"]
        return self._list(query)

    def create(self, name, *, identifier=None, description=None, template_vars=None):
        body = {"name": name, "identifier": identifier, "description": description, "template_vars": template_vars}
        return self._create(body)

    def update(self, which, *, name=None, identifier=None, description=None, template_vars=None, is_archived=None):
        body = {"name": name, "identifier": identifier, "description": description, "template_vars": template_vars}
        return self._update(which, {**body, "is_archived": is_archived})

    def clone(self, which, *, name=None, identifier=None, description=None, template_vars=None):
        body = {"name": name, "identifier": identifier, "description": description, "template_vars": template_vars}
        return self._clone(which, body)


class JobScripts(_Things):
    def __init__(self, server):
        super().__init__(server, SCRIPTS)
        self.files = _Files(server, SCRIPTS)

    def get_list(
        self,
        sort_ascending=True,
        user_only=False,
        search=None,
        sort_field=None,
        include_archived=False,
        include_parent=False,
        from_job_script_template_id=None,
        size=50,
        page=1,
    ):
        query = dict(vars())
        del query["self"]
        return self._list(query)

    def create(self, name, description=None):
        return self._create({"name": name, "description": description})

    def update(self, which, *, name=None, description=None, is_archived=None):
        return self._update(which, {"name": name, "description": description, "is_archived": is_archived})

    def clone(self, which, *, name=None, description=None):
        return self._clone(which, {"name": name, "description": description})

    def render_from_template(
        self, which, name, *, template_output_name_mapping, param_dict, description=None, sbatch_params=None
    ):
        body = {
            "create_request": {"name": name, "description": description},
            "render_request": {
                "template_output_name_mapping": template_output_name_mapping,
                "sbatch_params": sbatch_params,
                "param_dict": {"data": param_dict},
            },
        }
        return self._server.json("POST", [SCRIPTS, "render-from-template", which], 201, body=body)


class JobSubmissions(_Things):
    def __init__(self, server):
        super().__init__(server, SUBMISSIONS)

    def get_list(
        self,
        sort_ascending=True,
        user_only=False,
        search=None,
        sort_field=None,
        include_archived=False,
        include_parent=False,
        slurm_job_ids=None,
        slurm_status=None,
        from_job_script_id=None,
        size=50,
        page=1,
    ):
        query = dict(vars())
        del query["self"]
        query["slurm_job_ids"] = ",".join(map(str, slurm_job_ids)) if slurm_job_ids else None
        return self._list(query)

    def create(
        self,
        job_script_id,
        name,
        *,
        description=None,
        slurm_job_id=None,
        execution_directory=None,
        client_id=None,
        sbatch_arguments=None,
    ):
        body = dict(vars())
        del body["self"]
        return self._create(body)

    def update(self, which, *, name=None, description=None, execution_directory=None, status=None):
        body = {"name": name, "description": description, "execution_directory": execution_directory}
        return self._update(which, {**body, "status": status})

    def clone(self, which):
        return self._clone(which, {})

    def cancel(self, which):
        return self._server.json("PUT", [SUBMISSIONS, "cancel", which], 200)

    def get_one_ensure_slurm_id(self, which, max_retries=8, waiting_interval=15):
        for attempt in range(max_retries + 1):
            submission = self.get_one(which)
            if submission.slurm_job_id is not None:
                return submission
            if submission.status == "REJECTED":
                raise JobSubmissionRejectedError(f"Job submission {which} was rejected", submission)
            if attempt < max_retries:
                time.sleep(waiting_interval)
        raise JobSubmissionTimeoutError(f"Job submission {which} has no job in Slurm yet", submission)
