"""The commands of job submissions."""

from jobbergate_cli.running import JobSubmissionResponse, command, nothing, one

_GROUP = ["job-submissions"]
_ONE = {"job_submission_id": "", "job_submission_id_option": "--id"}
_LIST = {
    "show_all": ("--all", None),
    "search": "--search",
    "sort_order": "--sort-order",
    "sort_field": "--sort-field",
    "from_job_script_id": "--from-job-script-id",
    "include_archived": ("--include-archived", None),
    "page": "--page",
    "size": "--size",
}
_CREATE = {
    "job_script_id": "",
    "name": "--name",
    "job_script_id_option": "--job-script-id",
    "description": "--description",
    "cluster_name": "--cluster-name",
    "execution_directory": "--execution-directory",
    "sbatch_arguments": "--sbatch-arguments",
    "download": ("--download", "--no-download"),
}

create = command("create", _GROUP + ["create"], _CREATE, one(JobSubmissionResponse))
list_all = command("list_all", _GROUP + ["list"], _LIST, nothing)
get_one = command("get_one", _GROUP + ["get-one"], _ONE, one(JobSubmissionResponse))
delete = command("delete", _GROUP + ["delete"], _ONE, nothing)
clone = command("clone", _GROUP + ["clone"], _ONE, nothing)
cancel = command("cancel", _GROUP + ["cancel"], _ONE, nothing)
