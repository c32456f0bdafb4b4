//! What forms may take.

use std::time::Duration;

use crate::{
    identity::story::person,
    on_both,
    support::TestApp,
    web::browser::{Browser, form, problem},
};

async fn alice(app: &TestApp) -> Browser {
    person(app, "alice", &["expert"]).await;
    Browser::of(app, "alice@example.com").await
}

on_both! {
    async fn a_form_that_is_too_long_is_refused_with_what_may_be_sent(app: TestApp) {
        let mut alice = alice(&app).await;
        let page = alice.open("/applications/new").await.expect(200);
        let long = "x".repeat(9 << 20);
        let refused = alice.submit(&page, "/new", &[("description", &long)]).await.expect(413);
        assert_eq!(problem(&refused), "What was filled in is too long: 8 MiB are read.");
        let mut many = form(&page, "/new");
        many.fields.extend((0..10_000).map(|_| ("a".to_owned(), String::new())));
        let refused = alice.post(&many).await.expect(413);
        assert_eq!(problem(&refused), "What was filled in has too many fields: 10000 are read.");
        many.action = "/applications/x/run".to_owned();
        let refused = alice.upload(&many, &[]).await.expect(413);
        assert_eq!(problem(&refused), "What was filled in has too many fields: 10000 are read.");
    }

    async fn a_form_waits_until_there_is_memory_for_it(app: TestApp) {
        let mut alice = alice(&app).await;
        let page = alice.open("/applications/new").await.expect(200);
        let mut others = app.app.bodies.share(&"others".into());
        others.grow_to(usize::MAX).await.unwrap();
        let sent = tokio::spawn(async move { alice.submit(&page, "/new", &[("name", "x")]).await });
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(!sent.is_finished(), "it was read without room for it");
        drop(others);
        sent.await.unwrap().expect(303);
    }

    async fn who_is_not_signed_in_takes_memory_that_is_counted_too(app: IssuerApp) {
        let mut others = app.app.bodies.share(&"others".into());
        others.grow_to(usize::MAX).await.unwrap();
        let mut nobody = Browser::new(&app);
        let form = crate::web::browser::Form {
            action: "/applications/new".to_owned(),
            fields: vec![("name".to_owned(), "x".to_owned())],
        };
        let sent = tokio::spawn(async move { nobody.post(&form).await });
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(!sent.is_finished(), "it was read without room for it");
        drop(others);
        sent.await.unwrap().expect(403);
    }
}
