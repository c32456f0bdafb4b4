//! Numbers come back, and are rendered, as they were sent.

use reqwest::Method;
use serde_json::Value;

use crate::{on_both, support::Actor};

/// Sends JSON that no library of ours has written.
async fn send(actor: &Actor, path: &str, body: String) -> crate::support::Answer {
    let request = actor.request(Method::POST, path).header("content-type", "application/json");
    actor.send(request.body(body)).await
}

/// Any finite number, of any size.
fn numbers() -> Vec<f64> {
    let known = [1.602_176_634e-19, 9_662.325_814_906_199, 0.999_999_999_999_999_9, 0.1, 5e-324];
    let bits = std::iter::repeat_with(rand::random::<u64>).map(f64::from_bits);
    let usual = std::iter::repeat_with(|| rand::random::<f64>() * 1e4);
    let any = bits.filter(|number| number.is_finite());
    known.into_iter().chain(any.take(500)).chain(usual.take(500)).collect()
}

/// The shortest text that stands for each, written by Rust's own formatter.
fn as_json(numbers: &[f64]) -> String {
    let texts: Vec<_> = numbers.iter().map(|number| format!("{number:e}")).collect();
    format!("[{}]", texts.join(","))
}

on_both! {
    async fn every_float_comes_back_as_it_was_sent(app: TestApp) {
        let alice = app.user("alice").await;
        let numbers = numbers();
        let body = format!(r#"{{"name": "t", "template_vars": {{"xs": {}}}}}"#, as_json(&numbers));
        send(&alice, "/job-script-templates", body).await.created();
        let text = alice.get("/job-script-templates/1").await.expect(200).text;
        let (_, list) = text.split_once("\"xs\":[").unwrap();
        let (list, _) = list.split_once(']').unwrap();
        let found: Vec<f64> = list.split(',').map(|text| text.trim().parse().unwrap()).collect();
        assert_eq!(found, numbers);
    }

    async fn every_float_is_rendered_as_it_was_sent(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_template("t", &[("a.j2", "{% for x in xs %}{{ x }}\n{% endfor %}")]).await;
        let numbers = numbers();
        let list = as_json(&numbers);
        // As Python writes them.
        let special = [
            ("-0", "0"), ("-0.0", "-0.0"), ("1E5", "100000.0"), ("1e16", "1e+16"), ("1e22", "1e+22"),
            ("1e-7", "1e-07"), ("123456789012345680.0", "1.2345678901234568e+17"), ("1.0", "1.0"),
            ("1e15", "1000000000000000.0"), ("0.0001", "0.0001"), ("0.00001", "1e-05"), ("3", "3"),
            ("1.602176634e-19", "1.602176634e-19"), ("9662.325814906199", "9662.325814906199"),
            ("0.9999999999999999", "0.9999999999999999"), ("18446744073709551615", "18446744073709551615"),
        ];
        let sent: Vec<_> = special.iter().map(|(sent, _)| *sent).collect();
        let body = format!(
            r#"{{"create_request": {{"name": "s"}}, "render_request": {{
                "template_output_name_mapping": {{"a.j2": "a"}},
                "param_dict": {{"xs": [{},{}]}}}}}}"#,
            sent.join(","), &list[1..list.len() - 1],
        );
        let script: Value = send(&alice, "/job-scripts/render-from-template/t", body).await.created();
        let path = format!("/job-scripts/{}/upload/a", script["id"]);
        let text = alice.get(&path).await.expect(200).text;
        let mut lines = text.lines();
        for (sent, rendered) in special {
            assert_eq!(lines.next(), Some(rendered), "{sent}");
        }
        let found: Vec<f64> = lines.map(|line| line.parse().unwrap()).collect();
        assert_eq!(found, numbers);
    }
}
