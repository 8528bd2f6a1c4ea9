#[runtime::test]
async fn test<T: Default>() {
    T::default();
}

fn main() {}
