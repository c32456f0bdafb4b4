"""The commands of job scripts."""

from jobbergate_cli.running import (
    JobScriptFile,
    JobScriptResponse,
    JobSubmissionResponse,
    command,
    nothing,
    one,
    paths,
)

_GROUP = ["job-scripts"]
_ONE = {"job_script_id": "", "job_script_id_option": "--id"}
_LIST = {
    "show_all": ("--all", None),
    "search": "--search",
    "sort_order": "--sort-order",
    "sort_field": "--sort-field",
    "from_application_id": "--from-application-id",
    "include_archived": ("--include-archived", None),
    "page": "--page",
    "size": "--size",
}
_RENDER = {
    "name": "--name",
    "sbatch_params": "--sbatch-params",
    "param_file": "--param-file",
    "fast": ("--fast", None),
    "param_dict": "--param-dict",
}
_CREATE = {
    "id_or_identifier": "",
    "application_id": "--application-id",
    "application_identifier": "--application-identifier",
    "description": "--description",
    "download": ("--download", "--no-download"),
    "submit": ("--submit", "--no-submit"),
    "cluster_name": "--cluster-name",
    "execution_directory": "--execution-directory",
    **_RENDER,
}
_ALONE = {
    "name": "--name",
    "job_script_path": "",
    "job_script_path_option": "--job-script-path",
    "supporting_file_path": "--supporting-file",
    "description": "--description",
}


def _created(answer):
    script, *submission = answer["shown"]
    return JobScriptResponse(script), JobSubmissionResponse(submission[0]) if submission else None


list_all = command("list_all", _GROUP + ["list"], _LIST, nothing)
get_one = command("get_one", _GROUP + ["get-one"], _ONE, one(JobScriptResponse))
create = command("create", _GROUP + ["create"], _CREATE, _created)
create_locally = command(
    "create_locally",
    _GROUP + ["create-locally"],
    {"application_path": "", "output_path": "--output-path", **_RENDER},
    paths,
)
create_stand_alone = command("create_stand_alone", _GROUP + ["create-stand-alone"], _ALONE, one(JobScriptResponse))
update = command(
    "update",
    _GROUP + ["update"],
    {**_ONE, "name": "--name", "description": "--description", "is_archived": ("--is-archived", None)},
    one(JobScriptResponse),
)
clone = command(
    "clone", _GROUP + ["clone"], {**_ONE, "name": "--name", "description": "--description"}, one(JobScriptResponse)
)
delete = command("delete", _GROUP + ["delete"], _ONE, nothing)
show_files = command("show_files", _GROUP + ["show-files"], {**_ONE, "plain": ("--plain", None)}, nothing)
download_files = command(
    "download_files",
    _GROUP + ["download-files"],
    _ONE,
    lambda answer: [JobScriptFile({"filename": path.name, "path": path}) for path in paths(answer)],
)
