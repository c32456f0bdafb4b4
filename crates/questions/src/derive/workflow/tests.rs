use serde_json::{Value, json};

use super::from_workflow;

const IMPORTS: &str = "from jobbergate_cli.subapps.applications.application_base import JobbergateApplicationBase\n\
    from jobbergate_cli.subapps.applications.questions import *\n";

fn derived(body: &str) -> Option<Value> {
    let source = format!(
        "{IMPORTS}\nclass JobbergateApplication(JobbergateApplicationBase):\n    def mainflow(self, data=None):\n{body}"
    );
    from_workflow(&source).map(|questions| serde_json::to_value(questions).unwrap())
}

fn one(call: &str) -> Option<Value> {
    derived(&format!("        return [{call}]\n"))
}

#[test]
fn every_kind_of_question_is_read() {
    for (call, expected) in [
        (
            "Text('name', message='Name', default='run')",
            json!({"variable": "name", "kind": "text", "label": "Name", "default": "run"}),
        ),
        (
            "Integer('n', 'Nodes', minval=1, maxval=8, default=2)",
            json!({"variable": "n", "kind": "integer", "label": "Nodes", "default": 2,
                "required": true, "minimum": 1.0, "maximum": 8.0}),
        ),
        (
            "List('p', 'Partition', choices=['a', ('B', 2)], default='a')",
            json!({"variable": "p", "kind": "choice", "label": "Partition", "default": "a",
                "required": true, "choices": ["a", {"label": "B", "value": 2}]}),
        ),
        (
            "List('p', 'Partition', choices=('a', 'b'), default='c', ignore=False)",
            json!({"variable": "p", "kind": "choice", "label": "Partition", "required": true,
                "choices": ["a", "b"]}),
        ),
        (
            "Checkbox('p', 'Parts', choices=[-1, 0.5, True], default=[-1])",
            json!({"variable": "p", "kind": "multiple_choice", "label": "Parts", "default": [-1],
                "choices": [-1, 0.5, true]}),
        ),
        (
            "Confirm(variablename='c', message='Sure?', default=True)",
            json!({"variable": "c", "kind": "boolean", "label": "Sure?", "default": true}),
        ),
        (
            "File('f', 'Input', exists=True)",
            json!({"variable": "f", "kind": "file", "label": "Input", "required": true,
                "exists": true}),
        ),
        (
            "Directory('d', 'Where')",
            json!({"variable": "d", "kind": "directory", "label": "Where", "required": true}),
        ),
        (
            "Const('version', default={'a': [1]})",
            json!({"variable": "version", "kind": "json", "default": {"a": [1]},
                "when": "false"}),
        ),
    ] {
        assert_eq!(one(call), Some(json!([expected])), "{call}");
    }
}

#[test]
fn questions_within_a_question_are_asked_by_its_answer() {
    let call = "BooleanList('gpu', 'GPUs?', default=False, whentrue=[\
        BooleanList('many', 'Many?', whenfalse=[Text('which', 'Which')])], \
        whenfalse=[Integer('cores', 'Cores', default='4')])";
    let found = one(call).unwrap();
    let whens: Vec<_> = found.as_array().unwrap().iter().map(|one| one["when"].clone()).collect();
    assert_eq!(whens, [json!(null), json!("gpu"), json!("gpu and not many"), json!("not gpu")]);
    assert_eq!(found[3]["default"], 4);
}

#[test]
fn lists_are_built_and_methods_follow_each_other() {
    let body = "        \"\"\"Asks.\"\"\"\n        questions = []\n        \
        questions.append(Text('a', 'A'))\n        questions += [Text('b', 'B')]\n        \
        questions.extend([Text('c', 'C')])\n        data['nextworkflow'] = 'second'\n        \
        return questions\n    def second(self, data):\n        qs: list = [Text('d', 'D')]\n        \
        return qs\n    def helper(self):\n        return open('x').read()\n";
    let found = derived(body).unwrap();
    let names: Vec<_> =
        found.as_array().unwrap().iter().map(|one| one["variable"].clone()).collect();
    assert_eq!(names, ["a", "b", "c", "d"]);
    for nothing in
        ["        pass\n", "        return\n", "        return None\n", "        return []\n"]
    {
        assert_eq!(derived(nothing), Some(json!([])), "{nothing}");
    }
}

#[test]
fn questions_go_by_the_names_they_are_imported_as() {
    let class = "class JobbergateApplication(Base):\n    def mainflow(self, data):\n        return";
    for source in [
        "from jobbergate_cli.subapps.applications.questions import Text as T\nCALL [T('a', 'A')]",
        "import jobbergate_cli.subapps.applications.questions as q\nCALL [q.Text('a', 'A')]",
        "import jobbergate_cli.subapps.applications.questions\n\
         CALL [jobbergate_cli.subapps.applications.questions.Text('a', 'A')]",
        "from jobbergate_cli import appform\nCALL [appform.Text('a', 'A')]",
        "from jobbergate_cli.subapps.applications import questions\nCALL [questions.Text('a', 'A')]",
    ] {
        let source = source.replace("CALL", class);
        assert_eq!(from_workflow(&source).map(|found| found.len()), Some(1), "{source}");
    }
    for source in [
        "from elsewhere import Text\nCALL [Text('a', 'A')]",
        "from jobbergate_cli.subapps.applications.questions import *\nText = print\nCALL [Text('a', 'A')]",
        "from jobbergate_cli.subapps.applications.questions import *\nfrom other import List\nCALL []",
        "from jobbergate_cli.subapps.applications.questions import *\nif 1: Text = print\nCALL []",
        "CALL [Text('a', 'A')]",
    ] {
        let source = source.replace("CALL", class);
        assert_eq!(from_workflow(&source), None, "{source}");
    }
}

#[test]
fn what_is_computed_only_python_knows() {
    for call in [
        "Text('a', f'A{1}')",
        "Text('a', 'Of {case}')",
        "Text('a', 'A', default='{case}')",
        "Text('a', 'A', default=data['x'])",
        "Text('a', 'A', ignore=True)",
        "Text('a', 'A', ignore=lambda a: a)",
        "Text('a', 'A', **more)",
        "Text(*all)",
        "Text(name, 'A')",
        "Text('a')",
        "Text('a', 'A', 'b')",
        "Text('a', 'A', unknown=1)",
        "Integer('a', 'A', maxval=len([]))",
        "Integer('a', 'A', default=99999999999999999999)",
        "Integer('a', 'A', minval=1, default=0)",
        "List('a', 'A', choices=get())",
        "List('a', 'A', choices=[])",
        "List('a', 'A')",
        "Question('a', 'A')",
        "BooleanList('a b', 'A', whentrue=[Text('c', 'C')])",
        "*more",
        "Text('a', 'A'), Text('a', 'A')",
        "Text('a', 'A') if x else Text('b', 'B')",
    ] {
        assert_eq!(one(call), None, "{call}");
    }
    for body in [
        "        if data: return []\n        return [Text('a', 'A')]\n",
        "        for x in 'ab': pass\n        return []\n",
        "        self.jobbergate_config['x'] = 1\n        return []\n",
        "        data['other'] = 'x'\n        return []\n",
        "        data['nextworkflow'] = 'mainflow'\n        return []\n",
        "        data['nextworkflow'] = 'missing'\n        return []\n",
        "        yield Text('a', 'A')\n",
        "        return ask()\n",
        "        return []\n        return [Text('a', 'A')]\n",
        "        return []\n    def __init__(self, **k): pass\n",
        "        return []\n    x = 1\n",
    ] {
        assert_eq!(derived(body), None, "{body}");
    }
    for source in [
        "",
        "class JobbergateApplication: pass",
        "def (",
        "x = 1\nclass JobbergateApplication: pass\nx()",
    ] {
        assert_eq!(from_workflow(source), None, "{source}");
    }
}
