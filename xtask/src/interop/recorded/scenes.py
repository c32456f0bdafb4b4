"""All commands of the Python command line with all their options, and what people do wrong with them."""

import re

import lab
from recorded import reasons as why
from recorded.proxy import PATIENCE
from recorded.server import ALICE, CAROL, NOBODY, READER
from recorded.step import step

COMMANDS = [
    "",
    "applications",
    *(f"applications {verb}" for verb in ("list", "get-one", "create", "update", "delete", "download-files", "clone")),
    "job-scripts",
    *(f"job-scripts {verb}" for verb in ("list", "get-one", "create", "create-locally", "create-stand-alone")),
    *(f"job-scripts {verb}" for verb in ("update", "delete", "show-files", "download-files", "clone")),
    "job-submissions",
    *(f"job-submissions {verb}" for verb in ("create", "list", "get-one", "delete", "clone", "cancel")),
    "login",
    "logout",
    "show-token",
]


def allowed(process):
    """A person opens the link that is shown, and lets the program in."""
    shown = ""
    for line in process.stdout:
        shown += line
        if link := re.search(r"http://\S+user_code=[A-Z-]+", shown):
            lab.allow(link.group())
            break
    shown += process.stdout.read()
    err = process.stderr.read()
    process.wait(PATIENCE)
    return shown, err


HELP = [step(f"{command} --help".strip()) for command in COMMANDS]

WORDS = [
    step("--version"),
    step(""),
    step("applications"),
    step("job-scripts"),
    step("job-submissions"),
    step("clusters list"),
    step("applications lst"),
    step("job-submissions update 1"),
    step("job-submissions view 1"),
    step("applications list --nonsense"),
    step("applications list --sort-order upwards"),
    step("applications list --sort-order ascending"),
    step("applications list --page 0"),
    step("applications list --size 101"),
    step("applications list --size many"),
    step("applications create --name x"),
    step("applications create --application-path wind"),
    step("job-scripts get-one seven"),
    step("job-scripts create-stand-alone run.sh"),
    step("job-submissions create 1"),
    step("job-submissions create --name x", why.SELECTION, "exit code", "failure"),
    step("applications get-one", why.SELECTION, "exit code", "failure"),
    step("applications get-one 1 --id 2", why.SELECTION, "exit code", "failure"),
    step("applications delete --id 1 --identifier wind", why.SELECTION, "exit code", "failure"),
    step("applications update", why.SELECTION, "exit code", "failure"),
    step("applications clone", why.SELECTION, "exit code", "failure"),
    step("applications download-files", why.SELECTION, "exit code", "failure"),
    step("job-scripts get-one", why.SELECTION, "exit code", "failure"),
    step("job-scripts update 1 --id 1", why.SELECTION, "exit code", "failure"),
    step("job-scripts delete", why.SELECTION, "exit code", "failure"),
    step("job-scripts clone", why.SELECTION, "exit code", "failure"),
    step("job-scripts show-files", why.SELECTION, "exit code", "failure"),
    step("job-scripts download-files", why.SELECTION, "exit code", "failure"),
    step("job-scripts create", why.SELECTION, "exit code", "failure"),
    step("job-scripts create-stand-alone --name x", why.SELECTION, "exit code", "failure"),
    step("job-scripts create-stand-alone run.sh --job-script-path run.sh --name x", why.SELECTION, "exit code", "failure"),
    step("job-submissions get-one 1 --id 2", why.SELECTION, "exit code", "failure"),
    step("job-submissions delete", why.SELECTION, "exit code", "failure"),
    step("job-submissions clone", why.SELECTION, "exit code", "failure"),
    step("job-submissions cancel", why.SELECTION, "exit code", "failure"),
]

TOKENS = [
    step("show-token"),
    step("show-token --plain"),
    step("show-token --no-plain --no-refresh"),
    step("show-token --prefix --plain"),
    step("show-token --header"),
    step("show-token --header --plain"),
    step("show-token --decode"),
    step("show-token --refresh --plain", why.NO_TOKEN, "failure"),
    step("logout"),
    step("logout"),
    step("login", why.LINK, "output", beside=allowed, who=NOBODY),
    step("show-token --decode"),
    step("show-token --refresh --decode"),
    step("applications list"),
    step("logout"),
]

APPLICATIONS = [
    step("applications list"),
    step("--raw applications list", why.EMPTY, "output"),
    step("applications create -n 'Wind tunnel' --identifier wind -a wind"),
    step("--raw applications create --name Jet --application-path ./wind --application-desc 'for jets'"),
    step("applications create -n 'Wind tunnel' --identifier wind -a wind"),
    step("applications list"),
    step("applications list --all"),
    step("applications list --user --search wind --sort-field name --sort-order ASCENDING --page 1 --size 7"),
    step("--raw applications list --all --sort-order UNSORTED -p 1 -s 1"),
    step("--full applications list --all --include-archived --page 1", why.QUESTIONS, "output"),
    step("applications list --all --size 1 --page 3"),
    step("applications list --all --size 1", why.PAGES, "exit code", "requests", "output", "failure"),
    step("applications list --search nothing-of-this-name"),
    step("applications list --sort-field nonsense"),
    step("applications get-one wind"),
    step("--raw applications get-one 1"),
    step("--full applications get-one --id 1"),
    step("--no-raw --no-full --no-verbose applications get-one -i 2"),
    step("--raw --full applications get-one --identifier wind"),
    step("--verbose applications get-one wind", why.LOG, "output"),
    step("-u somebody -p secret applications get-one wind"),
    step("applications update wind --application-desc Wings --application-name 'Wind tunnel 2'"),
    step("--raw applications update 1"),
    step("applications update 2 --update-identifier jet -a wind"),
    step("applications update --identifier jet --update-identifier jet-2"),
    step("applications update -i 2 --is-archived"),
    step("applications update wind --application-desc ''"),
    step("applications clone wind --application-name 'Wind 3' --application-identifier wind-3"),
    step("--raw applications clone --id 1 --application-desc copy"),
    step("applications clone wind --application-identifier wind-3"),
    step("applications download-files wind"),
    step("applications delete wind-3"),
    step("applications delete -i 4"),
    step("applications delete wind-3", why.SUGGESTION, "requests"),
    step("applications get-one no-such-application", why.SUGGESTION, "requests"),
    step("applications get-one 99"),
    step("applications update 99 --application-name x"),
    step("applications clone 99"),
    step("applications download-files 99"),
    step("applications get-one 'a b'", why.SUGGESTION, "requests"),
    step("applications get-one a/b", why.ENCODED, "requests"),
    step("applications update 2 --update-identifier x --application-desc d --application-name n --is-archived"),
]

BY_OPTION = [
    step("applications create -n 'Wind tunnel' --identifier wind -a wind"),
    step("applications download-files --id 1"),
    step("applications download-files --identifier wind"),
    step("applications clone --identifier wind --application-name x"),
]

BROKEN_APPLICATIONS = [
    step("applications create -n 'Wind tunnel' --identifier wind -a wind"),
    step("applications update wind --application-path no-yaml", why.CHECKED, "requests", "output", "failure"),
    step(
        "applications update wind --update-identifier wind-2 --application-path wind",
        why.RENAMED,
        "exit code",
        "requests",
        "output",
        "failure",
    ),
    step("applications create -n x -a no-such-directory", why.CHECKED, "requests", "output", "failure"),
    step("applications create -n x -a no-yaml", why.CHECKED, "requests", "output", "failure"),
    step("applications create -n x -a no-template", why.CHECKED, "requests", "output", "failure"),
    step("applications create -n x -a broken-yaml", why.CHECKED, "requests", "output", "failure"),
    step("applications create -n x -a bad-template", why.CHECKED, "requests", "output", "failure"),
]

NO_WORKFLOWS = [
    step(
        "applications create -n Plain --identifier plain -a plain",
        why.NO_WORKFLOW,
        "exit code",
        "requests",
        "output",
        "failure",
    ),
    step(
        "job-scripts create plain --fast --no-submit --no-download",
        why.NO_WORKFLOW,
        "exit code",
        "requests",
        "output",
        "failure",
    ),
    step("job-scripts create-locally plain --fast", why.NO_WORKFLOW, "exit code", "files", "output", "failure"),
]

JOB_SCRIPTS = [
    step("job-scripts list"),
    step("applications create -n 'Wind tunnel' --identifier wind -a wind"),
    step("job-scripts create wind -n run1 --fast --no-submit --no-download"),
    step(
        "--raw job-scripts create --application-id 1 --name run2 --description 'two' --fast --param-file p.json "
        "--sbatch-params=--mem=4G --sbatch-params '-n 3' --no-submit --no-download",
        why.ASIDE,
        "output",
    ),
    step("job-scripts create -i 1 -n run3 -f --no-submit --download"),
    step("job-scripts create --application-identifier wind -f"),
    step("job-scripts create wind -f --submit --no-download --cluster-name c2 --execution-directory /scratch -n run5"),
    step("""job-scripts create wind -f --no-submit --no-download --param-dict '{"case": "fin"}'"""),
    step(
        "job-scripts create wind -f --no-submit --no-download -n legacy",
        settings={"JOBBERGATE_LEGACY_NAME_CONVENTION": "true"},
    ),
    step("job-scripts create-stand-alone run.sh --name alone"),
    step(
        "--raw job-scripts create-stand-alone --job-script-path run.sh --name alone2 --description d "
        "-s mesh.txt --supporting-file 'Eingabe für 1.txt'"
    ),
    step("job-scripts list"),
    step("--raw job-scripts list --all --search run --sort-field name --sort-order ASCENDING -p 1 -s 3"),
    step("job-scripts list --from-application-id 1 --sort-order UNSORTED --page 2 --size 2"),
    step("--full job-scripts list --include-archived"),
    step("job-scripts list --page 9"),
    step("job-scripts list --size 3", why.PAGES, "exit code", "requests", "output", "failure"),
    step("job-scripts get-one 1"),
    step("--raw job-scripts get-one --id 2"),
    step("--full job-scripts get-one -i 2"),
    step("job-scripts update 1 --name renamed --description 'one try'"),
    step("--raw job-scripts update --id 1 --description '' --is-archived"),
    step("job-scripts update -i 1"),
    step("job-scripts show-files 2"),
    step("job-scripts show-files 2 --plain"),
    step("job-scripts show-files --id 2 --no-plain"),
    step("--raw job-scripts show-files -i 2"),
    step("job-scripts download-files 2"),
    step("job-scripts download-files --id 2"),
    step("job-scripts clone 2 --name copy --description 'of two'"),
    step("--raw job-scripts clone --id 2"),
    step("job-scripts delete 3"),
    step("job-scripts delete -i 4"),
    step("job-scripts get-one 99"),
    step("job-scripts update 99 --name x"),
    step("job-scripts delete 99"),
    step("job-scripts clone 99"),
    step("job-scripts show-files 99"),
    step("job-scripts download-files 99"),
    step("job-scripts create 99 --fast"),
    step("job-scripts create nothing --fast", why.SUGGESTION, "requests"),
    step("job-scripts create wind --fast --param-file no-such-file.json", why.PARAMETERS, "requests", "failure"),
    step("job-scripts create wind --fast --param-file broken.json", why.PARAMETERS, "requests", "failure"),
    step("job-scripts create wind --fast --param-file array.json", why.PARAMETERS, "requests", "failure"),
    step("job-scripts create-locally wind --fast --output-path . --name local", why.NAMED, "output"),
    step("job-scripts create-locally wind -f --param-file p.json --sbatch-params=--mem=4G", why.NAMED, "output"),
    step("""job-scripts create-locally wind -f --param-dict '{"case": "fin"}'""", why.NAMED, "output"),
    step("job-scripts create-locally --fast", why.PATHS, "failure"),
    step("job-scripts create-locally no-yaml --fast", why.PATHS, "failure"),
    step("job-scripts create-locally wind --fast --output-path no-such-directory", why.PATHS, "output", "failure"),
    step("job-scripts create-stand-alone no-such-file.sh --name x", why.PATHS, "requests", "failure"),
    step("job-scripts create wind --param-file p.json --cluster-name c2", why.TOGETHER, "requests", "output", "failure"),
]

JOB_SUBMISSIONS = [
    step("job-submissions list"),
    step("--raw job-submissions list", why.EMPTY, "output"),
    step("job-scripts create-stand-alone run.sh --name alone -s mesh.txt"),
    step("job-submissions create 1 -n first"),
    step(
        "--raw job-submissions create --job-script-id 1 --name second --description d --cluster-name c2 "
        "--execution-directory /scratch/wing -s --time=30 --sbatch-arguments --exclusive --no-download"
    ),
    step("job-submissions create -i 1 -n third --execution-directory out --download"),
    step("job-submissions create 1 -n fourth --execution-directory ../here/out"),
    step("job-submissions create 1 -n fifth", why.CLUSTER, "failure", settings={"DEFAULT_CLUSTER_NAME": None}),
    step("job-submissions create 99 -n sixth"),
    step("job-submissions list"),
    step("--raw job-submissions list --all --search s --sort-field name --sort-order ASCENDING -p 1 -s 2"),
    step("--full job-submissions list --from-job-script-id 1 --include-archived --page 1"),
    step("job-submissions list --sort-order UNSORTED --page 2 --size 3"),
    step("job-submissions list --page 7"),
    step("job-submissions list --size 2", why.PAGES, "exit code", "requests", "output", "failure"),
    step("job-submissions get-one 1"),
    step("--raw job-submissions get-one --id 2"),
    step("--full job-submissions get-one -i 2"),
    step("job-submissions clone 1"),
    step("--raw job-submissions clone --id 2"),
    step("job-submissions cancel 1"),
    step("--raw job-submissions cancel --id 2"),
    step("job-submissions cancel 1"),
    step("job-submissions delete 3"),
    step("job-submissions delete -i 4"),
    step("job-submissions get-one 99"),
    step("job-submissions clone 99"),
    step("job-submissions cancel 99"),
    step("job-submissions delete 99"),
]

_ON_SITE = {"SBATCH_PATH": "{HERE}/sbatch"}
ON_SITE = [
    step("job-scripts create-stand-alone run.sh --name alone -s mesh.txt"),
    step("job-submissions create 1 -n site --execution-directory site -s --time=2", settings=_ON_SITE),
    step("--raw job-submissions create 1 -n site2 --execution-directory site", settings=_ON_SITE),
    step(
        "job-submissions create 1 -n refused --execution-directory site -s --partition=none",
        why.SUGGESTED,
        "failure",
        settings=_ON_SITE,
    ),
    step(
        "job-submissions create 1 -n x --execution-directory site",
        why.SBATCH,
        "requests",
        "files",
        "failure",
        settings={"SBATCH_PATH": "/no/such/sbatch"},
    ),
    step(
        "job-submissions create 1 -n x --execution-directory site",
        why.SBATCH,
        "requests",
        "failure",
        settings={"SBATCH_PATH": "sbatch"},
    ),
    step("job-submissions create 99 -n x --execution-directory site", settings=_ON_SITE),
    step("applications create -n 'Wind tunnel' --identifier wind -a wind"),
    step("job-scripts create wind -n run1 --fast --execution-directory fast --submit", settings=_ON_SITE),
]

_OLD = {"JOBBERGATE_COMPATIBILITY_MODE": "true"}
OLD_NAMES = [
    step(words, settings=_OLD)
    for words in [
        "create-application -n 'Wind tunnel' --identifier wind -a wind",
        "list-applications",
        "--raw get-application wind",
        "update-application wind --application-desc Wings",
        "clone-application wind --application-name Copy",
        "download-application wind",
        "create-job-script wind -n run1 --fast --no-submit --no-download",
        "list-job-scripts",
        "get-job-script 1",
        "update-job-script 1 --name renamed",
        "show-job-script-files 1 --plain",
        "download-job-script 1",
        "clone-job-script 1",
        "create-job-submission 1 -n first",
        "list-job-submissions",
        "get-job-submission 1",
        "delete-job-submission 1",
        "delete-job-script 2",
        "delete-application 2",
    ]
] + [
    step("render-job-script-locally wind --fast", why.NAMED, "output", settings=_OLD),
    step("list-applications"),
]

_AWAY = {"BASE_API_URL": "http://127.0.0.1:9"}
TROUBLE = [
    step("applications create -n 'Wind tunnel' --identifier wind -a wind"),
    step("job-scripts create-stand-alone run.sh --name alone"),
    step("job-submissions create 1 -n first"),
    step("applications update wind --application-desc mine", who=CAROL),
    step("applications delete wind"),
    step("job-scripts update 1 --name mine"),
    step("job-scripts delete 1"),
    step("job-submissions delete 1"),
    step("job-submissions cancel 1"),
    step("applications create -n x -a wind", who=READER),
    step("job-scripts create-stand-alone run.sh --name x"),
    step("job-submissions create 1 -n x"),
    step("job-submissions list"),
    step("job-scripts list --search {LONG}", why.PROBLEMS, "failure", who=ALICE),
    step("applications create -n x --identifier 7 -a wind"),
    step("applications list", why.AWAY, "failure", settings=_AWAY),
    step("applications list", settings={"BASE_API_URL": "http://{SERVER}/elsewhere"}),
    step("applications list", settings={"ARMADA_API_BASE": "http://{SERVER}", "BASE_API_URL": "http://127.0.0.1:9"}),
    step("applications list", why.SETTING, "failure", settings={"OIDC_CLIENT_ID": ""}),
    step("applications list", why.SETTING, "failure", settings={"JOBBERGATE_REQUESTS_TIMEOUT": "soon"}),
    step("applications list", why.SETTING, "failure", settings={"OIDC_USE_HTTPS": "perhaps"}),
]

# Each begins with a server and a desk as new, and with alice at it.
SCENES = {
    "help": HELP,
    "words": WORDS,
    "tokens": TOKENS,
    "applications": APPLICATIONS,
    "applications by options": BY_OPTION,
    "broken applications": BROKEN_APPLICATIONS,
    "applications without a workflow": NO_WORKFLOWS,
    "job scripts": JOB_SCRIPTS,
    "job submissions": JOB_SUBMISSIONS,
    "on site": ON_SITE,
    "old names": OLD_NAMES,
    "trouble": TROUBLE,
}
