//! The Python modules that workflows import, as they are in this binary.

use serde_json::{Map, Value};

/// What Python begins with.
pub const BOOTSTRAP: &str = include_str!("../../python/bootstrap.py");

macro_rules! modules {
    ($($name:literal => $path:literal,)*) => {
        &[$(($name, include_str!(concat!("../../python/", $path)))),*]
    };
}

/// By their names in Python.
const MODULES: &[(&str, &str)] = modules! {
    "jobbergate_cli" => "jobbergate_cli/__init__.py",
    "jobbergate_cli.appform" => "jobbergate_cli/appform.py",
    "jobbergate_cli.application_base" => "jobbergate_cli/application_base.py",
    "jobbergate_cli.asking" => "jobbergate_cli/asking.py",
    "jobbergate_cli.bridge" => "jobbergate_cli/bridge.py",
    "jobbergate_cli.config" => "jobbergate_cli/config.py",
    "jobbergate_cli.context" => "jobbergate_cli/context.py",
    "jobbergate_cli.exceptions" => "jobbergate_cli/exceptions.py",
    "jobbergate_cli.inquirer_like" => "jobbergate_cli/inquirer_like/__init__.py",
    "jobbergate_cli.inquirer_like.errors" => "jobbergate_cli/inquirer_like/errors.py",
    "jobbergate_cli.jobberappslib" => "jobbergate_cli/jobberappslib.py",
    "jobbergate_cli.old_paths" => "jobbergate_cli/old_paths.py",
    "jobbergate_cli.plain" => "jobbergate_cli/plain.py",
    "jobbergate_cli.render" => "jobbergate_cli/render.py",
    "jobbergate_cli.running" => "jobbergate_cli/running.py",
    "jobbergate_cli.subapps" => "jobbergate_cli/subapps/__init__.py",
    "jobbergate_cli.subapps.applications" => "jobbergate_cli/subapps/applications/__init__.py",
    "jobbergate_cli.subapps.applications.app" => "jobbergate_cli/subapps/applications/app.py",
    "jobbergate_cli.subapps.applications.application_base" =>
        "jobbergate_cli/subapps/applications/application_base.py",
    "jobbergate_cli.subapps.applications.application_helpers" =>
        "jobbergate_cli/subapps/applications/application_helpers.py",
    "jobbergate_cli.subapps.applications.questions" =>
        "jobbergate_cli/subapps/applications/questions.py",
    "jobbergate_cli.subapps.job_scripts" => "jobbergate_cli/subapps/job_scripts/__init__.py",
    "jobbergate_cli.subapps.job_scripts.app" => "jobbergate_cli/subapps/job_scripts/app.py",
    "jobbergate_cli.subapps.job_submissions" => "jobbergate_cli/subapps/job_submissions/__init__.py",
    "jobbergate_cli.subapps.job_submissions.app" =>
        "jobbergate_cli/subapps/job_submissions/app.py",
    "jobbergate_cli.text_tools" => "jobbergate_cli/text_tools.py",
    "jobbergate_cli.trouble" => "jobbergate_cli/trouble.py",
    "jobbergate_cli.workflow" => "jobbergate_cli/workflow.py",
    "jobbergate_core" => "jobbergate_core/__init__.py",
    "jobbergate_core.auth" => "jobbergate_core/auth/__init__.py",
    "jobbergate_core.auth.exceptions" => "jobbergate_core/auth/exceptions.py",
    "jobbergate_core.auth.handler" => "jobbergate_core/auth/handler.py",
    "jobbergate_core.auth.token" => "jobbergate_core/auth/token.py",
    "jobbergate_core.sdk" => "jobbergate_core/sdk/__init__.py",
    "jobbergate_core.sdk.api" => "jobbergate_core/sdk/api.py",
    "jobbergate_core.sdk.errors" => "jobbergate_core/sdk/errors.py",
    "jobbergate_core.sdk.server" => "jobbergate_core/sdk/server.py",
    "jobbergate_core.tools" => "jobbergate_core/tools/__init__.py",
    "jobbergate_core.tools.sbatch" => "jobbergate_core/tools/sbatch.py",
};

/// All of them.
pub fn modules() -> Value {
    let modules = MODULES.iter().map(|(name, source)| ((*name).to_owned(), (*source).into()));
    Value::Object(modules.collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        path::{Path, PathBuf},
    };

    use super::*;

    fn files(directory: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
        let within = |path: PathBuf| if path.is_dir() { files(&path) } else { vec![path] };
        entries
            .flat_map(within)
            .filter(|path| path.extension().is_some_and(|e| e == "py"))
            .collect()
    }

    #[test]
    fn every_file_is_a_module() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("python");
        for file in files(&root) {
            let name = file.strip_prefix(&root).unwrap().with_extension("");
            let name = name.to_str().unwrap().replace('/', ".");
            let name = name.strip_suffix(".__init__").unwrap_or(&name);
            let source =
                MODULES.iter().find(|(module, _)| *module == name).map(|(_, source)| *source);
            let expected = fs::read_to_string(&file).unwrap();
            let is_bootstrap = name == "bootstrap" && expected == BOOTSTRAP;
            assert!(is_bootstrap || source == Some(&expected), "{name}");
        }
    }
}
