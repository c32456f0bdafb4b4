pub fn check(_: &str, _: &[u8]) -> Result<(), String> {
    Ok(())
}
