"""What a script does with the library jobbergate-core: its log-in, its SDK, and its tools for Slurm."""

from pathlib import Path

import httpx
from jobbergate_core import JobbergateAuthHandler
from jobbergate_core.sdk import Apps
from jobbergate_core.tools.sbatch import InfoHandler, ScancelHandler, SubmissionHandler, inject_sbatch_params

import lab
from report import Report, expect, expect_in

CLIENT = "jobbergate-core 5.12.0"
TOKENS = lab.DIRECTORY / "tokens"
LOGIN_URL = f"http://{lab.REALM}"
SCRIPT = "#!/bin/sh\n#SBATCH -p compute\nsleep 1\necho done >result.txt\n"
# The library sends forms where the API takes JSON, whichever server it is.
AS_EVER = "refused, as ever: it sends a form"


def story():
    report = Report(CLIENT)
    authentication(report)
    apps = Apps.build(lab.URL, LOGIN_URL, TOKENS)
    clusters(report, apps)
    template = job_templates(report, apps)
    script = job_scripts(report, apps, template)
    job_submissions(report, apps, script)
    slurm_tools(report)
    log_out(report)


def authentication(report):
    def handler(**more):
        return JobbergateAuthHandler(TOKENS, LOGIN_URL, **more)

    with report.operation("login (approved in a browser)"):
        handler(login_url_handler=lambda device: lab.allow(device.verification_uri_complete)).login()
        expect("e-mail", handler().get_identity_data().email, lab.EMAIL)
    with report.operation("client credentials"):
        identity = {"login_client_id": lab.PYTHON_CLUSTER, "login_client_secret": lab.PYTHON_SECRET}
        bearer = JobbergateAuthHandler(lab.DIRECTORY / "machine", LOGIN_URL, **identity).acquire_access()
        pending = lab.api.get("/job-submissions/agent/pending", headers={"Authorization": bearer})
        pending.raise_for_status()
    with report.operation("token refresh"):
        (TOKENS / "access.token").write_text(lab.EXPIRED_TOKEN)
        bearer = handler().acquire_access()
        if lab.EXPIRED_TOKEN in bearer:
            raise AssertionError("the token is the old one")
        lab.api.get("/job-scripts", headers={"Authorization": bearer}).raise_for_status()


def refused(operation):
    """Expects the API's answer to a form."""
    try:
        operation()
    except httpx.HTTPStatusError as error:
        expect("status", error.response.status_code, 422)
        return
    raise AssertionError("it is accepted")


def clusters(report, apps):
    with report.operation("clusters.get_list, get_one", "404, as ever: it asks for cluster/status"):
        for ask in (apps.clusters.get_list, lambda: apps.clusters.get_one(lab.CLUSTER)):
            try:
                ask()
            except httpx.HTTPStatusError as error:
                expect("status", error.response.status_code, 404)
            else:
                raise AssertionError("it is found")


def job_templates(report, apps):
    api = apps.job_templates
    for number in (1, 2, 3):
        body = {"name": f"Core {number}", "identifier": f"core-{number}", "template_vars": {"n": number}}
        lab.post("/job-script-templates", body)
    there = lab.DIRECTORY / "template"
    there.mkdir()
    (there / "core.sh.j2").write_text(SCRIPT.replace("done", "{{ data.n }}"))
    (there / "jobbergate.py").write_text("answer = 42\n")
    with report.operation("job_templates.create, update", AS_EVER):
        refused(lambda: api.create("Core 4"))
        refused(lambda: api.update("core-1", name="Core 4"))
        refused(lambda: api.clone("core-1", name="Core 4"))
    with report.operation("job_templates.get_list"):
        page = api.get_list(search="core", sort_field="name", sort_ascending=False, size=2, page=2)
        expect("names", [it.name for it in page.items], ["Core 1"])
        expect("total", (page.total, page.pages), (3, 2))
    with report.operation("job_templates.get_one"):
        expect("parameters", api.get_one("core-2").template_vars, {"n": 2})
    with report.operation("job_templates.files.template"):
        api.files.template.upsert("core-1", "ENTRYPOINT", there / "core.sh.j2")
        stored = lab.get("/job-script-templates/core-1")["template_files"]
        expect("stored", [it["filename"] for it in stored], ["core.sh.j2"])
        there.joinpath("down").mkdir()
        api.files.template.download("core-1", "core.sh.j2", there / "down")
        expect("text", (there / "down/core.sh.j2").read_text(), (there / "core.sh.j2").read_text())
        api.files.template.upsert("core-2", "ENTRYPOINT", there / "core.sh.j2")
        api.files.template.delete("core-2", "core.sh.j2")
        expect("left", lab.get("/job-script-templates/core-2")["template_files"], [])
    with report.operation("job_templates.files.workflow"):
        api.files.workflow.upsert("core-1", there / "jobbergate.py", {"default_template": "core.sh.j2"})
        [stored] = lab.get("/job-script-templates/core-1")["workflow_files"]
        expect("settings", stored["runtime_config"]["default_template"], "core.sh.j2")
        api.files.workflow.download("core-1", there / "down")
        expect("text", (there / "down/jobbergate.py").read_text(), "answer = 42\n")
        api.files.workflow.delete("core-1")
        expect("left", lab.get("/job-script-templates/core-1")["workflow_files"], [])
    with report.operation("job_templates.clone"):
        clone = api.clone("core-1")
        expect("files", len(lab.get(f"/job-script-templates/{clone.id}")["template_files"]), 1)
    with report.operation("job_templates.delete"):
        api.delete(clone.id)
        expect("the clone", lab.is_there(f"/job-script-templates/{clone.id}"), False)
    return "core-1"


def job_scripts(report, apps, template):
    api = apps.job_scripts
    rendering = {
        "create_request": {"name": "core script"},
        "render_request": {
            "template_output_name_mapping": {"core.sh.j2": "core.sh"},
            "param_dict": {"data": {"n": 1}},
        },
    }
    script = lab.post(f"/job-scripts/render-from-template/{template}", rendering)["id"]
    file = lab.DIRECTORY / "notes.txt"
    file.write_text("ü\n")
    with report.operation("job_scripts.create, update, render_from_template", AS_EVER):
        refused(lambda: api.create("core", "none"))
        refused(lambda: api.update(script, name="core"))
        mapping = {"core.sh.j2": "core.sh"}
        refused(
            lambda: api.render_from_template(
                template, "core", template_output_name_mapping=mapping, param_dict={"data": {"n": 1}}
            )
        )
    with report.operation("job_scripts.get_list"):
        page = api.get_list(search="core", include_parent=True)
        expect("names", [it.name for it in page.items], ["core script"])
        parent = lab.get(f"/job-script-templates/{template}")["id"]
        expect("of template", api.get_list(from_job_script_template_id=parent).total, 1)
    with report.operation("job_scripts.get_one"):
        expect("files", [it.filename for it in api.get_one(script).files], ["core.sh"])
    with report.operation("job_scripts.files"):
        api.files.upsert(script, "SUPPORT", file)
        expect("stored", lab.file_of(script, "notes.txt"), "ü\n")
        there = lab.DIRECTORY / "script"
        there.mkdir()
        api.files.download(script, "notes.txt", there)
        expect("text", (there / "notes.txt").read_text(), "ü\n")
        api.files.delete(script, "notes.txt")
        expect("left", len(lab.get(f"/job-scripts/{script}")["files"]), 1)
    with report.operation("job_scripts.clone"):
        clone = api.clone(script)
        expect("text", lab.file_of(clone.id, "core.sh"), lab.file_of(script, "core.sh"))
    with report.operation("job_scripts.delete"):
        api.delete(clone.id)
        expect("the clone", lab.is_there(f"/job-scripts/{clone.id}"), False)
    return script


def job_submissions(report, apps, script):
    api = apps.job_submissions

    def submit(name, directory, *arguments):
        body = {"name": name, "job_script_id": script, "client_id": lab.CLUSTER}
        body |= {"execution_directory": str(directory), "sbatch_arguments": list(arguments)}
        return lab.post("/job-submissions", body)["id"]

    there = lab.work("jobs")
    with report.operation("job_submissions.create, update", AS_EVER):
        refused(lambda: api.create(script, "core", client_id=lab.CLUSTER))
    first = submit("core job", there)
    with report.operation("job_submissions.get_one_ensure_slurm_id"):
        job = api.get_one_ensure_slurm_id(first, max_retries=60, waiting_interval=1).slurm_job_id
        expect("user", lab.slurm_job(job)[1], lab.USER)
        lab.until_status(first, "DONE")
        expect("result", (there / "result.txt").read_text(), "1\n")
    with report.operation("job_submissions.get_one_ensure_slurm_id (rejected)"):
        bad = submit("core rejected", there, "--partition=none")
        try:
            api.get_one_ensure_slurm_id(bad, max_retries=60, waiting_interval=1)
        except ValueError as error:
            expect("submission", error.submission.id, bad)
        else:
            raise AssertionError("it has a job")
    with report.operation("job_submissions.get_one_ensure_slurm_id (too long)"):
        try:
            api.get_one_ensure_slurm_id(submit_elsewhere(script), max_retries=1, waiting_interval=1)
        except TimeoutError as error:
            expect("name", error.submission.name, "core elsewhere")
        else:
            raise AssertionError("it has a job")
    with report.operation("job_submissions.get_one"):
        seen = api.get_one(first)
        expect("job", (seen.slurm_job_id, str(seen.slurm_job_state)), (job, "COMPLETED"))
    with report.operation("job_submissions.get_list"):
        page = api.get_list(search="core", sort_field="name", sort_ascending=True, size=2, page=2)
        expect("names", [it.name for it in page.items], ["core rejected"])
        expect("by job", [it.id for it in api.get_list(slurm_job_ids=[job, 4711]).items], [first])
        expect("by script", api.get_list(from_job_script_id=script, include_parent=True).total, 3)
    with report.operation("job_submissions.clone, cancel"):
        held = submit("core held", there, "--hold")
        job = api.get_one_ensure_slurm_id(held, max_retries=60, waiting_interval=1).slurm_job_id
        api.cancel(held)
        expect("status", lab.get(f"/job-submissions/{held}")["status"], "CANCELLED")
        lab.until_slurm(job, "CANCELLED")
        clone = api.clone(first)
        lab.until_status(clone.id, "DONE")
    with report.operation("job_submissions.delete"):
        api.delete(clone.id)
        expect("the clone", lab.is_there(f"/job-submissions/{clone.id}"), False)


def submit_elsewhere(script):
    """Submits to a cluster whose agent takes its time."""
    body = {"name": "core elsewhere", "job_script_id": script, "client_id": lab.SILENT_CLUSTER}
    return lab.post("/job-submissions", body)["id"]


def slurm_tools(report):
    with report.operation("tools.sbatch"):
        there = lab.work("site")
        script = there / "site.sh"
        text = SCRIPT.replace("sleep 1", "sleep 120")
        script.write_text(inject_sbatch_params(text, ["--time=3"], "Core"))
        expect_in("script", "#SBATCH --time=3\n", script.read_text())
        job = SubmissionHandler(Path(lab.SBATCH_AS_USER), there).submit_job(script)
        expect("user", lab.slurm_job(job)[1], lab.USER)
        expect("job", InfoHandler(lab.SCONTROL).get_job_info(job)["job_id"], job)
        ScancelHandler(Path("/usr/bin/scancel")).cancel_job(job)
        lab.until_slurm(job, "CANCELLED")


def log_out(report):
    with report.operation("logout"):
        JobbergateAuthHandler(TOKENS, LOGIN_URL).logout()
        expect("token files", list(TOKENS.glob("*.token")), [])


story()
