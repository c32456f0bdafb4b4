//! `/health`

use crate::on_both;

on_both! {
    async fn anyone_may_ask_whether_the_server_answers(app: TestApp) {
        let answer = app.anonymous().get("/health").await.expect(204);
        assert_eq!(answer.text, "");
        app.bearer("garbage").get("/health").await.expect(204);
    }
}
