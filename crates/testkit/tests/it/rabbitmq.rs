use jobbergate_testkit::rabbitmq::VirtualHost;
use serde_json::json;

#[tokio::test]
async fn each_test_has_a_virtual_host_of_its_own() {
    let (first, second) = (VirtualHost::new().await.unwrap(), VirtualHost::new().await.unwrap());

    first.declare("queues/{name}/jobs", &json!({"durable": true})).await.unwrap();

    let queue = first.describe("queues/{name}/jobs").await.unwrap().unwrap();
    assert_eq!(queue["durable"], true);
    assert_eq!(second.describe("queues/{name}/jobs").await.unwrap(), None);
    assert_eq!(second.take("jobs").await.unwrap(), []);
}

#[tokio::test]
async fn a_virtual_host_goes_with_its_test() {
    let (host, other) = (VirtualHost::new().await.unwrap(), VirtualHost::new().await.unwrap());
    let path = format!("vhosts/{}", host.name);
    assert!(other.describe(&path).await.unwrap().is_some());

    drop(host);

    assert_eq!(other.describe(&path).await.unwrap(), None);
}
