use jobbergate_testkit::s3::S3;
use object_store::{
    Error, ObjectStoreExt,
    aws::{AmazonS3, AmazonS3Builder},
    path::Path,
};

#[tokio::test]
async fn what_a_client_stores_can_be_read_and_listed() {
    let s3 = S3::start().await.unwrap();
    let store = client(&s3, &s3.secret_key);

    store.put(&Path::from("templates/1/heat.sh"), "#!/bin/sh".into()).await.unwrap();

    let stored = store.get(&Path::from("templates/1/heat.sh")).await.unwrap();
    assert_eq!(stored.bytes().await.unwrap(), "#!/bin/sh");
    assert_eq!(s3.keys().unwrap(), ["templates/1/heat.sh"]);
    assert_eq!(s3.object("templates/1/heat.sh").unwrap().unwrap(), b"#!/bin/sh");
    assert_eq!(s3.object("templates/2/heat.sh").unwrap(), None);
}

#[tokio::test]
async fn a_wrong_secret_is_refused() {
    let s3 = S3::start().await.unwrap();

    let answer = client(&s3, "wrong").put(&Path::from("a"), "b".into()).await;

    assert!(matches!(answer, Err(Error::PermissionDenied { .. })), "{answer:?}");
    assert!(s3.keys().unwrap().is_empty());
}

fn client(s3: &S3, secret: &str) -> AmazonS3 {
    AmazonS3Builder::new()
        .with_endpoint(&s3.endpoint)
        .with_allow_http(true)
        .with_bucket_name(&s3.bucket)
        .with_access_key_id(&s3.access_key)
        .with_secret_access_key(secret)
        .build()
        .unwrap()
}
