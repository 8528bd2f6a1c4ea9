#[runtime::test]
async fn test(seed: u64) {
    assert!(seed > 0);
}

fn main() {}
