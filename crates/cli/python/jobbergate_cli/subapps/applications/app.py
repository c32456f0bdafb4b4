"""The commands of applications."""

from jobbergate_cli.running import ApplicationResponse, command, nothing, one, paths

_GROUP = ["applications"]
_ONE = {"id_or_identifier": "", "application_id": "--id", "identifier": "--identifier"}
_SAID = {"application_desc": "--application-desc", "application_name": "--application-name"}
_LIST = {
    "show_all": ("--all", None),
    "user_only": ("--user", None),
    "search": "--search",
    "sort_order": "--sort-order",
    "sort_field": "--sort-field",
    "include_archived": ("--include-archived", None),
    "page": "--page",
    "size": "--size",
}
_CREATE = {
    "name": "--name",
    "application_path": "--application-path",
    "identifier": "--identifier",
    "application_desc": "--application-desc",
}
_UPDATE = {
    "application_path": "--application-path",
    "update_identifier": "--update-identifier",
    "is_archived": ("--is-archived", None),
    **_SAID,
    **_ONE,
}

list_all = command("list_all", _GROUP + ["list"], _LIST, nothing)
get_one = command("get_one", _GROUP + ["get-one"], _ONE, one(ApplicationResponse))
create = command("create", _GROUP + ["create"], _CREATE, one(ApplicationResponse))
update = command("update", _GROUP + ["update"], _UPDATE, one(ApplicationResponse))
clone = command(
    "clone",
    _GROUP + ["clone"],
    {**_ONE, "application_identifier": "--application-identifier", **_SAID},
    one(ApplicationResponse),
)
delete = command("delete", _GROUP + ["delete"], _ONE, nothing)
download_files = command("download_files", _GROUP + ["download-files"], _ONE, paths)
